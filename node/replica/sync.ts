// Catches up by certified blocks: who claims to have more is asked, and everything is checked and executed again.

import { decodeHeader } from '../../vm/block.ts'
import { CodecError, decode, encode } from '../../vm/codec.ts'
import type { Height, PublicKey } from '../../vm/types.ts'
import type { Cancel, Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { Host } from '../p2p/types.ts'
import {
  BLOCKS_PER_ANSWER_MAX,
  blocksAnswerCodec,
  type CertifiedBlock,
  headAnswerCodec,
  requestCodec,
} from '../protocol.ts'
import { createClaims } from './claims.ts'

export type SyncPorts = {
  readonly host: Pick<Host, 'connected' | 'request' | 'penalize'>
  /** The newest height stored here. */
  readonly height: () => Height
  /** How many validators include a correct one. */
  readonly honest: () => number
  /** Stores blocks in order; answers false as soon as one does not hold, which is the peer's fault. */
  readonly apply: (blocks: readonly CertifiedBlock[]) => Promise<boolean>
  /** Called when there is nothing more to wait for: `isBehind` is false. */
  readonly onCaughtUp: () => void
  readonly clock: Clock
  readonly log: Logger
}

export type Sync = {
  /** The peer says, or shows by its messages, that it has decided this height. */
  readonly claim: (peerKey: PublicKey, height: Height) => void
  /** Asks a peer for its newest height. */
  readonly greet: (peerKey: PublicKey) => Promise<void>
  /** Whether a correct peer has more than the block that is being decided: f + 1 of those that are trusted say so. */
  readonly isBehind: () => boolean
  /** To be called when a height begins: claims that still hold are followed up. */
  readonly recheck: () => void
  readonly stop: () => void
}

/** A peer that is one block ahead is given this long: its votes usually decide the block here too. */
const PATIENCE_MS = 400
/** After this another peer is asked beside the one that has not answered yet. */
const HEDGE_MS = 1_000
const REQUEST_TIMEOUT_MS = 10_000

export function createSync(ports: SyncPorts): Sync {
  const { host, clock, log } = ports
  const claims = createClaims({ connected: host.connected, height: ports.height, clock })
  const asked = new Set<PublicKey>()
  const timers = new Set<Cancel>()
  let armed: Cancel | undefined
  let stopped = false

  const after = (delayMs: number, act: () => void): Cancel => {
    const stop = clock.after(delayMs, () => {
      timers.delete(cancel)
      act()
    })
    const cancel = (): void => {
      timers.delete(cancel)
      stop()
    }
    timers.add(cancel)
    return cancel
  }

  const request = async (peerKey: PublicKey, bytes: Uint8Array) => {
    const result = await host.request(peerKey, bytes, { timeoutMs: REQUEST_TIMEOUT_MS })
    return result.ok ? result.bytes : undefined
  }

  /** Whether the peer delivered what it claimed: the block after the head as it was, at least. */
  const fetchFrom = async (peerKey: PublicKey): Promise<boolean> => {
    const from = ports.height() + 1
    const bytes = encode(requestCodec, { kind: 'blocks', from, count: BLOCKS_PER_ANSWER_MAX })
    const answer = await request(peerKey, bytes)
    if (answer === undefined) return false
    try {
      const blocks = decode(blocksAnswerCodec, answer)
      const [first] = blocks
      if (first === undefined || decodeHeader(first.header).height !== from) return false
      return await ports.apply(blocks)
    } catch (error) {
      if (error instanceof CodecError) return false
      throw error
    }
  }

  const isBehind = (): boolean => claims.supported(ports.honest()) > ports.height() + 1

  /** Asks the most trusted peer that has more and is not being asked. */
  const next = (): void => {
    if (stopped) return
    const peer = claims.candidates().find((one) => !asked.has(one))
    if (peer === undefined) {
      if (!isBehind()) ports.onCaughtUp()
      return
    }
    const before = ports.height()
    asked.add(peer)
    const hedge = after(HEDGE_MS, next)
    void fetchFrom(peer).then((delivered) => {
      hedge()
      asked.delete(peer)
      if (delivered) {
        claims.trust(peer)
        log.info({ from: before, to: ports.height() }, 'caught up by certified blocks')
      } else {
        const restMs = claims.distrust(peer)
        log.warn({ peer, restMs }, 'a peer did not deliver the blocks that it claims')
        if (!stopped) after(restMs, recheck)
      }
      next()
    })
  }

  const arm = (delayMs: number): void => {
    if (stopped || armed !== undefined) return
    armed = after(delayMs, () => {
      armed = undefined
      next()
    })
  }

  const recheck = (): void => {
    const ahead = claims.highest() - ports.height()
    if (ahead > 0) arm(ahead > 1 ? 0 : PATIENCE_MS)
  }

  return {
    claim: (peerKey, height) => {
      if (height <= ports.height()) return
      claims.raise(peerKey, height)
      recheck()
    },
    greet: async (peerKey) => {
      const answer = await request(peerKey, encode(requestCodec, { kind: 'head' }))
      if (answer === undefined || stopped) return
      try {
        claims.set(peerKey, decodeHeader(decode(headAnswerCodec, answer).header).height)
        recheck()
      } catch (error) {
        if (!(error instanceof CodecError)) throw error
        host.penalize(peerKey, 'HEAD_ANSWER')
      }
    },
    isBehind,
    recheck,
    stop: () => {
      stopped = true
      for (const cancel of timers) cancel()
    },
  }
}
