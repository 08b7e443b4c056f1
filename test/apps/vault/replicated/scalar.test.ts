// Scalar answers: exact sums in boxes, wrong ones and wrong complaints.
import t from 'tap'
import { progressTable, queryTable, scalarBoxTable } from '../../../../apps/vault/state.ts'
import {
  buildComplainResponse,
  buildScalarSettle,
  combineScalars,
  readScalarAnswer,
} from '../../../../client/vault/replicated/answer.ts'
import { assert } from '../../../../vm/assert.ts'
import type { Question } from '../cast.ts'
import { type createWorld, entropyOf, idOf, must, suite, type World } from '../world.ts'
import { ready, SUM, timeout } from './asking.ts'
import { askedSum, type RepReady, scalarRespondOf } from './scene.ts'

const { group } = suite

async function scalarReady(changes: Parameters<typeof createWorld>[0] = {}) {
  const scene = await ready({ answers: 'scalar' }, changes)
  const { world, committee, records } = scene
  const build = (
    question: Question,
    index: number,
    forge?: Parameters<typeof scalarRespondOf>[2]['forge'],
  ) => scalarRespondOf(world, committee, { ...question, index, records, ...(forge && { forge }) })
  const send = (payload: ReturnType<typeof build>, index: number) =>
    world.send('rep.respondScalar', payload, `server ${index}`).code
  return { ...scene, build, send }
}

function readAll(
  world: World,
  question: Question,
  payloads: readonly ReturnType<typeof scalarRespondOf>[],
) {
  const { query, answerSecret } = question
  return payloads.flatMap((payload) =>
    payload.answers.map((answer) => {
      const sum = askedSum(world, query, answer.class)
      return readScalarAnswer(
        group,
        { ...answer, query, index: payload.index },
        { answerSecret, sum },
      )
    }),
  )
}

t.test(
  'scalar answers give the exact sum without a logarithm, and it can be settled',
  async (t) => {
    const { world, open, build, send } = await scalarReady()
    const question = open({ fee: 10n })
    const payloads = [build(question, 1), build(question, 2)]
    payloads.forEach((payload, seat) => {
      t.equal(send(payload, seat + 1), '')
    })
    const [first, second, , third] = readAll(world, question, payloads)
    assert(first && second && third, 'every class opens')
    const asked = await world.query('vault.answers', { query: question.query })
    assert(asked.ok, 'answers')
    const { offset } = (asked.result as { asked: { offset: string } }).asked
    const bytes = Uint8Array.from(Buffer.from(offset.slice(2), 'hex'))
    const found = combineScalars(group, [first, second, third], { offset: bytes })
    t.equal(found.sum, SUM)
    const settle = (sum: bigint) => {
      const { query } = question
      const answerKey = queryTable.get(world.state(), query)?.answerKey
      assert(answerKey, 'the question')
      const own = { chainId: world.chainId, account: idOf('payer a'), query, answerKey }
      const { blinding } = found
      const { payload } = buildScalarSettle(group, {
        ...own,
        sum,
        blinding,
        entropy: entropyOf('s'),
      })
      return world.send('query.settle', payload, 'payer a').code
    }
    t.equal(settle(SUM + 1n), 'PROOF_SETTLEMENT')
    t.equal(settle(SUM), '')
  },
)

function complaintOf(
  world: World,
  ready: RepReady,
  at: {
    question: Question
    payload: ReturnType<typeof scalarRespondOf>
    class: number
    deposit?: bigint
  },
) {
  const { question, payload, deposit = 1_000n } = at
  const answer = payload.answers.find((each) => each.class === at.class)
  assert(answer, 'the class was answered')
  const { committee, epoch } = ready
  const place = { ...answer, committee, epoch, query: question.query, index: payload.index }
  return buildComplainResponse(group, place, {
    chainId: world.chainId,
    account: idOf('payer a'),
    entropy: entropyOf('response complaint'),
    answerSecret: question.answerSecret,
    deposit,
  })
}

