// Transactions to one peer: at once after a pause, else together; a frame each would cost more than what is in it.
import { assert } from '../../vm/assert.ts'
import { encode } from '../../vm/codec.ts'
import { ENVELOPE_BYTES_MAX } from '../../vm/limits.ts'
import { transactionsFrameCodec } from '../protocol.ts'
import type { HostLimits } from './limits.ts'
import type { Outbox } from './outbox.ts'

/** CBOR's head of one envelope, and of the frame. */
const headBytes = 5

export type Bundler = {
  /** How many were taken, from the first on. */
  readonly push: (envelopes: readonly Uint8Array[]) => number
  /** Sends at once what waits. */
  readonly flush: () => void
  readonly queuedBytes: () => number
  readonly stop: () => void
}

export function createBundler(outbox: Outbox, limits: HostLimits): Bundler {
  let bundle: Uint8Array[] = []
  let bytes = 0
  let timer: NodeJS.Timeout | undefined
  let sentMs = Number.NEGATIVE_INFINITY

  const flush = (): void => {
    if (bundle.length === 0) return
    clearTimeout(timer)
    timer = undefined
    outbox.push(encode(transactionsFrameCodec, bundle))
    sentMs = performance.now()
    bundle = []
    bytes = 0
  }
  const take = (envelope: Uint8Array): boolean => {
    assert(envelope.length <= ENVELOPE_BYTES_MAX, 'only admissible envelopes are sent')
    const size = envelope.length + headBytes
    if (bytes + size + headBytes > outbox.room()) return false
    bundle.push(envelope)
    bytes += size
    if (bytes >= limits.coalesceBytes) flush()
    return true
  }
  const schedule = (): void => {
    if (bundle.length === 0 || timer !== undefined) return
    const waitMs = sentMs + limits.coalesceMs - performance.now()
    if (waitMs <= 0) flush()
    else timer = setTimeout(flush, waitMs)
  }
  return {
    push: (envelopes) => {
      let taken = 0
      for (const envelope of envelopes) {
        if (!take(envelope)) break
        taken += 1
      }
      schedule()
      return taken
    },
    flush,
    queuedBytes: () => bytes,
    stop: () => {
      clearTimeout(timer)
      bundle = []
      bytes = 0
    },
  }
}
