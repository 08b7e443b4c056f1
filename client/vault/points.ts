// Points that come from a ledger whose proofs were checked: what does not decode is a broken answer.
import type { Group } from '../../vm/crypto/group.ts'

/** Throws a RangeError for bytes that are no point. */
export function requirePoint<P>(group: Group<P>, bytes: Uint8Array): P {
  const point = group.decode(bytes)
  if (point === undefined) throw new RangeError('not a point of the group')
  return point
}
