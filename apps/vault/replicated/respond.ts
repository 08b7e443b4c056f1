// rep.respond: a server's sums of its classes, each encrypted to the insurer and proven; the last class makes the result.

import { defineTx, type VerifyInput } from '../../../vm/app.ts'
import { assert } from '../../../vm/assert.ts'
import { decode } from '../../../vm/codec.ts'
import type { Group } from '../../../vm/crypto/group.ts'
import { decodeKey } from '../../../vm/crypto/keys.ts'
import { verifyLinear } from '../../../vm/crypto/sigma.ts'
import { sample } from '../../../vm/example.ts'
import type { Digest } from '../../../vm/types.ts'
import { refuse } from '../codes.ts'
import { classAnswerUnits } from '../costs.ts'
import { askedSharesTable, queryTable } from '../state.ts'
import { blank, contentSession } from '../statements.ts'
import { TAGS } from '../tags.ts'
import { authorizeAnswers, openAnswers, takeAnswers } from './answers.ts'
import { type RepRespond, repRespondCodec } from './payloads.ts'
import { answerStatement } from './statements.ts'

/** The session of the answer for one class; it binds all answers of the transaction. */
export function repRespondSession(
  chainId: Digest,
  respond: RepRespond,
  answered: number,
): Uint8Array {
  const { account, query: object, epoch } = respond
  const answers = respond.answers.map((answer) => ({ ...answer, proof: blank(128) }))
  return contentSession(
    { chainId, type: 'rep.respond', slot: `class ${answered}`, account, object, epoch },
    repRespondCodec,
    { ...respond, answers },
  )
}

function answerPoints<P>(
  group: Group<P>,
  asked: { readonly sum: Uint8Array; readonly answerKey: Uint8Array },
  { first, second }: RepRespond['answers'][number],
) {
  const Y = decodeKey(group, asked.answerKey)
  const V = decodeKey(group, asked.sum)
  const E1 = decodeKey(group, first)
  const E2 = decodeKey(group, second)
  return Y && V && E1 && E2 ? { Y, V, E1, E2 } : undefined
}

function verify({ chainId, payload, facts, crypto: { group } }: VerifyInput<RepRespond>) {
  const [queryFact, sharesFact] = facts
  assert(queryFact && sharesFact, 'two facts')
  const { answerKey } = decode(queryTable.value, queryFact)
  const { shares } = decode(askedSharesTable.value, sharesFact)
  for (const answer of payload.answers) {
    const sum = shares[answer.class - 1] ?? blank(32)
    const points = answerPoints(group, { sum, answerKey }, answer)
    if (points === undefined) return refuse('POINT_INVALID')
    const session = repRespondSession(chainId, payload, answer.class)
    const statement = answerStatement(group, session, points)
    if (!verifyLinear({ ...statement, group, proof: answer.proof, form: 'short' }))
      return refuse('PROOF_ANSWER')
  }
  return { ok: true } as const
}

/** Classes that somebody else has answered meanwhile are left out; if all of them are, the response is refused. */
export const repRespond = defineTx({
  name: 'rep.respond',
  tag: TAGS['rep.respond'],
  summary: "Answers a query with one server's sums of its classes, proven.",
  payload: repRespondCodec,
  example: {
    account: sample('01'),
    committee: sample('02'),
    query: sample('03'),
    epoch: 1,
    index: 1,
    answers: [1, 2].map((held) => ({
      class: held,
      first: sample('04'),
      second: sample('05'),
      proof: sample('06', 128),
    })),
  },
  cost: ({ answers }) => classAnswerUnits(answers.length),
  facts: ({ query }) => [queryTable.key(query), askedSharesTable.key(query)],
  verify,
  authorize: (state, payload, context) =>
    authorizeAnswers(state, payload, { mode: 'masked', context }),
  execute: (state, payload, { height }) => {
    const { index } = payload
    const fresh = openAnswers(state, payload).map(({ class: held, first, second }) => ({
      kind: 'masked' as const,
      class: held,
      index,
      first,
      second,
    }))
    return takeAnswers(state, payload, { fresh, height })
  },
})
