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
  const { reads, history, head, keepBlocks, windowMs } = ports
  /** A snapshot may have left older blocks behind. */
  let mayHaveRest = true

  /** Its ids are needed no more: none of its transactions could be executed again. */
  const isOver = (height: Height): boolean => {
    const timeMs = history.header(height)?.header.timeMs
    return timeMs !== undefined && timeMs < head().header.timeMs - windowMs
  }

  const due = (lowest: Height): Height => {
    const top = head().header.height
    let next = lowest
    const end = Math.min(top - (keepBlocks ?? top) + 1, lowest + BLOCKS_MAX)
    while (next < end && isOver(next)) next += 1
    return next
  }

  /** Bodies below the lowest whole block. */
  const rest = async (lowest: Height): Promise<readonly Height[]> => {
    if (!mayHaveRest || lowest === 1) return []
    const span = { from: envelopesKey(1), below: envelopesKey(lowest), limit: BLOCKS_MAX }
    const found = (await reads.range(span)).map(({ key }) => heightOfKey(key))
    mayHaveRest = found.length > 0
    return found.filter(isOver)
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
