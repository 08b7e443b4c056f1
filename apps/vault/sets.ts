// Which records a query sums, and the pin rule: any two sets that were ever asked for are identical or disjoint.
import { isRefusal, type Refusal } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { Digest, Hex } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import type { Bucket, Target } from './fields.ts'
import type { VaultParameters } from './genesis.ts'
import { firstSegment, isCounted } from './records.ts'
import { isReleased, pinningSet } from './replicated/asked.ts'
import { leaveShares } from './replicated/sums.ts'
import {
  badRecordTable,
  getBucket,
  getSegment,
  markTable,
  putBucket,
  putSegment,
  recordTable,
} from './state.ts'
import { addSums, noSums, subtractSums } from './sums.ts'
import type { ConsentState, RecordState, Segment, Sums } from './values.ts'

type Asked = {
  readonly committee: Digest
  readonly target: Target
  readonly set: Digest
  /** The consent lets this query overlap with others: pins are neither looked at nor moved. */
  readonly overlap: boolean
}

/** What has to be written so that the set stays what it is. */
type Pinning =
  /** Asked for before, or not to be pinned. */
  | { readonly kind: 'none' }
  /** The open segment ends here. */
  | { readonly kind: 'close'; readonly bucket: Bucket; readonly open: Segment }
  /** Records leave their open segments. */
  | { readonly kind: 'take'; readonly records: ReadonlyMap<Digest, RecordState> }

export type ResolvedSet = {
  readonly count: number
  /** Invoices among them: what reverses another record is none. */
  readonly invoices: number
  readonly sums: Sums
  readonly last: Digest | null
  readonly tags: readonly Hex[]
  readonly pinning: Pinning
}

function resolveSegment(
  state: Reader,
  place: { readonly committee: Digest; readonly bucket: Bucket },
  segment: number,
): ResolvedSet | Refusal {
  const open = getBucket(state, place) ?? firstSegment
  if (segment > open.segment) return refuse('SEGMENT_UNKNOWN')
  const isOpen = segment === open.segment
  const asked = isOpen ? open : getSegment(state, place, segment)
  assert(asked !== undefined, 'every closed segment is kept')
  const { count, reversals, sums, last } = asked
  const pinning: Pinning = isOpen ? { kind: 'close', bucket: place.bucket, open } : { kind: 'none' }
  const invoices = count - reversals
  return { count, invoices, sums, last, tags: [place.bucket.tag], pinning }
}

function countInvoices(members: readonly RecordState[]): number {
  return members.filter(({ reverses }) => reverses === null).length
}

function isAscending(ids: readonly string[]): boolean {
  return ids.every((id, index) => index === 0 || (ids[index - 1] ?? '') < id)
}

/** The set that the record was asked for in; undefined if it is free. Segments that were asked for pin by being closed. */
export function pinOf(state: Reader, id: Digest, record: RecordState): Digest | undefined {
  const open = getBucket(state, { committee: record.committee, bucket: record })
  const set = pinningSet(state, { id, record, open: open?.segment })
  return set === undefined || isReleased(state, set) ? undefined : set
}

function findRecords(
  state: Reader,
  { committee, ids }: { readonly committee: Digest; readonly ids: readonly Digest[] },
): ReadonlyMap<Digest, RecordState> | Refusal {
  if (!isAscending(ids)) return refuse('SET_ORDER')
  const records = new Map<Digest, RecordState>()
  for (const id of ids) {
    const record = recordTable.get(state, id)
    if (record === undefined || record.committee !== committee) return refuse('RECORD_UNKNOWN')
    if (markTable.get(state, id)?.kind === 'void') return refuse('RECORD_VOID')
    if (badRecordTable.get(state, id) !== undefined) return refuse('RECORD_BAD')
    records.set(id, record)
  }
  return records
}

function resolveRecords(
  state: Reader,
  { committee, set, overlap }: Asked,
  ids: readonly Digest[],
): ResolvedSet | Refusal {
  const records = findRecords(state, { committee, ids })
  if (isRefusal(records)) return records
  const pins = new Set([...records].map(([id, record]) => pinOf(state, id, record)))
  const isFree = pins.size === 1 && pins.has(undefined)
  const isSame = pins.size === 1 && pins.has(set)
  if (!overlap && !isFree && !isSame) return refuse('SET_OVERLAPS')
  const members = [...records.values()]
  return {
    count: records.size,
    invoices: countInvoices(members),
    sums: addSums(noSums, members),
    last: null,
    tags: [...new Set(members.map(({ tag }) => tag))],
    pinning: isFree && !overlap ? { kind: 'take', records } : { kind: 'none' },
  }
}

/** The set as it stands, or why it may not be asked for; nothing is written. */
export function resolveSet(state: Reader, asked: Asked): ResolvedSet | Refusal {
  const { committee, target } = asked
  return target.kind === 'segment'
    ? resolveSegment(state, { committee, bucket: target.bucket }, target.segment)
    : resolveRecords(state, asked, target.records)
}

/** Records asked for one by one no longer count in their open segments, so that these stay askable and disjoint. */
function takeOut(
  state: Writer,
  { committee, set }: Asked,
  records: ReadonlyMap<Digest, RecordState>,
): void {
  const buckets = new Map<string, { readonly bucket: Bucket; readonly members: RecordState[] }>()
  for (const [id, record] of records) {
    const wasCounted = isCounted(state, id, record)
    markTable.put(state, { kind: 'pinned', set }, id)
    if (!wasCounted) continue
    leaveShares(state, { id, record })
    const { tag, policy, period } = record
    const key = `${tag}/${policy}/${period}`
    const known = buckets.get(key)
    if (known === undefined)
      buckets.set(key, { bucket: { tag, policy, period }, members: [record] })
    else known.members.push(record)
  }
  for (const { bucket, members } of buckets.values()) {
    const open = getBucket(state, { committee, bucket })
    assert(open && open.count >= members.length, 'the open segment counts its records')
    const sums = subtractSums(open.sums, members)
    const count = open.count - members.length
    const reversals = open.reversals - (members.length - countInvoices(members))
    putBucket(state, { committee, bucket }, { ...open, count, reversals, sums })
  }
}

/** Whether so many invoices are summed that none is told by the sum, or the consent waives that. */
export function isLargeEnough(
  { count, invoices }: Pick<ResolvedSet, 'count' | 'invoices'>,
  { single, minimum }: Pick<ConsentState, 'single' | 'minimum'>,
  { minimumSetSize }: Pick<VaultParameters, 'minimumSetSize'>,
): boolean {
  if (invoices < minimum) return false
  return single ? count > 0 : invoices >= minimumSetSize
}

export function pinSet(state: Writer, asked: Asked, { pinning }: ResolvedSet): void {
  const { committee } = asked
  if (pinning.kind === 'take') takeOut(state, asked, pinning.records)
  if (pinning.kind === 'close') {
    const { bucket, open } = pinning
    putSegment(state, { committee, bucket }, open)
    const next = { ...firstSegment, segment: open.segment + 1 }
    putBucket(state, { committee, bucket }, next)
  }
}
