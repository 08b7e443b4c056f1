// Who has events in which blocks: a mark for each recipient and block, because the events stand sorted in the block already.
import { type BlockEvent, eventCodec } from '../../vm/block.ts'
import type { Encoded } from '../../vm/execute-transaction.ts'
import type { Height, Hex } from '../../vm/types.ts'
import { afterPrefix, heightOfKey, inboxKey } from '../store/keys.ts'
import type { StorePut, StoreReads } from '../store/port.ts'
import { prunedError } from './base.ts'
import { damaged, decodeRecord, seal, unseal } from './records.ts'
import type { Ledger } from './types.ts'

const nothing = new Uint8Array()

/** The marks of a block whose events are sorted by recipient. */
export function marks(height: Height, events: readonly Encoded<BlockEvent>[]): StorePut[] {
  const put: StorePut[] = []
  let last: Hex | undefined
  for (const { value } of events) {
    const { recipient } = value
    if (recipient === last) continue
    const key = inboxKey(recipient, height)
    put.push({ key, value: seal(key, nothing) })
    last = recipient
  }
  return put
}

function eventIn(leaf: Uint8Array | undefined): BlockEvent {
  return decodeRecord(eventCodec, 'of the block', leaf ?? nothing)
}

/** The place of the first event in a block that is not before the recipient's. */
export function firstFrom(leaves: readonly Uint8Array[], recipient: Hex): number {
  let [low, high] = [0, leaves.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (eventIn(leaves[middle]).recipient < recipient) low = middle + 1
    else high = middle
  }
  return low
}

function eventsOf(leaves: readonly Uint8Array[], recipient: Hex): BlockEvent[] {
  const events: BlockEvent[] = []
  for (let place = firstFrom(leaves, recipient); place < leaves.length; place++) {
    const event = eventIn(leaves[place])
    if (event.recipient !== recipient) break
    events.push(event)
  }
  return events
}

/** How many marks a listing looks at in one step. */
const PAGE = 256

type InboxReads = {
  readonly store: StoreReads
  readonly leavesOf: (height: Height) => readonly Uint8Array[] | undefined
  readonly lowest: () => Height
}

/** The recipient's events in a block that has a mark of it; another form of the mark is that of format 2, which had them twice. */
function markedEvents(
  { store, leavesOf, lowest }: InboxReads,
  { key, value }: StorePut,
  { recipient, height }: { readonly recipient: Hex; readonly height: Height },
): readonly BlockEvent[] {
  unseal(key, value)
  const leaves = leavesOf(height)
  if (leaves !== undefined) return eventsOf(leaves, recipient)
  // A block may be forgotten while its marks are listed.
  if (store.get(key) === undefined) throw prunedError(height, Math.max(lowest(), height + 1))
  throw damaged(`block ${height} has no events`)
}

/** Events of one recipient behind a cursor, at most `limit`. */
export async function listEvents(
  reads: InboxReads,
  { recipient, after, limit }: Parameters<Ledger['events']>[0],
): ReturnType<Ledger['events']> {
  const found: { height: Height; event: BlockEvent }[] = []
  const below = afterPrefix(inboxKey(recipient, 0).slice(0, -12))
  let from = inboxKey(recipient, after?.height ?? 0)
  while (found.length < limit) {
    const page = await reads.store.range({ from, below, limit: Math.min(PAGE, limit + 1) })
    for (const mark of page) {
      if (found.length === limit) break
      const height = heightOfKey(mark.key)
      for (const event of markedEvents(reads, mark, { recipient, height })) {
        const isSeen = height === after?.height && event.index <= after.index
        if (!isSeen && found.length < limit) found.push({ height, event })
      }
    }
    const last = page.at(-1)
    if (last === undefined) break
    from = inboxKey(recipient, heightOfKey(last.key) + 1)
  }
  return found
}
