// Public keys: decoding with the checks that every key needs, and knowledge of the secret behind one.
import type { Group } from './group.ts'
import { defineRelation, proveLinear, type Statement, verifyLinear } from './sigma.ts'

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

/** A key, under a session that binds everything that is said with it. */
export type KeyClaim<P> = { readonly session: Uint8Array; readonly key: P }

function statementOf<P>({ session, key }: KeyClaim<P>): Statement<P, 'x', 'X'> {
  return { session, relation: keyRelation, points: { X: key } }
}

/**
 * Knowledge of a secret key: of boxes, tags, answers, a dealer's constant term. Without it a dealer could subtract what others
 * committed to and leave a key that is its own. Tells nothing but that the prover knows x; sound if discrete logarithms are hard.
 */
export function proveKey<P>(
  group: Group<P>,
  claim: KeyClaim<P>,
  { x, random }: { readonly x: bigint; readonly random: Uint8Array },
): Uint8Array {
  return proveLinear({ ...statementOf(claim), group, witness: { x }, random, form: 'short' })
}

/** Whether the proof is one of `proveKey` for this claim; sound if discrete logarithms are hard, in the random-oracle model. */
export function verifyKey<P>(group: Group<P>, claim: KeyClaim<P>, proof: Uint8Array): boolean {
  return verifyLinear({ ...statementOf(claim), group, proof, form: 'short' })
}
