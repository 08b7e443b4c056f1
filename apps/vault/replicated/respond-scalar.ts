// rep.respondScalar: a server's sums of its classes as plain numbers in boxes for the insurer, who checks and may complain.

import { defineTx, type VerifyInput } from '../../../vm/app.ts'
import { assert } from '../../../vm/assert.ts'
import { decode } from '../../../vm/codec.ts'
import { verifyEphemeral } from '../../../vm/crypto/box.ts'
import { decodeKey } from '../../../vm/crypto/keys.ts'
import { sample } from '../../../vm/example.ts'
import type { Digest } from '../../../vm/types.ts'
import { lockUntil } from '../bonds.ts'
import { refuse } from '../codes.ts'
import { classAnswerUnits } from '../costs.ts'
import { boxHash } from '../deals.ts'
import { requireParameters } from '../parameters.ts'
import { queryTable, scalarBoxTable } from '../state.ts'
import { blank, contentSession } from '../statements.ts'
import { TAGS } from '../tags.ts'
import { authorizeAnswers, openAnswers, takeAnswers } from './answers.ts'
import { type RepRespondScalar, repRespondScalarCodec } from './payloads.ts'

/** The session of the box for one class; it binds all boxes of the transaction. */
export function respondScalarSession(
  chainId: Digest,
  respond: RepRespondScalar,
  answered: number,
): Uint8Array {
  const { account, query: object, epoch } = respond
  const answers = respond.answers.map((answer) => ({ ...answer, boxProof: blank(64) }))
  return contentSession(
    { chainId, type: 'rep.respondScalar', slot: `class ${answered}`, account, object, epoch },
    repRespondScalarCodec,
    { ...respond, answers },
  )
}

function verify({ chainId, payload, facts, crypto: { group } }: VerifyInput<RepRespondScalar>) {
  const [fact] = facts
  assert(fact !== undefined, 'one fact')
  const Y = decodeKey(group, decode(queryTable.value, fact).answerKey)
  for (const { class: held, boxPoint, boxProof } of payload.answers) {
    const E = decodeKey(group, boxPoint)
    if (!Y || !E) return refuse('POINT_INVALID')
    const session = respondScalarSession(chainId, payload, held)
    if (!verifyEphemeral(group, { E, recipients: [Y], session }, boxProof))
      return refuse('PROOF_BOX')
  }
  return { ok: true } as const
}

/** Nobody but the insurer can tell whether the numbers are right: until the window is over it may complain. */
export const repRespondScalar = defineTx({
  name: 'rep.respondScalar',
  tag: TAGS['rep.respondScalar'],
  summary: "Answers a query with one server's sums of its classes in boxes for the insurer.",
  payload: repRespondScalarCodec,
  example: {
    account: sample('01'),
    committee: sample('02'),
    query: sample('03'),
    epoch: 1,
    index: 1,
    answers: [1, 2].map((held) => ({
      class: held,
      boxPoint: sample('04'),
      boxProof: sample('05', 64),
      box: sample('06', 80),
    })),
  },
  cost: ({ answers }) => classAnswerUnits(answers.length),
  facts: ({ query }) => [queryTable.key(query)],
  verify,
  authorize: (state, payload, context) =>
    authorizeAnswers(state, payload, { mode: 'scalar', context }),
  execute: (state, payload, { height, timeMs }) => {
    const { account, query, index } = payload
    const complaintsEndMs = timeMs + requireParameters(state).complaintWindowMs
    const fresh = openAnswers(state, payload)
    for (const { class: held, boxPoint, box } of fresh) {
      const kept = { boxPoint, boxHash: boxHash(box), complaintsEndMs }
      scalarBoxTable.put(state, kept, query, held, index)
    }
    lockUntil(state, [account], complaintsEndMs)
    return takeAnswers(state, payload, {
      fresh: fresh.map(({ class: held }) => ({ kind: 'scalar' as const, class: held, index })),
      height,
    })
  },
})
