// Catches up by certified blocks: ranges from all peers that claim them at once, put in order, checked and executed again.

import { decodeHeader } from '../../vm/block.ts'
import { CodecError, decode, encode } from '../../vm/codec.ts'
import type { Height, PublicKey } from '../../vm/types.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { Host } from '../p2p/types.ts'
import {
  type BlocksAnswer,
  blocksAnswerCodec,
  type CertifiedBlock,
  headAnswerCodec,
  requestCodec,
} from '../protocol.ts'
import type { StateSources } from '../snapshot/snapshot.ts'
import { createClaims } from './claims.ts'
import { createRanges, type Delivery, type Range } from './ranges.ts'
import { createAlarms } from './timers.ts'

export type SyncSettings = {
  /** A node without blocks that is so far behind fetches a state instead of the blocks; 0 never does. */
  readonly snapshotEmpty: number
  /** The same for a node that has blocks. */
  readonly snapshotBehind: number
}

export const syncDefaults = { snapshotEmpty: 1_000, snapshotBehind: 100_000, checkpoint: undefined }

export type SyncPorts = {
  readonly host: Pick<Host, 'connected' | 'request' | 'penalize'>
  /** The newest height stored here. */
  readonly height: () => Height
  /** How many validators include a correct one. */
  readonly honest: () => number
  /** The peers that have a seat in the set of the next block. */
  readonly seats: () => ReadonlySet<PublicKey>
  /** Stores blocks in order; answers false as soon as one does not hold, which is the peer's fault. */
  readonly apply: (blocks: readonly CertifiedBlock[]) => Promise<boolean>
  /** Fetches a newer state in place of the blocks up to it, from the peers given; whether that was possible. */
  readonly fetchState: (from: StateSources) => Promise<boolean>
  readonly settings: SyncSettings
  /** Called when there is nothing more to wait for: `isBehind` is false. */
  readonly onCaughtUp: () => void
  readonly clock: Clock
  readonly log: Logger
}

export type Sync = {
  /** The peer says, or shows by its messages, that it has decided this height. */
  readonly claim: (peerKey: PublicKey, height: Height) => void
  /** Asks a peer that has connected for its newest height. */
  readonly welcome: (peerKey: PublicKey) => Promise<void>
  /** Whether a correct validator has more than the block that is being decided: f + 1 of those that did not lie say so. */
  readonly isBehind: () => boolean
  /** To be called when a height begins: claims that still hold are followed up. */
  readonly recheck: () => void
  readonly start: () => void
  readonly stop: () => void
}

/** A peer that is one block ahead is given this long: its votes usually decide the block here too. */
const PATIENCE_MS = 400
/** After this another peer is asked beside the one that has not answered yet. */
const HEDGE_MS = 1_000
const REQUEST_TIMEOUT_MS = 10_000
/** Ranges asked of one peer at once. */
const UNDERWAY_MAX = 2
/** A state that could not be fetched is not tried again at once; meanwhile there are blocks. */
const STATE_RETRY_MS = 5_000
/** Who has heard of no block for so long asks somebody: a node that does not vote is told of nothing twice. */
const POLL_MS = 1_000

