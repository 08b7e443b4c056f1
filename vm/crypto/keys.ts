// Public keys: decoding with the checks that every key needs, and knowledge of the secret behind one.
import type { Group } from './group.ts'
import { defineRelation, type Statement } from './sigma.ts'

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

/** X = x·B */
const keyRelation = defineRelation({
  scalars: ['x'],
  points: ['X'],
  equations: [{ image: [['X']], terms: [['x', 'B']] }],
})

/**
 * Knowledge of a secret key: of boxes, tags, answers, a dealer's constant term. Without it a dealer could subtract what others
 * committed to and leave a key that is its own.
 */
export function keyStatement<P>(session: Uint8Array, key: P): Statement<P, 'x', 'X'> {
  return { session, relation: keyRelation, points: { X: key } }
}
