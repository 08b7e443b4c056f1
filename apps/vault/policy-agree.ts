// policy.agree: insurer and patient sign rate, deductible and cap of one policy and period; the insurer puts money aside.

import { accept, defineTx, type Refusal, type TxContext } from '../../vm/app.ts'
import { fromHex } from '../../vm/bytes.ts'
import { decodeKey, verifyKey } from '../../vm/crypto/keys.ts'
import { sample } from '../../vm/example.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import { openEscrow } from '../bank/money.ts'
import { refuse } from './codes.ts'
import { requireRole, requireSigner } from './committee.ts'
import { proofUnits } from './costs.ts'
import { refundFee } from './fees.ts'
import { policyId } from './ids.ts'
import { type PolicyAgree, policyAgreeCodec } from './patient-payloads.ts'
import { TERMS_LIMIT } from './payout-claims.ts'
import type { AccumulatorState } from './policy-values.ts'
import { accumulatorTable, policyTable } from './state.ts'
import { blank, contentSession } from './statements.ts'
import { noSums } from './sums.ts'
import { TAGS } from './tags.ts'

export function agreeSession(chainId: Digest, agree: PolicyAgree): Uint8Array {
  const { account } = agree
  return contentSession(
    { chainId, type: 'policy.agree', slot: 'tag', account, object: policyId(agree) },
    policyAgreeCodec,
    { ...agree, proof: blank(64) },
  )
}

function hasFittingTerms({ deductible, cap, escrow, payout }: PolicyAgree): boolean {
  if (deductible >= TERMS_LIMIT || cap >= TERMS_LIMIT || escrow > cap) return false
  return payout === 'plain' || escrow === 0n
}

/** Only a policy by which nothing was settled may change what its payouts are. */
function checkSuccession(
  state: Reader,
  { account, currency, payout, version }: PolicyAgree,
  { id, accumulated }: { readonly id: Digest; readonly accumulated: AccumulatorState },
): Refusal | undefined {
  const last = policyTable.get(state, id, accumulated.version)
  if (last?.insurer !== account) return refuse('POLICY_INSURER')
  if (version !== accumulated.version + 1) return refuse('POLICY_VERSION')
  const isSame = last.currency === currency && last.payout === payout
  return accumulated.settled > 0 && !isSame ? refuse('POLICY_FIXED') : undefined
}

function authorize(state: Reader, agree: PolicyAgree, context: TxContext): Refusal | undefined {
  const { account, patient, version, settleByMs } = agree
  const refusal =
    requireRole(state, { account, role: 'insurer' }, context) ?? requireSigner(patient, context)
  if (refusal !== undefined) return refusal
  if (!hasFittingTerms(agree)) return refuse('POLICY_TERMS')
  if (settleByMs <= context.timeMs) return refuse('POLICY_OVER')
  const id = policyId(agree)
  const accumulated = accumulatorTable.get(state, id)
  if (accumulated !== undefined) return checkSuccession(state, agree, { id, accumulated })
  return version === 1 ? undefined : refuse('POLICY_VERSION')
}

const nothing: Omit<AccumulatorState, 'version'> = {
  settled: 0,
  sum: noSums.commitment,
  paid: 0n,
  promised: noSums.commitment,
}

/** The rest of what was put aside goes back, and what the new version says is put aside. */
function renewEscrow(
  state: Writer,
  { account: payer, currency, escrow: amount }: PolicyAgree,
  id: Digest,
): Refusal | undefined {
  refundFee(state, id)
  return amount === 0n ? undefined : openEscrow(state, { id, payer, currency, amount })
}

export const policyAgree = defineTx({
  name: 'policy.agree',
  tag: TAGS['policy.agree'],
  summary: 'Fixes the terms by which a patient’s sums are paid; insurer and patient sign.',
  payload: policyAgreeCodec,
  example: {
    account: sample('01'),
    patient: sample('02'),
    tag: sample('03'),
    policy: sample('04'),
    period: 0,
    version: 1,
    currency: 'USD',
    payout: 'plain',
    rate: 80,
    deductible: '50000',
    cap: '200000',
    escrow: '200000',
    settleByMs: 1_900_000_000_000,
    proof: sample('05', 64),
  },
  cost: () => proofUnits(2),
  verify: ({ chainId, payload, crypto: { group } }) => {
    const key = decodeKey(group, fromHex(payload.tag))
    if (key === undefined) return refuse('POINT_INVALID')
    const claim = { session: agreeSession(chainId, payload), key }
    return verifyKey(group, claim, payload.proof) ? { ok: true } : refuse('PROOF_TAG')
  },
  authorize,
  execute: (state, agree) => {
    const id = policyId(agree)
    const refusal = renewEscrow(state, agree, id)
    if (refusal !== undefined) return refusal
    const { account: insurer, proof: _, ...terms } = agree
    const { version } = terms
    policyTable.put(state, { insurer, ...terms }, id, version)
    const before = accumulatorTable.get(state, id) ?? nothing
    accumulatorTable.put(state, { ...before, version }, id)
    const agreed = { kind: 'vault.policy-agreed', reference: id }
    const concerned = [...new Set([insurer, terms.patient, terms.tag])]
    return accept(...concerned.map((recipient) => ({ ...agreed, recipient })))
  },
})
