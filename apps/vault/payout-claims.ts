// What must not be negative for a payout to follow from the accumulated sum: commitments, each proven to hold 64 bits.
import { basesOf } from '../../vm/crypto/bases.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { modulo } from '../../vm/crypto/integer.ts'
import type { Payout } from './patient-payloads.ts'
import type { PolicyState } from './policy-values.ts'

/** Numbers of terms: rate times the largest, and sums of five hundred of the largest segments, fit in 64 bits. */
export const TERMS_LIMIT = 2n ** 56n

export type Terms = Pick<PolicyState, 'rate' | 'deductible' | 'cap'>

/** A + B·i for numbers and for commitments alike, so that prover and verifier follow one text. */
export type Arithmetic<X> = {
  readonly number: (value: bigint) => X
  readonly add: (left: X, right: X) => X
  readonly times: (value: X, factor: bigint) => X
}

export function pointArithmetic<P>(group: Group<P>): Arithmetic<P> {
  const { H } = basesOf(group)
  return {
    number: (value) => group.combine([H], [modulo(value, group.order)]),
    add: group.add,
    times: (point, factor) => group.combine([point], [modulo(factor, group.order)]),
  }
}

type Claimed<X> = {
  readonly regime: Payout['regime']
  /** The accumulated sum, with the segment that is settled now. */
  readonly sum: X
  readonly total:
    | { readonly kind: 'plain'; readonly amount: bigint }
    | {
        readonly kind: 'committed'
        readonly commitment: X
        readonly promised: X
        readonly overpaid: boolean
      }
}

/**
 * Below the deductible the total is 0; at the cap it is the cap; between them it is floor(rate·(sum − deductible)/100), so that what is
 * lost by rounding lies in [0, 99]. Both regimes hold where they meet and give the same total. A number and its complement being both
 * in [0, 2^64) cannot wrap around the order of the group, so these are statements about integers.
 */
export function payoutClaims<X>(
  { number, add, times }: Arithmetic<X>,
  { rate, deductible, cap }: Terms,
  { regime, sum, total }: Claimed<X>,
): readonly X[] {
  const minus = (left: X, right: X) => add(left, times(right, -1n))
  const due = times(minus(sum, number(deductible)), BigInt(rate))
  const amount = total.kind === 'plain' ? number(total.amount) : total.commitment
  const rest = minus(due, times(amount, 100n))
  const places = {
    below: [minus(number(deductible), sum)],
    shared: [rest, minus(number(99n), rest)],
    capped: [minus(due, number(100n * cap))],
  } as const
  if (total.kind === 'plain') return places[regime]
  const { commitment, promised, overpaid } = total
  const change = overpaid ? minus(promised, commitment) : minus(commitment, promised)
  // A hidden total that is at least and at most a number is that number.
  const bounds = {
    below: [commitment, times(commitment, -1n)],
    shared: [minus(number(cap), commitment)],
    capped: [minus(commitment, number(cap)), minus(number(cap), commitment)],
  } as const
  return [...places[regime], ...bounds[regime], change]
}
