// Transactions to one peer, sent together: a few milliseconds of waiting save a frame each.
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
  readonly queuedBytes: () => number
  readonly stop: () => void
}

export function createBundler(outbox: Outbox, limits: HostLimits): Bundler {
  let bundle: Uint8Array[] = []
  let bytes = 0
  let timer: NodeJS.Timeout | undefined

  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (bundle.length > 0) outbox.push(encode(transactionsFrameCodec, bundle))
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
    else timer ??= setTimeout(flush, limits.coalesceMs)
    return true
  }
  return {
    push: (envelopes) => {
      const refused = envelopes.findIndex((envelope) => !take(envelope))
      return refused < 0 ? envelopes.length : refused
    },
    queuedBytes: () => bytes,
    stop: () => {
      clearTimeout(timer)
      bundle = []
      bytes = 0
    },
  }
}
