// query.settle: the insurer commits to a result with a proof that the commitment opens to it; no money moves.

import { accept, defineTx, type VerifyInput } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { decode } from '../../vm/codec.ts'
import { decodeKey } from '../../vm/crypto/keys.ts'
import { extendSession, verifyLinear } from '../../vm/crypto/sigma.ts'
import { sample } from '../../vm/example.ts'
import type { Digest } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { requireRole } from './committee.ts'
import { proofUnits } from './costs.ts'
import { type QuerySettle, querySettleCodec } from './payloads.ts'
import { commitmentStatement } from './replicated/statements.ts'
import { queryTable, resultTable, settlementTable } from './state.ts'
import { blank, contentSession, settlementStatement } from './statements.ts'
import { isIdentity } from './sums.ts'
import { TAGS } from './tags.ts'

export function settleSession(chainId: Digest, settle: QuerySettle): Uint8Array {
  const { account, query: object } = settle
  return contentSession(
    { chainId, type: 'query.settle', slot: 'equality', account, object },
    querySettleCodec,
    { ...settle, proof: blank(128) },
  )
}

/** Answers in scalars are not proven under the answer key, so their session names it. */
export function scalarSession(session: Uint8Array, answerKey: Uint8Array): Uint8Array {
  return extendSession(session, answerKey)
}

const proven = { ok: true } as const

/** A result whose answers were scalars has no mask: it is the commitment ΣV itself. */
function verify({ chainId, payload, facts, crypto: { group } }: VerifyInput<QuerySettle>) {
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

export const querySettle = defineTx({
  name: 'query.settle',
  tag: TAGS['query.settle'],
  summary: 'Commits to the sum of a query, proven equal to the result.',
  payload: querySettleCodec,
  example: {
    account: sample('01'),
    query: sample('02'),
    commitment: sample('03'),
    proof: sample('04', 128),
  },
  cost: () => proofUnits(8),
  facts: ({ query }) => [queryTable.key(query), resultTable.key(query)],
  verify,
  authorize: (state, { account, query: id }, context) => {
    const refusal = requireRole(state, { account, role: 'insurer' }, context)
    if (refusal !== undefined) return refusal
    const query = queryTable.get(state, id)
    if (query === undefined) return refuse('QUERY_UNKNOWN')
    if (query.insurer !== account) return refuse('NOT_INSURER')
    if (resultTable.get(state, id) === undefined) return refuse('RESULT_MISSING')
    return settlementTable.get(state, id) === undefined ? undefined : refuse('SETTLED')
  },
  execute: (state, { account, query: id, commitment }, { txId }) => {
    settlementTable.put(state, { commitment, txId }, id)
    return accept({ recipient: account, kind: 'vault.query-settled', reference: id })
  },
})
