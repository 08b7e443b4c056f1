// Asking, answering, ending and settling queries: rights, deadlines, fees.
import t from 'tap'
import { balanceOf, getEscrow } from '../../../apps/bank/state.ts'
import { resultTable } from '../../../apps/vault/state.ts'
import { readShare } from '../../../client/vault/deal.ts'
import { buildSettle } from '../../../client/vault/query.ts'
import { assert } from '../../../vm/assert.ts'
import type { Digest } from '../../../vm/types.ts'
import {
  ask,
  letAskBucket,
  letWrite,
  openOf,
  type Question,
  readSum,
  recordAmounts,
  respond,
  responseOf,
  segmentOf,
} from './cast.ts'
import { ackOf, deal, prepareDeal, type Ready, seatOf } from './dealing.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from './world.ts'

const { group } = suite

async function ready(changes: Parameters<typeof createWorld>[0] = {}) {
  const world = await createWorld(changes)
  const committee = deal(world)
  letWrite(world, 'pat', 'sam')
  const consent = letAskBucket(world, committee.committee, 'pat', { maxUses: 1_000 })
  const record = (amounts: readonly bigint[], name = 'pat') =>
    recordAmounts(world, committee, { name, amounts })
  return { world, committee, consent, record, id: committee.committee }
}

function answerAll(world: World, committee: Ready, question: Question): bigint | undefined {
  for (const index of [1, 2, 3]) respond(world, committee, { ...question, index })
  return readSum(world, question)
}

t.test('only an insurer without a seat asks an active committee', async (t) => {
  const { world, committee, consent, record } = await ready()
  record([1n, 2n, 3n])
  const { payload } = openOf(world, committee, { target: segmentOf('pat', 0), consent })
  const send = (changes: object, signer = 'payer a') =>
    world.send('query.open', { ...payload, ...changes }, signer).code
  t.equal(send({}, 'payer b'), 'NOT_SIGNER')
  t.equal(send({ account: idOf('pat') }, 'pat'), 'ROLE_MISSING')
  t.equal(send({ committee: idOf('none') }), 'COMMITTEE_UNKNOWN')
  t.equal(send({ epoch: 2 }), 'EPOCH_WRONG')
  t.equal(send({ answerKey: new Uint8Array(32) }), 'POINT_INVALID')
  t.equal(send({ fee: 1n }), 'PROOF_ANSWER_KEY')
  const other = openOf(world, committee, { target: segmentOf('pat', 0), consent }).payload
  t.equal(send({ proof: other.proof }), 'PROOF_ANSWER_KEY')
  t.equal(send({}), '')
  t.equal(send({}), 'QUERY_EXISTS')
  t.equal(send({ account: idOf('payer b') }, 'payer b'), 'KEY_USED', 'with the same Y')
})

t.test('an insurer whose organization holds a seat does not ask', async (t) => {
  const world = await createWorld()
  const servers = ['server 1', 'server 2', 'server 3', 'server 4', 'server in a']
  const committee = deal(world, { servers })
  letWrite(world, 'pat')
  recordAmounts(world, committee, { name: 'pat', amounts: [1n, 2n, 3n] })
  const consent = letAskBucket(world, committee.committee, 'pat')
  t.equal(ask(world, committee, { target: segmentOf('pat', 0), consent }).code, 'SEAT_HELD')
})

t.test('a committee has so many open queries; expired ones make room', async (t) => {
  const { world, committee, consent, record, id } = await ready({
    openQueriesMax: 2,
    queryDeadlineMs: 1_000,
  })
  record([1n, 2n, 3n])
  const target = segmentOf('pat', 0)
  const first = ask(world, committee, { target, consent })
  t.equal(ask(world, committee, { target, consent }).code, '')
  t.equal(ask(world, committee, { target, consent }).code, 'BUSY')
  const waiting = await world.query('vault.openQueries', { committee: id })
  t.equal((waiting as unknown as { result: { queries: unknown[] } }).result.queries.length, 2)
  t.equal(answerAll(world, committee, first), 6n)
  t.equal(ask(world, committee, { target, consent }).code, '')
  t.equal(ask(world, committee, { target, consent }).code, 'BUSY')
  world.wait(1_000)
  t.equal(ask(world, committee, { target, consent }).code, '', 'expired, though nobody said so')
})