/** Undefined for what is none. */
function decodeBlocks(bytes: Uint8Array, range: Range): BlocksAnswer | undefined {
  try {
    const answer = decode(blocksAnswerCodec, bytes)
    if (answer.kind === 'pruned') return answer
    const { blocks } = answer
    const isRange = blocks.every(
      ({ header }, place) => decodeHeader(header).height === range.from + place,
    )
    return isRange && blocks.length > 0 && blocks.length <= range.count ? answer : undefined
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}

export function createSync(ports: SyncPorts): Sync {
  const { host, clock, log } = ports
  const claims = createClaims({ connected: host.connected, height: ports.height, clock })
  const ranges = createRanges()
  const alarms = createAlarms(clock)
  /** Requests under way at each peer. */
  const underway = new Map<PublicKey, number>()
  /** The last height of what is being executed. */
  let applying: Height | undefined
  let isArmed = false
  let isFetchingState = false
  let stateTriedMs = Number.NEGATIVE_INFINITY
  /** Until it has caught up for the first time. */
  let isEmpty = ports.height() === 0
  let polled: { readonly height: Height; readonly turn: number } = { height: 0, turn: 0 }

  /** Candidates and peers of the settings do not count: one organization may have more than f of them. */
  const supportedBySeats = (): Height => {
    const seats = ports.seats()
    return claims.supported(ports.honest(), (peerKey) => seats.has(peerKey))
  }
  const isBehind = (): boolean => supportedBySeats() > ports.height() + 1
  /** For a state, which is proven: who knows only sets of the past has nobody but strangers to listen to. */
  const supported = (): Height => {
    const seats = ports.seats()
    const isKnown = host.connected().filter((one) => seats.has(one)).length >= ports.honest()
    return isKnown ? supportedBySeats() : claims.supported(ports.honest(), () => true)
  }
  const reached = (): Height => applying ?? ports.height()

  const distrust = (peerKey: PublicKey, reason: string): void => {
    const restMs = claims.distrust(peerKey)
    log.warn({ peer: peerKey, reason, restMs }, 'a peer did not deliver the blocks that it claims')
    alarms.after(restMs, recheck)
  }
  /** What a correct peer never sends. */
  const drop = (peerKey: PublicKey, reason: string): void => {
    distrust(peerKey, reason)
    ranges.drop(peerKey)
    host.penalize(peerKey, reason)
  }

  const take = (range: Range, peerKey: PublicKey, bytes: Uint8Array): void => {
    const answer = decodeBlocks(bytes, range)
    const isAnswer = answer?.kind !== 'pruned' || answer.lowest > range.from
    if (answer === undefined || !isAnswer) drop(peerKey, 'BLOCKS_ANSWER')
    else if (answer.kind === 'pruned') claims.lacks(peerKey, answer.lowest)
    else {
      if (range.asked.get(peerKey) === 'awaited') claims.quick(peerKey)
      ranges.deliver(range, { peerKey, blocks: answer.blocks, bytes: bytes.length })
    }
  }

  const ask = async (range: Range, peerKey: PublicKey): Promise<void> => {
    const { from, count } = range
    const request = encode(requestCodec, { kind: 'blocks', from, count })
    range.asked.set(peerKey, 'awaited')
    underway.set(peerKey, (underway.get(peerKey) ?? 0) + 1)
    alarms.after(HEDGE_MS, () => {
      if (!range.asked.has(peerKey)) return
      range.asked.set(peerKey, 'late')
      claims.slow(peerKey)
      go()
    })
    const result = await host.request(peerKey, request, { timeoutMs: REQUEST_TIMEOUT_MS })
    underway.set(peerKey, (underway.get(peerKey) ?? 1) - 1)
    if (alarms.stopped()) return
    if (result.ok) take(range, peerKey, result.bytes)
    else if (result.code === 'REFUSED') distrust(peerKey, result.code)
    // Late is not wrong: the peer is asked after the others for a while.
    else claims.slow(peerKey)
    range.asked.delete(peerKey)
    go()
  }

  /** Who is asked for the range now, or nobody. */
  const choose = (range: Range): PublicKey | undefined => {
    const holders = claims.holders(range.from)
    const quick = holders.filter((peerKey) => !claims.isSlow(peerKey))
    return (quick.length > 0 ? quick : holders)
      .filter((peerKey) => !range.asked.has(peerKey))
      .filter((peerKey) => (underway.get(peerKey) ?? 0) < UNDERWAY_MAX)
      .toSorted((left, right) => (underway.get(left) ?? 0) - (underway.get(right) ?? 0))[0]
  }

  const askAll = (): void => {
    ranges.cover(reached(), claims.deliverable())
    for (const range of ranges.all()) {
      if (range.here !== undefined || isPatient(range)) continue
      const open = [...underway.values()].reduce((sum, count) => sum + count, 0)
      if (!ranges.hasRoom(range, open)) return
      const peerKey = choose(range)
      if (peerKey !== undefined) void ask(range, peerKey)
    }
  }

  const apply = async ({ peerKey, blocks }: Delivery): Promise<void> => {
    const from = ports.height()
    applying = from + blocks.length
    const holds = await ports.apply(blocks)
    applying = undefined
    if (alarms.stopped()) return
    if (holds) claims.trust(peerKey)
    else drop(peerKey, 'CERTIFIED_BLOCK')
    if (holds) log.info({ from, to: ports.height() }, 'caught up by certified blocks')
    if (ranges.all().length > 0) go()
    else {
      recheck()
      conclude()
    }
  }

  /** Whether somebody was asked for it just now. */
  const isPatient = ({ asked }: Range): boolean => [...asked.values()].includes('awaited')

  /** Nothing is worth waiting for: what is claimed beyond this, one liar may claim. */
  const conclude = (): void => {
    const [first] = ranges.all()
    if (isBehind() || (first !== undefined && isPatient(first))) return
    if (ports.height() > 0) isEmpty = false
    ports.onCaughtUp()
  }

  /** Too far behind, or nobody has the next block any more. */
  const wantsState = (): boolean => {
    const behind = supported() - ports.height()
    if (behind <= 1 || clock.monotonicMs() - stateTriedMs < STATE_RETRY_MS) return false
    const { snapshotEmpty, snapshotBehind } = ports.settings
    const most = isEmpty ? snapshotEmpty : snapshotBehind
    return (most > 0 && behind > most) || claims.deliverable() <= ports.height()
  }

  const fetchState = async (): Promise<void> => {
    isFetchingState = true
    const believed = () => claims.beyond(ports.height() + 1)
    const isDone = await ports.fetchState({ believed, supported, onLie: drop })
    isFetchingState = false
    if (!isDone) {
      stateTriedMs = clock.monotonicMs()
      alarms.after(STATE_RETRY_MS, recheck)
    }
    go()
  }

  /** Asks for what is missing, and has executed what is here. */
  const go = (): void => {
    if (alarms.stopped() || isFetchingState) return
    if (applying === undefined && wantsState()) {
      void fetchState()
      return
    }
    askAll()
    if (applying !== undefined) return
    const delivery = ranges.take(ports.height())
    if (delivery !== undefined) {
      void apply(delivery)
      askAll()
    } else conclude()
  }

  const recheck = (): void => {
    const ahead = claims.highest() - ports.height()
    if (ahead <= 0 || isArmed) return
    isArmed = true
    alarms.after(ahead > 1 ? 0 : PATIENCE_MS, () => {
      isArmed = false
      go()
    })
  }

  const greet = async (peerKey: PublicKey): Promise<void> => {
    const request = encode(requestCodec, { kind: 'head' })
    const result = await host.request(peerKey, request, { timeoutMs: REQUEST_TIMEOUT_MS })
    if (!result.ok || alarms.stopped()) return
    try {
      const { header, lowest } = decode(headAnswerCodec, result.bytes)
      claims.set(peerKey, { lowest, highest: decodeHeader(header).height })
      recheck()
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
      host.penalize(peerKey, 'HEAD_ANSWER')
    }
  }

  const poll = (): void => {
    alarms.after(POLL_MS, poll)
    const peers = host.connected()
    const peerKey = peers[polled.turn % peers.length]
    const isQuiet = polled.height === ports.height()
    polled = { height: ports.height(), turn: polled.turn + (isQuiet ? 1 : 0) }
    if (isQuiet && peerKey !== undefined) void greet(peerKey)
  }

  return {
    claim: (peerKey, height) => {
      if (height <= ports.height()) return
      claims.raise(peerKey, height)
      recheck()
    },
    welcome: (peerKey) => {
      claims.forget(peerKey)
      return greet(peerKey)
    },
    isBehind,
    recheck,
    start: () => alarms.after(POLL_MS, poll),
    stop: alarms.stop,
  }
}
