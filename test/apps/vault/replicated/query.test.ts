// Asking a replicated committee: masked answers, results and deadlines.
import t from 'tap'
import { setHash } from '../../../../apps/vault/ids.ts'
import { resultTable } from '../../../../apps/vault/state.ts'
import { buildSettle } from '../../../../client/vault/query.ts'
import { assert } from '../../../../vm/assert.ts'
import { ask, letAsk, readSum, tagOf } from '../cast.ts'
import { entropyOf, idOf, suite } from '../world.ts'
import { ready, SUM, timeout } from './asking.ts'
import { repRespond, repRespondOf, scalarRespondOf } from './scene.ts'

const { group } = suite

for (const [threshold, seats] of [
  [2, 3],
  [2, 4],
  [3, 4],
] as const) {
  t.test(
    `any ${threshold} of ${seats} answer the sum, and fewer leave the query open`,
    async (t) => {
      const { world, committee, records, open } = await ready({ threshold, seats })
      const from = Array.from({ length: seats }, (_, seat) => seat + 1)
      for (const left of from) {
        const question = open()
        const answering = from.filter((index) => index !== left).slice(0, threshold)
        for (const [at, index] of answering.entries()) {
          t.equal(readSum(world, question), undefined)
          t.equal(repRespond(world, committee, { ...question, index, records }).code, '', `${at}`)
        }
        t.equal(readSum(world, question), SUM)
      }
    },
  )
}

t.test(
  'an answer is proven, in time, from its seat, for its classes, and given once',
  async (t) => {
    const { world, committee, records, open } = await ready()
    const question = open()
    const own = repRespondOf(world, committee, { ...question, index: 1, records })
    const [first, second] = own.answers
    assert(first && second, 'two classes')
    const send = (changes: object, signer = 'server 1') =>
      world.send('rep.respond', { ...own, ...changes }, signer).code
    const zero = new Uint8Array(32)
    t.equal(send({}, 'server 2'), 'NOT_SIGNER')
    t.equal(send({ account: idOf('pat') }, 'pat'), 'ROLE_MISSING')
    t.equal(send({ query: idOf('none') }), 'QUERY_UNKNOWN')
    t.equal(send({ committee: idOf('none') }), 'QUERY_UNKNOWN')
    t.equal(send({ epoch: 2 }), 'EPOCH_WRONG')
    t.equal(send({ index: 2 }), 'NOT_MEMBER')
    t.equal(send({ answers: [second, first] }), 'CLASS_NOT_HELD')
    t.equal(send({ answers: [first, first] }), 'CLASS_NOT_HELD')
    t.equal(send({ answers: [{ ...first, class: 3 }] }), 'CLASS_NOT_HELD')
    t.equal(send({ answers: [{ ...first, first: zero }, second] }), 'POINT_INVALID')
    t.equal(send({ answers: [first] }), 'PROOF_ANSWER', 'the proofs bind all answers')
    const forged = repRespondOf(world, committee, {
      ...question,
      index: 1,
      records,
      forge: ({ f, g }) => ({ f: f + 1n, g }),
    })
    t.equal(world.send('rep.respond', forged, 'server 1').code, 'PROOF_ANSWER', 'another sum')
    const boxed = scalarRespondOf(world, committee, { ...question, index: 1, records })
    t.equal(world.send('rep.respondScalar', boxed, 'server 1').code, 'ANSWER_MODE')
    t.equal(send({}), '')
    t.equal(send({}), 'RESPONSE_EXISTS')
    const late = open()
    world.wait(60_000)
    t.equal(repRespond(world, committee, { ...late, index: 1, records }).code, 'DEADLINE_PASSED')
    t.equal(timeout(world, late.query), '')
    t.equal(repRespond(world, committee, { ...late, index: 1, records }).code, 'QUERY_CLOSED')
  },
)

t.test('classes that somebody was quicker with are left out, and pay nothing', async (t) => {
  const { world, committee, records, open } = await ready()
  const question = open({ fee: 101n })
  const payloads = [1, 2, 3].map((index) =>
    repRespondOf(world, committee, { ...question, index, records }),
  )
  const before = [1, 2, 3].map((index) => world.balance(`server ${index}`))
  payloads.slice(0, 2).forEach((payload, seat) => {
    t.equal(world.send('rep.respond', payload, `server ${seat + 1}`).code, '')
  })
  t.equal(world.send('rep.respond', payloads[2], 'server 3').code, 'RESPONSE_EXISTS')
  t.equal(readSum(world, question), SUM)
  t.strictSame(
    [1, 2, 3].map((index, at) => world.balance(`server ${index}`) - (before[at] ?? 0n)),
    [51n, 50n, 0n],
  )
  const seen = await world.query('vault.answers', { query: question.query })
  t.match(seen, {
    ok: true,
    result: { progress: { answers: [{ class: 1 }, { class: 2 }, { class: 3, index: 2 }] } },
  })
})

t.test('a seat that never acknowledged answers nothing and owes nothing', async (t) => {
  const { world, committee, records, open } = await ready({ silent: [3] })
  const question = open()
  t.equal(repRespond(world, committee, { ...question, index: 3, records }).code, 'NOT_ACKNOWLEDGED')
  world.wait(60_000)
  t.equal(timeout(world, question.query), '')
  t.strictSame(
    [1, 2, 3].map((index) => world.bond(`server ${index}`).amount),
    [990n, 990n, 1_000n],
  )
})

t.test('a result is settled as one of the other sharing is', async (t) => {
  const { world, committee, records, open } = await ready()
  const question = open()
  for (const index of [3, 1]) repRespond(world, committee, { ...question, index, records })
  const result = resultTable.get(world.state(), question.query)
  assert(result, 'the result')
  const settle = (sum: bigint) => {
    const { query, answerSecret } = question
    const own = { chainId: world.chainId, account: idOf('payer a'), query, answerSecret }
    const { payload } = buildSettle(group, { ...own, result, sum, entropy: entropyOf('settle') })
    return world.send('query.settle', payload, 'payer a').code
  }
  t.equal(settle(SUM + 1n), 'PROOF_SETTLEMENT')
  t.equal(settle(SUM), '')
})

t.test('so many records are named at once as their classes allow', async (t) => {
  const { world, committee } = await ready()
  const records = Array.from(
    { length: 513 },
    (_, at) => `0x${at.toString(16).padStart(64, '0')}` as const,
  )
  const set = (count: number) => {
    const target = { kind: 'records', records: records.slice(0, count) } as const
    const scope = {
      kind: 'set',
      set: setHash(committee.committee, target),
      tags: [tagOf('pat').publicKey],
    } as const
    const consent = letAsk(world, committee.committee, { names: ['pat'], scope })
    return ask(world, committee, { target, consent }).code
  }
  t.equal(set(513), 'SET_TOO_LARGE')
  t.equal(set(512), 'RECORD_UNKNOWN')
})
