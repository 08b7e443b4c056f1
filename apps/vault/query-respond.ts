// query.respond: a server's part of a sum, encrypted to the insurer; the t-th one makes the result in the same block.

import { accept, defineTx, type Refusal, type TxContext, type VerifyInput } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { decode } from '../../vm/codec.ts'
import { decodeKey } from '../../vm/crypto/keys.ts'
import { ristretto255 } from '../../vm/crypto/ristretto255.ts'
import { lagrangeAtZero } from '../../vm/crypto/shamir.ts'
import { verifyLinear } from '../../vm/crypto/sigma.ts'
import { sample } from '../../vm/example.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { findSeating, holdsSeat, requireRole } from './committee.ts'
import { responseUnits } from './costs.ts'
import { payServers } from './fees.ts'
import { type QueryRespond, queryRespondCodec } from './payloads.ts'
import { dealTable, progressTable, queryTable, resultTable, stopWaiting } from './state.ts'
import { blank, contentSession, responseStatement } from './statements.ts'
import { combinePoints } from './sums.ts'
import { TAGS } from './tags.ts'
import type { DealState, QueryState, ResponseState } from './values.ts'

export function respondSession(chainId: Digest, respond: QueryRespond): Uint8Array {
  const { account, query: object, epoch } = respond
  return contentSession(
    { chainId, type: 'query.respond', slot: 'response', account, object, epoch },
    queryRespondCodec,
    { ...respond, proof: blank(96) },
  )
}

function verify({ chainId, payload, facts, crypto: { group } }: VerifyInput<QueryRespond>) {
  const [dealFact, queryFact] = facts
  assert(dealFact && queryFact, 'two facts')
  const deal = decode(dealTable.value, dealFact)
  const { sums, answerKey } = decode(queryTable.value, queryFact)
  const K = decodeKey(group, deal.serverKeys[payload.index - 1] ?? blank(32))
  const S = decodeKey(group, sums.ephemeral)
  const Y = decodeKey(group, answerKey)
  const E1 = decodeKey(group, payload.first)
  const E2 = decodeKey(group, payload.second)
  if (!K || !S || !Y || !E1 || !E2) return refuse('POINT_INVALID')
  const statement = responseStatement(respondSession(chainId, payload), { K, S, Y, E1, E2 })
  return verifyLinear({ ...statement, group, proof: payload.proof, form: 'short' })
    ? ({ ok: true } as const)
    : refuse('PROOF_RESPONSE')
}

function authorize(state: Reader, respond: QueryRespond, context: TxContext): Refusal | undefined {
  const { account, index, epoch } = respond
  const refusal = requireRole(state, { account, role: 'helper' }, context)
  if (refusal !== undefined) return refusal
  const query = queryTable.get(state, respond.query)
  const progress = progressTable.get(state, respond.query)
  if (!query || !progress || query.committee !== respond.committee) return refuse('QUERY_UNKNOWN')
  if (query.epoch !== epoch) return refuse('EPOCH_WRONG')
  const seating = findSeating(state, respond)
  if (seating === undefined || seating.kind === 'replicated') return refuse('NOT_MEMBER')
  if (!holdsSeat(seating, { account, index })) return refuse('NOT_MEMBER')
  if (!seating.acks.includes(index)) return refuse('NOT_ACKNOWLEDGED')
  if (context.timeMs >= query.deadlineMs) return refuse('DEADLINE_PASSED')
  const answered = progress.responses.some((response) => response.index === index)
  return answered ? refuse('RESPONSE_EXISTS') : undefined
}

/** X1 = Σ λ_i·E1_i and C1 = ΣC − Σ λ_i·E2_i: the sum under the answer key. */
function combine(query: QueryState, responses: readonly ResponseState[]) {
  const indices = responses.map(({ index }) => index)
  const weights = lagrangeAtZero(ristretto255, indices)
  const { order } = ristretto255
  const mask = combinePoints(
    responses.map(({ first }) => first),
    weights,
  )
  const masked = combinePoints(
    [query.sums.ciphertext, ...responses.map(({ second }) => second)],
    [1n, ...weights.map((weight) => order - weight)],
  )
  return { mask, masked, indices }
}

function finish(
  state: Writer,
  asked: { readonly id: Digest; readonly query: QueryState; readonly deal: DealState },
  { responses, height }: { readonly responses: readonly ResponseState[]; readonly height: number },
): void {
  const { id, query, deal } = asked
  resultTable.put(state, { ...combine(query, responses), height }, id)
  stopWaiting(state, query.committee, id)
  const servers = responses.map(({ index }) => {
    const server = deal.servers[index - 1]
    assert(server !== undefined, 'a response comes from a seat')
    return server
  })
  payServers(state, { fee: query.fee, id }, servers)
}

/** Responses are accepted until the deadline; after the result they are kept and change nothing. */
export const queryRespond = defineTx({
  name: 'query.respond',
  tag: TAGS['query.respond'],
  summary: "Answers a query with one server's part of the sum.",
  payload: queryRespondCodec,
  example: {
    account: sample('01'),
    committee: sample('02'),
    query: sample('03'),
    epoch: 1,
    index: 1,
    first: sample('04'),
    second: sample('05'),
    proof: sample('06', 96),
  },
  cost: responseUnits,
  facts: ({ committee, epoch, query }) => [dealTable.key(committee, epoch), queryTable.key(query)],
  verify,
  authorize,
  execute: (state, respond, { height }) => {
    const { query: id, index, first, second, account } = respond
    const query = queryTable.get(state, id)
    const progress = progressTable.get(state, id)
    const deal = dealTable.get(state, respond.committee, respond.epoch)
    assert(query && progress && deal, 'authorize has found the query')
    const responses = [...progress.responses, { index, first, second }]
    const isReady = responses.length === deal.threshold
    const status = isReady ? 'ready' : progress.status
    progressTable.put(state, { status, responses }, id)
    const answered = { recipient: query.insurer, kind: 'vault.query-answered', reference: account }
    if (!isReady) return accept(answered)
    finish(state, { id, query, deal }, { responses, height })
    return accept(answered, { recipient: query.insurer, kind: 'vault.query-ready', reference: id })
  },
})
