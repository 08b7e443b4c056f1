// The statement of a vault record, used where a test needs a relation with several equations.
import { basesOf } from '../../../vm/crypto/bases.ts'
import type { Group } from '../../../vm/crypto/group.ts'
import { defineRelation } from '../../../vm/crypto/sigma.ts'

/** R = r·B, V = d·H + r·G2, C = d·H + r·K. */
export const recordRelation = defineRelation({
  scalars: ['d', 'r'],
  points: ['H', 'G2', 'K', 'R', 'C', 'V'],
  equations: [
    { image: [['R']], terms: [['r', 'B']] },
    {
      image: [['V']],
      terms: [
        ['d', 'H'],
        ['r', 'G2'],
      ],
    },
    {
      image: [['C']],
      terms: [
        ['d', 'H'],
        ['r', 'K'],
      ],
    },
  ],
})

/** A true statement with its witness. */
export function recordOf<P>(group: Group<P>, witness: { d: bigint; r: bigint }) {
  const { H, G2 } = basesOf(group)
  const { d, r } = witness
  const K = group.multiplyBase(77n)
  const points = {
    H,
    G2,
    K,
    R: group.multiplyBase(r),
    C: group.add(group.multiply(H, d), group.multiply(K, r)),
    V: group.add(group.multiply(H, d), group.multiply(G2, r)),
  }
  return { points, witness }
}
