// query.settle: the insurer commits to a result with a proof that the commitment opens to it, and pays what the policy says of it.

import {
  accept,
  defineTx,
  isRefusal,
  type Refusal,
  type TxContext,
  type Verdict,
  type VerifyInput,
} from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { decode } from '../../vm/codec.ts'
import { decodeKey } from '../../vm/crypto/keys.ts'
import { extendSession, verifyLinear } from '../../vm/crypto/sigma.ts'
import { sample } from '../../vm/example.ts'
import type { Reader } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { requireRole } from './committee.ts'
import { settlementUnits } from './costs.ts'
import type { Payout } from './patient-payloads.ts'
import { type QuerySettle, querySettleCodec } from './payloads.ts'
import { authorizePayout, executePayout, verifyPayout } from './payouts.ts'
import { commitmentStatement } from './replicated/statements.ts'
import { policyTable, queryTable, resultTable, settlementTable } from './state.ts'
import { blank, contentSession, settlementStatement } from './statements.ts'
import { isIdentity } from './sums.ts'
import { TAGS } from './tags.ts'

/** A payout without its proof. */
function bare(payout: Payout | null): Payout | null {
  return payout && { ...payout, rangeProof: blank(672) }
}

export function settleSession(chainId: Digest, settle: QuerySettle): Uint8Array {
  const { account, query: object } = settle
  return contentSession(
    { chainId, type: 'query.settle', slot: 'equality', account, object },
    querySettleCodec,
    { ...settle, proof: blank(128), payout: bare(settle.payout) },
  )
}

/** Answers in scalars are not proven under the answer key, so their session names it. */
export function scalarSession(session: Uint8Array, answerKey: Uint8Array): Uint8Array {
  return extendSession(session, answerKey)
}

const proven = { ok: true } as const

/** A result whose answers were scalars has no mask: it is the commitment ΣV itself. */
function verifyEquality({
  chainId,
  payload,
  facts,
  crypto: { group },
}: VerifyInput<QuerySettle>): Verdict {
  const [queryFact, resultFact] = facts
  assert(queryFact && resultFact, 'two facts')
  const { answerKey } = decode(queryTable.value, queryFact)
  const { mask, masked } = decode(resultTable.value, resultFact)
  const W = decodeKey(group, payload.commitment)
  const C1 = decodeKey(group, masked)
  if (!W || !C1) return refuse('POINT_INVALID')
  const session = settleSession(chainId, payload)
  const check = { group, proof: payload.proof, form: 'short' } as const
  if (isIdentity(mask)) {
    const opened = commitmentStatement(group, scalarSession(session, answerKey), { V: C1, W })
    return verifyLinear({ ...opened, ...check }) ? proven : refuse('PROOF_SETTLEMENT')
  }
  const Y = decodeKey(group, answerKey)
  const X1 = decodeKey(group, mask)
  if (!Y || !X1) return refuse('POINT_INVALID')
  const statement = settlementStatement(group, session, { Y, X1, C1, W })
  return verifyLinear({ ...statement, ...check }) ? proven : refuse('PROOF_SETTLEMENT')
}

function verify(input: VerifyInput<QuerySettle>): Verdict {
  const { payload, facts, crypto } = input
  const equality = verifyEquality(input)
  if (!equality.ok || payload.payout === null) return equality
  const [, , policyFact] = facts
  assert(policyFact, 'three facts')
  const terms = decode(policyTable.value, policyFact)
  const { commitment, payout } = payload
  return verifyPayout(crypto, terms, { commitment, payout })
}

function authorize(state: Reader, settle: QuerySettle, context: TxContext): Refusal | undefined {
  const { account, query: id, payout } = settle
  const refusal = requireRole(state, { account, role: 'insurer' }, context)
  if (refusal !== undefined) return refusal
  const query = queryTable.get(state, id)
  if (query === undefined) return refuse('QUERY_UNKNOWN')
  if (query.insurer !== account) return refuse('NOT_INSURER')
  if (resultTable.get(state, id) === undefined) return refuse('RESULT_MISSING')
  if (settlementTable.get(state, id) !== undefined) return refuse('SETTLED')
  const { timeMs } = context
  return payout === null
    ? undefined
    : authorizePayout(state, { account, payout }, { query, timeMs })
}

export const querySettle = defineTx({
  name: 'query.settle',
  tag: TAGS['query.settle'],
  summary: 'Commits to the sum of a query, proven equal to the result; pays by the policy.',
  payload: querySettleCodec,
  example: {
    account: sample('01'),
    query: sample('02'),
    commitment: sample('03'),
    proof: sample('04', 128),
    payout: null,
  },
  cost: ({ payout }) => settlementUnits(payout?.rangeProof.length ?? 0),
  facts: ({ query, payout }) => [
    queryTable.key(query),
    resultTable.key(query),
    ...(payout === null ? [] : [policyTable.key(payout.policy, payout.version)]),
  ],
  verify,
  authorize,
  execute: (state, settle, { txId }) => {
    const { account, query: id, commitment, payout } = settle
    settlementTable.put(state, { commitment, txId }, id)
    const settled = { recipient: account, kind: 'vault.query-settled', reference: id }
    if (payout === null) return accept(settled)
    const paid = executePayout(state, settle, payout)
    return isRefusal(paid) ? paid : accept(settled, ...paid)
  },
})
