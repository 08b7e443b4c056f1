// Forgets the bodies of old blocks, a few at a time: headers, certificates and validator sets stay.
import { eventCodec } from '../../vm/block.ts'
import { toHex } from '../../vm/bytes.ts'
import type { Height } from '../../vm/types.ts'
import {
  envelopesKey,
  eventsKey,
  heightOfKey,
  idsKey,
  inboxKey,
  placeKey,
  receiptsKey,
} from '../store/keys.ts'
import type { StoreChange, StoreReads } from '../store/port.ts'
import { type Base, baseEntry } from './base.ts'
import type { Leaves } from './history.ts'
import { HELD_MS } from './kept.ts'
import { decodeRecord } from './records.ts'
import type { Head, Ledger } from './types.ts'

/** Blocks of one write; fewer are not worth one. */
const BLOCKS_MAX = 64
const BLOCKS_MIN = 16

export type TrimPorts = {
  readonly reads: StoreReads
  readonly base: () => Base
  readonly history: Pick<Ledger, 'header'> & { readonly leaves: Leaves }
  readonly head: () => Head
  /** The lowest height whose state is held for others; undefined if none is. */
  readonly held: () => Height | undefined
  /** Blocks below the head that stay whole; undefined keeps every block. */
  readonly keepBlocks: number | undefined
  /** A transaction of a block that is older than this has expired. */
  readonly windowMs: number
}

function bodyKeys(leaves: Leaves, height: Height): string[] {
  const ids = leaves.ids(height) ?? []
  const recipients = (leaves.events(height) ?? []).map(
    (leaf) => decodeRecord(eventCodec, `of block ${height}`, leaf).recipient,
  )
  return [
    ...[envelopesKey, idsKey, receiptsKey, eventsKey].map((keyOf) => keyOf(height)),
    ...ids.map((id) => placeKey(toHex(id))),
    ...[...new Set(recipients)].map((recipient) => inboxKey(recipient, height)),
  ]
}

/** To be called between commits; answers the change to be written, and the base after it. */
export function createTrim(ports: TrimPorts) {
  const { reads, history, head, held, keepBlocks, windowMs } = ports
  /** A snapshot may have left older blocks behind. */
  let mayHaveRest = true

  const timeOf = (height: Height): number | undefined => history.header(height)?.header.timeMs

  /** The last block that was over by this time, from `lowest` on. */
  const lastBefore = (timeMs: number, lowest: Height): Height => {
    let [low, high] = [lowest, head().header.height]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((timeOf(middle) ?? 0) < timeMs) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /**
   * What goes ends below the window of the oldest state that a joiner may have taken, here or elsewhere: such a state was the newest
   * one up to the block after it. One block below the window stays too: a joiner knows by it that the window ends.
   */
  const createIsOver = (lowest: Height) => {
    const oldest = Math.min(lastBefore(head().header.timeMs - HELD_MS, lowest), held() ?? Infinity)
    const sinceMs = (timeOf(oldest) ?? 0) - windowMs
    return (height: Height): boolean => {
      const timeMs = height < oldest ? (timeOf(height + 1) ?? timeOf(height)) : undefined
      return timeMs !== undefined && timeMs < sinceMs
    }
  }

  const due = (lowest: Height): Height => {
    const end = Math.min(head().header.height - (keepBlocks ?? 0) + 1, lowest + BLOCKS_MAX)
    if (keepBlocks === undefined || end - lowest < BLOCKS_MIN) return lowest
    const isOver = createIsOver(lowest)
    let next = lowest
    while (next < end && isOver(next)) next += 1
    return next
  }

  /** Bodies below the lowest whole block. */
  const rest = async (lowest: Height): Promise<readonly Height[]> => {
    if (!mayHaveRest || lowest === 1) return []
    const span = { from: envelopesKey(1), below: envelopesKey(lowest), limit: BLOCKS_MAX }
    const found = (await reads.range(span)).map(({ key }) => heightOfKey(key))
    mayHaveRest = found.length > 0
    return found.filter(createIsOver(lowest))
  }

  return async (): Promise<{ readonly change: StoreChange; readonly base: Base } | undefined> => {
    const before = ports.base()
    const lowest = due(before.lowest)
    const isWorthIt = lowest - before.lowest >= BLOCKS_MIN
    const heights = [...(await rest(before.lowest))]
    if (isWorthIt) for (let height = before.lowest; height < lowest; height++) heights.push(height)
    if (heights.length === 0) return undefined
    const base = isWorthIt ? { ...before, lowest } : before
    const remove = heights.flatMap((height) => bodyKeys(history.leaves, height))
    return { change: { put: [baseEntry(base)], remove }, base }
  }
}
