// Catches up by certified blocks: who claims to have more is asked, and everything is checked and executed again.

import { decodeHeader } from '../../vm/block.ts'
import { CodecError, decode, encode } from '../../vm/codec.ts'
import type { Height, PublicKey } from '../../vm/types.ts'
import type { Logger } from '../logger.ts'
import type { Host } from '../p2p/types.ts'
import {
  BLOCKS_PER_ANSWER_MAX,
  blocksAnswerCodec,
  type CertifiedBlock,
  headAnswerCodec,
  requestCodec,
} from '../protocol.ts'

export type SyncPorts = {
  readonly host: Host
  /** The newest height stored here. */
  readonly height: () => Height
  /** Stores blocks in order; answers false if the first of them does not hold, which is the peer's fault. */
  readonly apply: (blocks: readonly CertifiedBlock[]) => Promise<boolean>
  /** Called when nobody claims more than is stored. */
  readonly onCaughtUp: () => void
  readonly log: Logger
}

export type Sync = {
  /** The peer says, or shows by its messages, that it has decided this height. */
  readonly claim: (peerKey: PublicKey, height: Height) => void
  /** Asks a peer for its newest height. */
  readonly greet: (peerKey: PublicKey) => Promise<void>
  /** Whether blocks are being fetched, or somebody has more than the one that is being decided. */
  readonly isBehind: () => boolean
  /** To be called when a height begins: claims that still hold are followed up. */
  readonly recheck: () => void
  readonly stop: () => void
}

/** A peer that is one block ahead is given this long: its votes usually decide the block here too. */
const PATIENCE_MS = 400
/** A peer that failed to deliver is not asked again for this long. */
const DISTRUST_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000

export function createSync(ports: SyncPorts): Sync {
  const { host, log } = ports
  const claims = new Map<PublicKey, Height>()
  const distrusted = new Map<PublicKey, number>()
  let timer: NodeJS.Timeout | undefined
  let working = false
  let stopped = false

  const request = async (peerKey: PublicKey, bytes: Uint8Array) => {
    const result = await host.request(peerKey, bytes, { timeoutMs: REQUEST_TIMEOUT_MS })
    return result.ok ? result.bytes : undefined
  }

  const candidates = (): readonly PublicKey[] => {
    const connected = new Set(host.connected())
    const now = performance.now()
    return [...claims]
      .filter(([peerKey, height]) => height > ports.height() && connected.has(peerKey))
      .filter(([peerKey]) => (distrusted.get(peerKey) ?? 0) <= now)
      .toSorted(([, left], [, right]) => right - left)
      .map(([peerKey]) => peerKey)
  }

  /** Whether the peer delivered what it claimed. */
  const fetchFrom = async (peerKey: PublicKey): Promise<boolean> => {
    const from = ports.height() + 1
    const bytes = encode(requestCodec, { kind: 'blocks', from, count: BLOCKS_PER_ANSWER_MAX })
    const answer = await request(peerKey, bytes)
    if (answer === undefined) return false
    try {
      const blocks = decode(blocksAnswerCodec, answer)
      return blocks.length > 0 && (await ports.apply(blocks))
    } catch (error) {
      if (error instanceof CodecError) return false
      throw error
    }
  }

  const work = async (): Promise<void> => {
    working = true
    for (let peer = candidates()[0]; peer !== undefined && !stopped; peer = candidates()[0]) {
      const before = ports.height()
      if (await fetchFrom(peer)) {
        log.info({ from: before, to: ports.height() }, 'caught up by certified blocks')
        continue
      }
      claims.delete(peer)
      distrusted.set(peer, performance.now() + DISTRUST_MS)
      log.warn({ peer }, 'a peer did not deliver the blocks that it claims')
    }
    working = false
    if (!stopped) ports.onCaughtUp()
  }

  const arm = (afterMs: number): void => {
    if (working || stopped || timer !== undefined) return
    timer = setTimeout(() => {
      timer = undefined
      if (candidates().length > 0) void work()
    }, afterMs)
  }

  const highestClaim = (): Height =>
    Math.max(0, ...candidates().map((peerKey) => claims.get(peerKey) ?? 0))

  const recheck = (): void => {
    const highest = highestClaim()
    if (highest > ports.height()) arm(highest > ports.height() + 1 ? 0 : PATIENCE_MS)
  }

  return {
    claim: (peerKey, height) => {
      if (height <= ports.height()) return
      if (height > (claims.get(peerKey) ?? 0)) claims.set(peerKey, height)
      recheck()
    },
    greet: async (peerKey) => {
      const answer = await request(peerKey, encode(requestCodec, { kind: 'head' }))
      if (answer === undefined || stopped) return
      try {
        const { height } = decodeHeader(decode(headAnswerCodec, answer).header)
        if (height > ports.height()) claims.set(peerKey, height)
        recheck()
      } catch (error) {
        if (!(error instanceof CodecError)) throw error
        host.penalize(peerKey, 'HEAD_ANSWER')
      }
    },
    isBehind: () => working || highestClaim() > ports.height() + 1,
    recheck,
    stop: () => {
      stopped = true
      clearTimeout(timer)
    },
  }
}
