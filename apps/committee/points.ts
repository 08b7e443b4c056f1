// Points of the ledger: decoding with the checks that every key needs.
import type { Group } from '../../vm/crypto/group.ts'

/** A point that is not the identity; undefined for everything else. */
export function decodeKey<P>(group: Group<P>, bytes: Uint8Array | undefined): P | undefined {
  const point = bytes === undefined ? undefined : group.decode(bytes)
  return point === undefined || group.isIdentity(point) ? undefined : point
}

/** As `decodeKey`, all or none. */
export function decodeKeys<P>(
  group: Group<P>,
  encodings: readonly Uint8Array[],
): readonly P[] | undefined {
  const points: P[] = []
  for (const bytes of encodings) {
    const point = decodeKey(group, bytes)
    if (point === undefined) return undefined
    points.push(point)
  }
  return points
}
