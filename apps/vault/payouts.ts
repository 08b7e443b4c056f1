// Payouts of settled segments: what the policy says, proven upon the accumulated sum, and paid from the escrow or promised.
import type { EventDraft, Refusal, TxContext, Verdict } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { equal } from '../../vm/bytes.ts'
import type { CryptoSuite } from '../../vm/crypto/suite.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import { closeEscrow, openEscrow } from '../bank/money.ts'
import { getEscrow } from '../bank/state.ts'
import { refuse } from './codes.ts'
import { policyId } from './ids.ts'
import type { Payout } from './patient-payloads.ts'
import type { QuerySettle } from './payloads.ts'
import { payoutClaims, pointArithmetic } from './payout-claims.ts'
import type { PolicyState } from './policy-values.ts'
import { accumulatorTable, paidSegmentTable, policyTable, queryTable } from './state.ts'
import { addPoints } from './sums.ts'
import type { QueryState } from './values.ts'

/** A plain total that its regime gives; a committed one is proven. */
function hasFittingTotal({ payout, cap }: PolicyState, { regime, total }: Payout): boolean {
  if (total.kind !== payout) return false
  if (total.kind === 'committed') return true
  const { amount } = total
  if (regime === 'below') return amount === 0n
  return regime === 'capped' ? amount === cap : amount <= cap
}

/** The proofs of a payout; that W holds the sum of its query is proven apart. */
export function verifyPayout(
  { group, range }: CryptoSuite,
  terms: PolicyState,
  { commitment, payout }: { readonly commitment: Uint8Array; readonly payout: Payout },
): Verdict {
  const { total, regime, rangeProof } = payout
  if (!hasFittingTotal(terms, payout)) return refuse('PAYOUT_TOTAL')
  const W = group.decode(commitment)
  const before = group.decode(payout.sum)
  const promised = group.decode(payout.promised)
  const hidden = total.kind === 'committed' ? group.decode(total.commitment) : group.identity
  if (!W || !before || !promised || !hidden) return refuse('POINT_INVALID')
  const claims = payoutClaims(pointArithmetic(group), terms, {
    regime,
    sum: group.add(before, W),
    total:
      total.kind === 'plain'
        ? total
        : { kind: 'committed', commitment: hidden, promised, overpaid: total.overpaid },
  })
  return range.verifyRange(claims.map(group.encode), rangeProof, 64)
    ? { ok: true }
    : refuse('PROOF_PAYOUT')
}

export function authorizePayout(
  state: Reader,
  { account, payout }: { readonly account: QuerySettle['account']; readonly payout: Payout },
  { query, timeMs }: { readonly query: QueryState; readonly timeMs: TxContext['timeMs'] },
): Refusal | undefined {
  const { target, set, currency } = query
  if (target.kind !== 'segment') return refuse('PAYOUT_SEGMENT')
  const { policy: id, version } = payout
  const accumulated = accumulatorTable.get(state, id)
  if (accumulated === undefined || policyId(target.bucket) !== id) return refuse('POLICY_UNKNOWN')
  const terms = policyTable.get(state, id, version)
  if (terms === undefined || accumulated.version !== version) return refuse('POLICY_VERSION')
  if (terms.insurer !== account) return refuse('POLICY_INSURER')
  if (terms.currency !== currency) return refuse('CURRENCY_DIFFERS')
  if (timeMs >= terms.settleByMs) return refuse('POLICY_OVER')
  if (paidSegmentTable.get(state, set) !== undefined) return refuse('SEGMENT_SETTLED')
  const isCurrent =
    equal(accumulated.sum, payout.sum) && equal(accumulated.promised, payout.promised)
  return isCurrent ? undefined : refuse('SUM_MOVED')
}

/** Pays from the escrow; what is left of it stays put aside. */
function payFromEscrow(
  state: Writer,
  {
    id,
    terms,
    amount,
  }: { readonly id: Digest; readonly terms: PolicyState; readonly amount: bigint },
): Refusal | undefined {
  if (amount === 0n) return undefined
  const before = getEscrow(state, id)?.amount ?? 0n
  const refusal = closeEscrow(state, { id, payments: [{ to: terms.patient, amount }] })
  if (refusal !== undefined || before === amount) return refusal
  const { insurer: payer, currency } = terms
  return openEscrow(state, { id, payer, currency, amount: before - amount })
}

/** The sum grows by W. A total that falls, because records were reversed, takes nothing back: what was paid counts from then on. */
export function executePayout(
  state: Writer,
  { query: of, commitment }: Pick<QuerySettle, 'query' | 'commitment'>,
  payout: Payout,
): Refusal | readonly EventDraft[] {
  const { policy: id, version, total } = payout
  const before = accumulatorTable.get(state, id)
  const terms = policyTable.get(state, id, version)
  const query = queryTable.get(state, of)
  assert(before && terms && query, 'authorize has found policy and query')
  const sum = addPoints(before.sum, [commitment])
  const after = { ...before, sum, settled: before.settled + 1 }
  paidSegmentTable.put(state, of, query.set)
  const told = { recipient: terms.patient, reference: of }
  if (total.kind === 'committed') {
    const promised = total.overpaid ? before.promised : total.commitment
    accumulatorTable.put(state, { ...after, promised }, id)
    return [{ ...told, kind: 'vault.payout-promised' }]
  }
  const due = total.amount > before.paid ? total.amount - before.paid : 0n
  const refusal = payFromEscrow(state, { id, terms, amount: due })
  if (refusal !== undefined) return refusal
  accumulatorTable.put(state, { ...after, paid: before.paid + due }, id)
  return [{ ...told, kind: due > 0n ? 'vault.paid' : 'vault.nothing-due' }]
}
