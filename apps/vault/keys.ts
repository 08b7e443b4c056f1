// The public keys of a committee's seats.
import type { Group } from '../../vm/crypto/group.ts'

/** factor·point by doubling and adding; variable time, for public points and small factors. */
function timesSmall<P>(group: Group<P>, point: P, factor: number): P {
  let sum = group.identity
  for (let bit = 31 - Math.clz32(factor); bit >= 0; bit--) {
    sum = group.add(sum, sum)
    if ((factor >> bit) & 1) sum = group.add(sum, point)
  }
  return sum
}

/** K_1 to K_n: the polynomial in the exponent at each index, by Horner's rule with small factors. */
export function deriveServerKeys<P>(
  group: Group<P>,
  commitments: readonly P[],
  seats: number,
): readonly P[] {
  return Array.from({ length: seats }, (_, seat) =>
    commitments.reduceRight(
      (sum, commitment) => group.add(timesSmall(group, sum, seat + 1), commitment),
      group.identity,
    ),
  )
}