t.test('a response is proven, from its seat, in time, and given once', async (t) => {
  const { world, committee, consent, record } = await ready({ queryDeadlineMs: 1_000 })
  record([1n, 2n, 3n])
  const target = segmentOf('pat', 0)
  const question = ask(world, committee, { target, consent })
  const other = ask(world, committee, { target, consent })
  const own = responseOf(world, committee, { ...question, index: 1 })
  const send = (changes: object, signer = 'server 1') =>
    world.send('query.respond', { ...own, ...changes }, signer).code
  t.equal(send({}, 'server 2'), 'NOT_SIGNER')
  t.equal(send({ query: idOf('none') }), 'QUERY_UNKNOWN')
  t.equal(send({ committee: idOf('none') }), 'QUERY_UNKNOWN')
  t.equal(send({ epoch: 2 }), 'EPOCH_WRONG')
  t.equal(send({ index: 2 }), 'NOT_MEMBER')
  t.equal(send({ account: idOf('server 2') }, 'server 2'), 'NOT_MEMBER')
  t.equal(send({ first: new Uint8Array(32) }), 'POINT_INVALID')
  t.equal(send({ second: own.first }), 'PROOF_RESPONSE')
  t.equal(send({ query: other.query }), 'PROOF_RESPONSE', 'replayed under another query')
  const second = responseOf(world, committee, { ...question, index: 2 })
  const copied = { first: second.first, second: second.second, proof: second.proof }
  t.equal(send(copied), 'PROOF_RESPONSE', 'another server’s part')
  t.equal(send({}), '')
  t.equal(send({}), 'RESPONSE_EXISTS')
  world.wait(1_000)
  const late = responseOf(world, committee, { ...question, index: 2 })
  t.equal(world.send('query.respond', late, 'server 2').code, 'DEADLINE_PASSED')
})

t.test('a seat that never acknowledged is no member', async (t) => {
  const world = await createWorld()
  const dealing = prepareDeal(world)
  must(world, 'vault.init', dealing.init, 'hospital desk')
  world.wait(1_500)
  const shares = dealing.servers.map((server, seat) => {
    if (seat < 4) must(world, 'vault.ack', ackOf(world, dealing, seat + 1), server)
    return readShare(group, seatOf(world, dealing, seat + 1)) ?? '0x'
  })
  world.wait(60_000)
  const [key] = dealing.init.commitments
  assert(key, 'a key')
  const committee = { ...dealing, key, shares }
  letWrite(world, 'pat')
  recordAmounts(world, committee, { name: 'pat', amounts: [1n, 2n, 3n] })
  const consent = letAskBucket(world, committee.committee, 'pat')
  const question = ask(world, committee, { target: segmentOf('pat', 0), consent })
  t.equal(respond(world, committee, { ...question, index: 5 }).code, 'NOT_ACKNOWLEDGED')
  t.equal(answerAll(world, committee, question), 6n)
})

t.test('the fee goes in equal parts to the servers used, the remainder to the first', async (t) => {
  const { world, committee, consent, record } = await ready()
  record([1n, 2n, 3n])
  const target = segmentOf('pat', 0)
  const balance = (name: string) => balanceOf(world.state(), idOf(name), 'USD')
  const names = ['payer a', 'server 1', 'server 2', 'server 3', 'server 4', 'server 5']
  const before = names.map(balance)
  t.equal(ask(world, committee, { target, consent, fee: 2_000_000n }).code, 'BALANCE_TOO_LOW')
  const question = ask(world, committee, { target, consent, fee: 100n })
  t.equal(getEscrow(world.state(), question.query)?.amount, 100n)
  for (const index of [4, 2, 5, 1]) respond(world, committee, { ...question, index })
  const moved = names.map((name, place) => balance(name) - (before[place] ?? 0n))
  t.same(moved, [-100n, 0n, 33n, 0n, 34n, 33n])
  t.equal(getEscrow(world.state(), question.query), undefined)
})

