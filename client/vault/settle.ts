// What an insurer keeps of a policy, and the payout that follows from it with the next settled segment.
import type { Payout } from '../../apps/vault/patient-payloads.ts'
import { type Arithmetic, payoutClaims, type Terms } from '../../apps/vault/payout-claims.ts'
import { assert } from '../../vm/assert.ts'
import { fromHex } from '../../vm/bytes.ts'
import { commit } from '../../vm/crypto/commitment.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { modulo } from '../../vm/crypto/integer.ts'
import type { RangeProver } from '../../vm/crypto/suite.ts'
import type { Digest } from '../../vm/types.ts'
import { deriveScalar, type Entropy } from './entropy.ts'

/** A number and the blinding of its commitment; both 0 before anything was committed to. */
export type Opening = { readonly amount: bigint; readonly blinding: bigint }

/**
 * An insurer's own account of a policy. It must be on disk before a settlement is sent, and replaced by `next` once that took effect:
 * whoever loses a blinding can settle nothing more by the policy, and its escrow comes back at the end of its time.
 */
export type PolicyAccount = {
  readonly policy: Digest
  readonly version: number
  readonly terms: Terms & { readonly payout: 'plain' | 'committed' }
  /** All segments that were settled. */
  readonly sum: Opening
  /** The total that was promised by commitments. */
  readonly promised: Opening
}

export const nothingSettled: Opening = { amount: 0n, blinding: 0n }

/** The blinding of W; it depends on the query, so that entropy used twice does not show two sums to be equal. */
export function settlementBlinding<P>(group: Group<P>, entropy: Entropy, query: Digest): bigint {
  return deriveScalar(group, entropy, { label: 'settlement', parts: [fromHex(query)] })
}

/** What the terms give for a sum: rounded down, at most the cap. */
export function totalOf(
  { rate, deductible, cap }: Terms,
  sum: bigint,
): { readonly regime: Payout['regime']; readonly total: bigint } {
  const due = BigInt(rate) * (sum - deductible)
  if (due <= 0n) return { regime: 'below', total: 0n }
  return due >= 100n * cap
    ? { regime: 'capped', total: cap }
    : { regime: 'shared', total: due / 100n }
}

/** The same calculation on numbers and blindings that the ledger does on commitments. */
function openingArithmetic(order: bigint): Arithmetic<Opening> {
  return {
    number: (amount) => ({ amount, blinding: 0n }),
    add: (left, right) => ({
      amount: left.amount + right.amount,
      blinding: modulo(left.blinding + right.blinding, order),
    }),
    times: ({ amount, blinding }, factor) => ({
      amount: amount * factor,
      blinding: modulo(blinding * factor, order),
    }),
  }
}

export type Paying<P> = {
  readonly tools: { readonly group: Group<P>; readonly range: RangeProver }
  readonly account: PolicyAccount
}

export type PreparedPayout = { readonly payout: Payout; readonly next: PolicyAccount }

/** The payout of a segment whose sum and blinding are `settled`, with its proof; the amount stays hidden if the terms say so. */
export function preparePayout<P>(
  { tools: { group, range }, account }: Paying<P>,
  settled: Opening,
  { query, entropy }: { readonly query: Digest; readonly entropy: Entropy },
): PreparedPayout {
  const { policy, version, terms, promised } = account
  const openings = openingArithmetic(group.order)
  const sum = openings.add(account.sum, settled)
  const { regime, total: amount } = totalOf(terms, sum.amount)
  const blinding = deriveScalar(group, entropy, { label: 'payout', parts: [fromHex(query)] })
  const hidden = { amount, blinding }
  const overpaid = promised.amount > amount
  const isPlain = terms.payout === 'plain'
  const claims = payoutClaims(openings, terms, {
    regime,
    sum,
    total: isPlain
      ? { kind: 'plain', amount }
      : { kind: 'committed', commitment: hidden, promised, overpaid },
  })
  const { proof: rangeProof } = range.proveRange(
    claims.map((claim) => claim.amount),
    claims.map((claim) => claim.blinding),
    64,
  )
  const encoded = (opening: Opening) =>
    group.encode(commit(group, modulo(opening.amount, group.order), opening.blinding))
  const total = isPlain
    ? ({ kind: 'plain', amount } as const)
    : ({ kind: 'committed', commitment: encoded(hidden), overpaid } as const)
  const before = { sum: encoded(account.sum), promised: encoded(promised) }
  const isPromise = !isPlain && !overpaid
  return {
    payout: { policy, version, ...before, regime, total, rangeProof },
    next: { ...account, sum, promised: isPromise ? hidden : promised },
  }
}

/** Whether a promised total is what the insurer tells the patient off the ledger; a total is what all payouts of the period come to. */
export function holdsTotal<P>(group: Group<P>, commitment: Uint8Array, told: Opening): boolean {
  assert(told.amount >= 0n, 'a total is not negative')
  const point = group.decode(commitment)
  return point !== undefined && group.equal(point, commit(group, told.amount, told.blinding))
}
