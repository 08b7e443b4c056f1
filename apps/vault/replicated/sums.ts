// Sums of shares over records: a point for each class, and the offset modulo the group's order.
import { assert } from '../../../vm/assert.ts'
import { executionGroup } from '../../../vm/crypto/execution-group.ts'
import { modulo } from '../../../vm/crypto/integer.ts'
import type { Reader, Writer } from '../../../vm/state.ts'
import type { Bucket } from '../fields.ts'
import { getSegmentShares, putSegmentShares, sharesTable } from '../state.ts'
import { addPoints, isIdentity, subtractPoints } from '../sums.ts'
import type { RecordState } from '../values.ts'
import type { ClassSums } from './values.ts'

function noSums(classes: number): ClassSums {
  const shares = Array.from({ length: classes }, () => new Uint8Array(32))
  return { shares, offset: new Uint8Array(32) }
}

function offsetOf({ offset }: ClassSums): bigint {
  const scalar = executionGroup().decodeScalar(offset)
  assert(scalar !== undefined, 'the state holds scalars below the order')
  return scalar
}

function fold(
  sums: ClassSums,
  terms: readonly ClassSums[],
  parts: { readonly points: typeof addPoints; readonly sign: bigint },
): ClassSums {
  const group = executionGroup()
  const total = terms.reduce((sum, term) => sum + parts.sign * offsetOf(term), offsetOf(sums))
  return {
    shares: sums.shares.map((start, at) =>
      parts.points(
        start,
        terms.map(({ shares }) => shares[at] ?? new Uint8Array(32)),
      ),
    ),
    offset: group.encodeScalar(modulo(total, group.order)),
  }
}

/** The sums over some records of one committee. */
export function sumShares(terms: readonly ClassSums[]): ClassSums {
  const classes = terms[0]?.shares.length ?? 0
  return fold(noSums(classes), terms, { points: addPoints, sign: 1n })
}

/** The negatives of the shares of one record. */
export function negateShares(shares: ClassSums): ClassSums {
  const none = noSums(shares.shares.length)
  return fold(none, [shares], { points: subtractPoints, sign: -1n })
}

/** Whether a class sums to nothing, so that nobody could prove an answer for it. */
export function hasEmptyClass({ shares }: ClassSums): boolean {
  return shares.some(isIdentity)
}

/** The segment that the record was entered in; none under a one-time tag. */
function placeOf({ committee, tag, policy, period, segment }: RecordState) {
  const bucket: Bucket = { tag, policy, period }
  return segment === null ? undefined : { committee, bucket, segment }
}

/** Counts the shares of a record that has entered its open segment. */
export function enterShares(state: Writer, record: RecordState, shares: ClassSums): void {
  const place = placeOf(record)
  if (place === undefined) return
  const before = getSegmentShares(state, place, place.segment) ?? noSums(shares.shares.length)
  putSegmentShares(state, place, fold(before, [shares], { points: addPoints, sign: 1n }))
}

/** Takes the shares of a record out of the sums of its open segment; records without shares have nothing to take. */
export function leaveShares(
  state: Writer,
  { id, record }: { readonly id: string; readonly record: RecordState },
): void {
  const shares = sharesTable.get(state, id)
  const place = placeOf(record)
  if (shares === undefined || place === undefined) return
  const before = getSegmentShares(state, place, place.segment)
  assert(before !== undefined, 'the segment counts the record')
  putSegmentShares(state, place, fold(before, [shares], { points: subtractPoints, sign: -1n }))
}

/** The shares of a record that was found in a replicated committee. */
export function requireShares(state: Reader, id: string): ClassSums {
  const shares = sharesTable.get(state, id)
  assert(shares !== undefined, 'a record of a replicated committee has shares')
  return shares
}