t.test('servers’ bonds stay locked until the deadline of the query', async (t) => {
  const { world, committee, consent, record } = await ready()
  record([1n, 2n, 3n])
  ask(world, committee, { target: segmentOf('pat', 0), consent })
  const until = world.now() + 60_000
  t.equal(world.bond('server 3').lockedUntilMs, until)
})

t.test(
  'without t responses the query is timed out after its deadline and the fee goes back',
  async (t) => {
    const { world, committee, consent, record } = await ready()
    record([1n, 2n, 3n])
    const target = segmentOf('pat', 0)
    const balance = () => balanceOf(world.state(), idOf('payer a'), 'USD')
    const before = balance()
    const question = ask(world, committee, { target, consent, fee: 100n })
    for (const index of [1, 2]) respond(world, committee, { ...question, index })
    const timeout = (query: Digest, signer = 'sam') =>
      world.send('query.timeout', { account: idOf('sam'), query }, signer).code
    t.equal(timeout(question.query, 'pat'), 'NOT_SIGNER')
    t.equal(timeout(idOf('none')), 'QUERY_UNKNOWN')
    t.equal(timeout(question.query), 'DEADLINE_OPEN')
    world.wait(60_000)
    const seen = await world.query('vault.query', { query: question.query })
    t.match(seen, { ok: true, result: { status: 'expired' } })
    t.equal(timeout(question.query), '')
    t.equal(timeout(question.query), 'QUERY_CLOSED')
    t.equal(balance(), before)
    const again = ask(world, committee, { target, consent })
    t.equal(answerAll(world, committee, again), 6n, 'the same set again')
    world.wait(60_000)
    t.equal(timeout(again.query), 'RESULT_EXISTS')
  },
)

t.test('an insurer settles its own result once, with a commitment that opens to it', async (t) => {
  const { world, committee, consent, record } = await ready()
  record([1n, 2n, 3n])
  const target = segmentOf('pat', 0)
  const question = ask(world, committee, { target, consent })
  const other = ask(world, committee, { target, consent })
  const settling = (from: Question, sum: bigint) => {
    const result = resultTable.get(world.state(), from.query)
    assert(result, 'the result')
    return buildSettle(group, {
      chainId: world.chainId,
      account: idOf('payer a'),
      query: from.query,
      answerSecret: from.answerSecret,
      result,
      sum,
      entropy: entropyOf('settle'),
    }).payload
  }
  answerAll(world, committee, question)
  const own = settling(question, 6n)
  const send = (changes: object, signer = 'payer a') =>
    world.send('query.settle', { ...own, ...changes }, signer).code
  t.equal(send({}, 'payer b'), 'NOT_SIGNER')
  t.equal(send({ account: idOf('payer b') }, 'payer b'), 'NOT_INSURER')
  t.equal(send({ account: idOf('pat') }, 'pat'), 'ROLE_MISSING')
  t.equal(send({ query: idOf('none') }), 'QUERY_UNKNOWN')
  t.equal(send({ query: other.query }), 'RESULT_MISSING')
  answerAll(world, committee, other)
  t.equal(send({ query: other.query }), 'PROOF_SETTLEMENT')
  t.equal(send(settling(question, 7n)), 'PROOF_SETTLEMENT', 'another sum')
  t.equal(send({ commitment: new Uint8Array(32) }), 'POINT_INVALID')
  t.equal(send({}), '')
  t.equal(send({}), 'SETTLED')
})
