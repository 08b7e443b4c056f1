// Shamir's sharing over the scalars of a group, with Feldman's commitments to the polynomial.
import { assert } from '../assert.ts'
import type { Group } from './group.ts'
import { invert, modulo } from './integer.ts'

/**
 * The share of `index` (1 and up): the polynomial with these coefficients, constant term first, by Horner's rule.
 * Fewer shares than coefficients tell nothing about the constant term (information-theoretic).
 */
export function shareOf<P>(
  group: Group<P>,
  coefficients: readonly bigint[],
  index: number,
): bigint {
  assert(Number.isSafeInteger(index) && index > 0, 'shares are numbered from 1')
  const x = BigInt(index)
  return coefficients.reduceRight((sum, c) => modulo(sum * x + c, group.order), 0n)
}

/** A_j = coefficient_j·B. Leaks each coefficient's discrete logarithm image: secrets need full entropy. */
export function commitPolynomial<P>(group: Group<P>, coefficients: readonly bigint[]): P[] {
  return coefficients.map((coefficient) => group.multiplyBase(coefficient))
}

/** K_i = Σ i^j·A_j, the public key of the share with that index; public data only. */
export function shareKeyOf<P>(group: Group<P>, commitments: readonly P[], index: number): P {
  assert(Number.isSafeInteger(index) && index > 0, 'shares are numbered from 1')
  const x = BigInt(index)
  const powers: bigint[] = []
  let power = 1n
  for (let j = 0; j < commitments.length; j++) {
    powers.push(power)
    power = modulo(power * x, group.order)
  }
  return group.combine(commitments, powers)
}

/** λ_i with Σ λ_i·f(i) = f(0) for every polynomial of degree below the number of distinct indices; public data only. */
export function lagrangeAtZero<P>(group: Group<P>, indices: readonly number[]): bigint[] {
  assert(new Set(indices).size === indices.length, 'indices are distinct')
  assert(!indices.includes(0), 'index 0 is the secret itself')
  return indices.map((i) => {
    let numerator = 1n
    let denominator = 1n
    for (const j of indices) {
      if (j === i) continue
      numerator = modulo(numerator * BigInt(j), group.order)
      denominator = modulo(denominator * BigInt(j - i), group.order)
    }
    return modulo(numerator * invert(denominator, group.order), group.order)
  })
}
