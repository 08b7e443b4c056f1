// What a query asks of a replicated committee, and what becomes of a set that holds a bad record.
import type { Refusal } from '../../../vm/app.ts'
import type { Reader, Writer } from '../../../vm/state.ts'
import type { Digest, TimeMs } from '../../../vm/types.ts'
import { refuse } from '../codes.ts'
import { QUERY_RECORDS_MAX, type Target } from '../fields.ts'
import { setHash } from '../ids.ts'
import {
  askedSetTable,
  badRecordTable,
  getSegmentShares,
  markTable,
  repDealTable,
  repProgressTable,
} from '../state.ts'
import type { QueryState, RecordState } from '../values.ts'
import { hasEmptyClass, requireShares, sumShares } from './sums.ts'
import type { ClassSums } from './values.ts'

type Asked = { readonly committee: Digest; readonly epoch: number; readonly target: Target }

/** Points that the largest set of a committee without classes sums. */
const POINTS_MAX = 3 * QUERY_RECORDS_MAX

/** So many records may be named at once: with each of them three points are summed, and one for each class. */
export function checkSetSize(state: Reader, asked: Asked): Refusal | undefined {
  const deal = repDealTable.get(state, asked.committee, asked.epoch)
  if (deal === undefined || asked.target.kind === 'segment') return undefined
  const points = asked.target.records.length * (3 + deal.classKeys.length)
  return points > POINTS_MAX ? refuse('SET_TOO_LARGE') : undefined
}

/** The shares of a set that is askable; undefined for a committee whose records have none. */
export function findAskedShares(state: Reader, asked: Asked): ClassSums | Refusal | undefined {
  const { committee, epoch, target } = asked
  if (repDealTable.get(state, committee, epoch) === undefined) return undefined
  if (askedSetTable.get(state, setHash(committee, target))?.fault) return refuse('SET_BAD')
  const shares =
    target.kind === 'segment'
      ? getSegmentShares(state, { committee, bucket: target.bucket }, target.segment)
      : sumShares(target.records.map((id) => requireShares(state, id)))
  if (shares === undefined || hasEmptyClass(shares)) return refuse('SUM_IDENTITY')
  return shares
}

/** Whether a record of the set was found to be bad: its query ends at once, and nobody is silent. */
export function isSpoiled(
  state: Reader,
  { committee, epoch, set, target }: Pick<QueryState, 'committee' | 'epoch' | 'set' | 'target'>,
): boolean {
  if (repDealTable.get(state, committee, epoch) === undefined) return false
  if (askedSetTable.get(state, set)?.fault) return true
  if (target.kind === 'segment') return false
  return target.records.some((id) => badRecordTable.get(state, id) !== undefined)
}

/** When a query without a result is over; a wrong answer gives the others of its class more time. */
export function deadlineOf(
  state: Reader,
  id: Digest,
  { deadlineMs }: Pick<QueryState, 'deadlineMs'>,
): TimeMs {
  return repProgressTable.get(state, id)?.deadlineMs ?? deadlineMs
}

/** Whether the set is given up: it holds a bad record, and nobody has answered it, so that its other records are free again. */
export function isReleased(state: Reader, set: Digest): boolean {
  const asked = askedSetTable.get(state, set)
  return asked !== undefined && asked.fault !== null && !asked.answered
}

/** From now on the set stays as it is, whatever is found about its records. */
export function markAnswered(state: Writer, set: Digest): void {
  const asked = askedSetTable.get(state, set)
  if (asked?.answered) return
  askedSetTable.put(state, { fault: asked?.fault ?? null, answered: true }, set)
}

/** The set that pins a record: named one by one, or with its closed segment. */
export function pinningSet(
  state: Reader,
  { id, record, open }: { id: Digest; record: RecordState; open: number | undefined },
): Digest | undefined {
  const mark = markTable.get(state, id)
  if (mark?.kind === 'pinned') return mark.set
  const { committee, tag, policy, period, segment } = record
  if (segment === null || open === segment) return undefined
  return setHash(committee, { kind: 'segment', bucket: { tag, policy, period }, segment })
}

/** Writes down that a set holds a bad record; the first of them is enough. */
export function spoilSet(
  state: Writer,
  { set, fault }: { readonly set: Digest; readonly fault: Digest },
): void {
  const asked = askedSetTable.get(state, set)
  if (asked?.fault) return
  askedSetTable.put(state, { fault, answered: asked?.answered ?? false }, set)
}