t.test('a wrong scalar costs its server the bond, and its class is asked again', async (t) => {
  const { world, committee, open, build, send } = await scalarReady()
  const question = open({ fee: 10n })
  const bad = build(question, 1, ({ f, g }) => ({ f: f + 1n, g }))
  const good = build(question, 2)
  t.equal(send(bad, 1), '')
  t.equal(send(good, 2), '')
  t.strictSame(readAll(world, question, [bad]), [undefined, undefined])
  world.wait(1_000)
  const complaint = (held: number) =>
    complaintOf(world, committee, { question, payload: bad, class: held })
  const before = world.balance('payer a')
  must(world, 'rep.complainResponse', complaint(1), 'payer a')
  t.equal(world.bond('server 1').amount, 0n)
  t.equal(world.balance('payer a') - before, 500n - 1_000n, 'half of the bond, less the deposit')
  t.equal(world.send('rep.complainResponse', complaint(1), 'payer a').code, 'FAULT_KNOWN')
  t.equal(progressTable.get(world.state(), question.query)?.status, 'open')
  t.equal(send(build(question, 1), 1), 'RESPONSE_EXISTS', 'who lied has had its turn')
  world.wait(59_500)
  t.equal(timeout(world, question.query), 'DEADLINE_OPEN', 'the others of the class get time')
  const third = build(question, 3)
  t.equal(send(third, 3), '')
  t.equal(progressTable.get(world.state(), question.query)?.status, 'ready')
  const release = { currency: 'USD', amount: 1_000n }
  t.equal(world.bond('payer a').amount, release.amount, 'the deposit is still the insurer’s')
})

t.test('an insurer that complains about a right scalar loses its deposit', async (t) => {
  const { world, committee, open, build, send } = await scalarReady()
  const question = open()
  const payload = build(question, 1)
  t.equal(send(payload, 1), '')
  const own = complaintOf(world, committee, { question, payload, class: 1 })
  const complain = (changes: object, signer = 'payer a') =>
    world.send('rep.complainResponse', { ...own, ...changes }, signer).code
  t.equal(complain({}, 'payer b'), 'NOT_SIGNER')
  t.equal(complain({ account: idOf('payer b') }, 'payer b'), 'NOT_INSURER')
  t.equal(complain({ account: idOf('pat') }, 'pat'), 'ROLE_MISSING')
  t.equal(complain({ query: idOf('none') }), 'QUERY_UNKNOWN')
  t.equal(complain({ epoch: 2 }), 'EPOCH_WRONG')
  t.equal(complain({ class: 3 }), 'ANSWER_UNKNOWN')
  t.equal(complain({ index: 3 }), 'ANSWER_UNKNOWN')
  t.equal(complain({ class: 2 }), 'BOX_DIFFERS')
  t.equal(complain({ box: own.box.map((byte) => byte ^ 1) }), 'BOX_DIFFERS')
  t.equal(complain({ deposit: 999n }), 'DEPOSIT_TOO_SMALL')
  t.equal(complain({ deposit: 2_000n }), 'PROOF_OPENING')
  t.equal(complain({ opening: new Uint8Array(32) }), 'POINT_INVALID')
  t.equal(complain({}), '')
  t.equal(world.burned(), 1_000n)
  t.equal(world.bond('payer a').amount, 0n)
  t.equal(world.bond('server 1').amount, 1_000n)
  t.equal(complain({}), 'FAULT_KNOWN')
  world.wait(1_500)
  const late = complaintOf(world, committee, { question, payload, class: 2 })
  t.equal(world.send('rep.complainResponse', late, 'payer a').code, 'COMPLAINTS_CLOSED')
})

t.test('a scalar box that copies somebody else’s E is refused', async (t) => {
  const { world, open, build } = await scalarReady()
  const question = open()
  const [victim, thief] = [build(question, 1), build(question, 2)]
  const [copied] = victim.answers
  assert(copied, 'an answer')
  const answers = thief.answers.map(({ class: held }) => ({ ...copied, class: held }))
  const sent = world.send('rep.respondScalar', { ...thief, answers }, 'server 2')
  t.equal(sent.code, 'PROOF_BOX')
  t.equal(scalarBoxTable.get(world.state(), question.query, 2, 2), undefined)
  const zero = thief.answers.map((answer) => ({ ...answer, boxPoint: new Uint8Array(32) }))
  t.equal(
    world.send('rep.respondScalar', { ...thief, answers: zero }, 'server 2').code,
    'POINT_INVALID',
  )
})
