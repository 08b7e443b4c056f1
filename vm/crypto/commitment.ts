// Pedersen commitments and exponential ElGamal over the fixed bases.
import { basesOf } from './bases.ts'
import type { Group } from './group.ts'

/** V = amount·H + blinding·G2. Hides perfectly if the blinding is uniform; binds under discrete logarithm. */
export function commit<P>(group: Group<P>, amount: bigint, blinding: bigint): P {
  const { H, G2 } = basesOf(group)
  return group.add(group.multiply(H, amount), group.multiply(G2, blinding))
}

/** R = r·B, C = amount·H + r·key. */
export type Ciphertext<P> = { readonly R: P; readonly C: P }

/**
 * Encrypts an amount in the exponent. Semantically secure under DDH as long as r is uniform and used once: one r under two amounts
 * gives their difference to everybody.
 */
export function encrypt<P>(
  group: Group<P>,
  key: P,
  secret: { readonly amount: bigint; readonly r: bigint },
): Ciphertext<P> {
  const { H } = basesOf(group)
  const mask = group.multiply(key, secret.r)
  return {
    R: group.multiplyBase(secret.r),
    C: group.add(group.multiply(H, secret.amount), mask),
  }
}

/** amount·H under the secret key; a small discrete logarithm away from the amount. */
export function unmask<P>(group: Group<P>, secretKey: bigint, ciphertext: Ciphertext<P>): P {
  return group.add(ciphertext.C, group.negate(group.multiply(ciphertext.R, secretKey)))
}
