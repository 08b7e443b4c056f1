// A dealt key that is dealt again: what changes hands when, what stays, and who pays for cheating.
import t from 'tap'
import { queryTable, resultTable, silenceTable } from '../../../apps/vault/state.ts'
import { buildComplain, readShare } from '../../../client/vault/deal.ts'
import {
  bareReshare,
  buildReshare,
  proveReshare,
  sealReshare,
} from '../../../client/vault/reshare.ts'
import { memberNames } from '../committee/cast.ts'
import { ask, letAskBucket, letWrite, readSum, recordAmounts, respond, segmentOf } from './cast.ts'
import { deal, prepareDeal, type Ready } from './dealing.ts'
import {
  type Again,
  ackAgain,
  dealAgain,
  prepareReshare,
  readyAgain,
  reshareTo,
  seatAgain,
  waitUntil,
  windowsOf,
} from './reshare-scene.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from './world.ts'

const { group } = suite
const next = memberNames(4, 4)

async function recorded() {
  const world = await createWorld({ queryDeadlineMs: 200_000 })
  const old = deal(world)
  letWrite(world, 'pat')
  recordAmounts(world, old, { name: 'pat', amounts: [7n, 80n, 900n] })
  const consent = letAskBucket(world, old.committee, 'pat')
  const question = (of: Pick<Ready, 'committee' | 'epoch'>, segment = 0) =>
    ask(world, of, { target: segmentOf('pat', segment), consent, fee: 6n })
  return { world, old, question }
}

async function inForce(world: World, { committee }: Pick<Ready, 'committee'>) {
  const answer = await world.query('vault.seats', { committee, epoch: null })
  return answer.ok ? (answer.result as { inForce: number | null }).inForce : undefined
}

t.test('old records are read with new shares, by other servers and another number', async (t) => {
  const { world, old, question } = await recorded()
  const now = reshareTo(world, old, { servers: next, threshold: 2 })
  t.equal(await inForce(world, old), 2)
  recordAmounts(world, now, { name: 'pat', amounts: [6_000n] })
  recordAmounts(world, old, { name: 'pat', amounts: [50_000n] })
  const asked = question(now)
  t.equal(asked.code, '')
  for (const index of [4, 1]) t.equal(respond(world, now, { query: asked.query, index }).code, '')
  t.equal(readSum(world, asked), 56_987n, 'a record made for the first epoch counts with the rest')
  const third = reshareTo(world, now, { servers: memberNames(5, 1), threshold: 4, minimum: 5 })
  const again = question(third)
  for (const index of [5, 4, 2, 1]) respond(world, third, { query: again.query, index })
  t.equal(readSum(world, again), 56_987n, 'and once more from there')
})

t.test(
  'a question of before is answered by the committee of before, and nothing mixes',
  async (t) => {
    const { world, old, question } = await recorded()
    const asked = question(old)
    const again = prepareReshare(world, old, { servers: next, threshold: 3 })
    t.equal(respond(world, old, { query: asked.query, index: 1 }).code, '')
    dealAgain(world, again)
    t.equal(respond(world, old, { query: asked.query, index: 2 }).code, '', 'between the windows')
    waitUntil(world, windowsOf(world, old).acksEndMs)
    const now = readyAgain(world, old, again)
    t.equal(respond(world, now, { query: asked.query, index: 3 }).code, 'EPOCH_WRONG')
    const disguised = { ...now, epoch: 1 }
    t.equal(respond(world, disguised, { query: asked.query, index: 3 }).code, 'NOT_MEMBER')
    const stolen = { ...old, shares: now.shares }
    t.equal(respond(world, stolen, { query: asked.query, index: 3 }).code, 'PROOF_RESPONSE')
    t.equal(resultTable.get(world.state(), asked.query), undefined)
    t.equal(respond(world, old, { query: asked.query, index: 3 }).code, '')
    t.equal(readSum(world, asked), 987n)
    t.equal(question(old).code, 'EPOCH_WRONG', 'the old committee is asked no more')
    t.equal(question(now).code, '', 'the same set again, by the new one')
  },
)

t.test('who was silent about a question of before is of the committee of before', async (t) => {
  const { world, old, question } = await recorded()
  const { query } = question(old)
  respond(world, old, { query, index: 2 })
  reshareTo(world, old, { servers: next, threshold: 2 })
  waitUntil(world, queryTable.get(world.state(), query)?.deadlineMs ?? 0)
  must(world, 'query.timeout', { account: idOf('pat'), query }, 'pat')
  const silences = memberNames(7).map((name) => silenceTable.get(world.state(), idOf(name)) ?? 0)
  t.strictSame(silences, [1, 0, 1, 1, 1, 0, 0])
})

t.test('the committee changes hands at the end of the last window and not before', async (t) => {
  const { world, old, question } = await recorded()
  const again = prepareReshare(world, old, { servers: next, threshold: 2 })
  dealAgain(world, again)
  t.equal(await inForce(world, old), 1, 'although all have acknowledged')
  const now = readyAgain(world, old, again)
  t.equal(question(now).code, 'EPOCH_WRONG')
  t.equal(question(old).code, '')
  waitUntil(world, windowsOf(world, old).acksEndMs)
  t.equal(await inForce(world, old), 2)
})

const failures: Readonly<Record<string, readonly number[]>> = {
  'nobody acknowledges': [],
  'too few acknowledge': [1, 2],
}

for (const [why, acks] of Object.entries(failures))
  t.test(`if ${why} the old committee stays, and the key can be dealt once more`, async (t) => {
    const { world, old, question } = await recorded()
    const failed = prepareReshare(world, old, { servers: next, threshold: 2, minimum: 3 })
    dealAgain(world, failed, acks)
    waitUntil(world, windowsOf(world, old).acksEndMs)
    t.equal(await inForce(world, old), 1)
    const asked = question(old)
    for (const index of [1, 2, 3]) respond(world, old, { query: asked.query, index })
    t.equal(readSum(world, asked), 987n)
    const third = reshareTo(world, old, { servers: next, threshold: 2, epoch: 3 })
    t.equal(await inForce(world, old), 3)
    t.equal(question(third).code, '')
  })

const boxes: Readonly<Record<string, (again: Again) => readonly Uint8Array[]>> = {
  garbage: ({ payload }) => payload.boxes.map((box, i) => (i === 1 ? box.map(() => 7) : box)),
  'another share': ({ payload, plan }) =>
    payload.boxes.map((box, i) =>
      i === 1 ? sealReshare(group, plan, { index: 2, share: 9n }) : box,
    ),
  'the box of another seat': ({ payload }) =>
    payload.boxes.map((box, i) => (i === 1 ? (payload.boxes[0] ?? box) : box)),
}

for (const [what, spoil] of Object.entries(boxes))
  t.test(`a dealer who deals again with ${what} is named, pays, and changes nothing`, async (t) => {
    const { world, old } = await recorded()
    const honest = prepareReshare(world, old, { servers: next, threshold: 2, bond: 501n })
    const bare = { ...bareReshare(group, honest.plan), boxes: spoil(honest) }
    const again = { ...honest, payload: proveReshare(group, honest.plan, bare) }
    must(world, 'vault.reshare', again.payload, 'hospital desk')
    const seat = seatAgain(world, again, 2)
    t.equal(readShare(group, seat), undefined)
    const { chainId } = world
    const account = idOf(next[1] ?? '')
    const complaint = buildComplain(group, seat, { chainId, account, entropy: entropyOf('why') })
    const balance = world.balance(next[1] ?? '')
    t.equal(world.send('vault.complain', complaint, next[1] ?? '').code, '')
    t.equal(world.bond('hospital desk').amount, 0n)
    t.equal(world.balance(next[1] ?? '') - balance, 250n, 'half of the bond')
    t.equal(world.burned(), 251n)
    waitUntil(world, windowsOf(world, old).acksEndMs)
    t.equal(await inForce(world, old), 1)
    t.equal(world.send('vault.complain', complaint, next[1] ?? '').code, 'COMMITTEE_ABORTED')
  })

t.test(
  'a false complaint about such a deal costs the accuser, and the old committee stays',
  async (t) => {
    const { world, old } = await recorded()
    const again = prepareReshare(world, old, { servers: next, threshold: 2 })
    must(world, 'vault.reshare', again.payload, 'hospital desk')
    const sender = { chainId: world.chainId, account: idOf('server 4'), entropy: entropyOf('lie') }
    const complaint = buildComplain(group, seatAgain(world, again, 1), sender)
    must(world, 'vault.complain', complaint, 'server 4')
    t.equal(world.bond('server 4').amount, 0n)
    t.equal(world.burned(), 1_000n)
    t.equal(await inForce(world, old), 1)
  },
)

t.test('the key is dealt again by its dealer, one deal at a time, and no other key', async (t) => {
  const world = await createWorld({ dealerBondMin: 100n })
  const old = deal(world, { bond: 100n })
  const again = prepareReshare(world, old, { servers: next, threshold: 2 })
  const { payload, plan } = again
  const send = (changes: object, signer = 'hospital desk') =>
    world.send('vault.reshare', { ...payload, ...changes }, signer).code
  t.equal(send({}, 'second desk'), 'NOT_SIGNER')
  t.equal(send({ account: idOf('server 1') }, 'server 1'), 'ROLE_MISSING')
  t.equal(send({ account: idOf('second desk') }, 'second desk'), 'NOT_DEALER')
  t.equal(send({ committee: idOf('none') }), 'COMMITTEE_UNKNOWN')
  t.equal(send({ minimum: 2 }), 'COMMITTEE_SIZE')
  t.equal(send({ boxes: payload.boxes.slice(1) }), 'COMMITTEE_SIZE')
  t.equal(send({ epoch: 3 }), 'EPOCH_WRONG')
  t.equal(send({ epoch: 1 }), 'EPOCH_WRONG', 'its facts are the offers of the first deal')
  const other = buildReshare(group, {
    ...plan,
    key: `0x05${'00'.repeat(31)}`,
    entropy: entropyOf('another deal'),
  })
  t.equal(world.send('vault.reshare', other, 'hospital desk').code, 'SECRET_DIFFERS')
  const constant = payload.commitments[0]
  const rest = other.commitments.slice(1)
  t.equal(send({ commitments: [constant, ...rest] }), 'PROOF_BOX', 'A_0 alone in a foreign deal')
  t.equal(send({ boxProof: other.boxProof }), 'PROOF_BOX')
  t.equal(send({ secretProof: other.secretProof }), 'PROOF_SECRET')
  t.equal(send({ boxPoint: new Uint8Array(32) }), 'POINT_INVALID')
  t.equal(send({ servers: [...payload.servers.slice(1), idOf('server 9')] }), 'SERVER_UNKNOWN')
  world.send(
    'server.register',
    { account: idOf('hospital server'), bond: 1_000n },
    'hospital server',
  )
  const ownSeat = [...payload.servers.slice(1), idOf('hospital server')]
  t.equal(send({ servers: ownSeat }), 'COMMITTEE_MEMBERS', 'the dealer’s organization')
  t.equal(send({ servers: [...payload.servers.slice(1), idOf('server 1')] }), 'OFFER_MISSING')
  t.equal(send({}), '')
  t.equal(send({}), 'RESHARE_PENDING')
  t.equal(send({ epoch: 3 }), 'RESHARE_PENDING')
})

t.test(
  'a dealer without a bond deals nothing again, nor does one whose key is not in force',
  async (t) => {
    const world = await createWorld({ dealerBondMin: 100n })
    const old = deal(world, { bond: 100n })
    world.wait(1_000_000)
    must(world, 'bank.release-bond', { currency: 'USD', amount: 1n }, 'hospital desk')
    const { payload } = prepareReshare(world, old, { servers: next, threshold: 2 })
    t.equal(world.send('vault.reshare', payload, 'hospital desk').code, 'BOND_TOO_SMALL')
    const poor = prepareReshare(world, old, { servers: next, threshold: 2, bond: 1n })
    t.equal(world.send('vault.reshare', poor.payload, 'hospital desk').code, '')
    const pending = prepareDeal(world, { word: 'pending', bond: 100n })
    must(world, 'vault.init', pending.init, 'hospital desk')
    const ready = { ...pending, key: new Uint8Array(32), shares: [] }
    const early = prepareReshare(world, ready, { servers: next, threshold: 2 })
    t.equal(world.send('vault.reshare', early.payload, 'hospital desk').code, 'RESHARE_PENDING')
    world.wait(100_000)
    t.equal(world.send('vault.reshare', early.payload, 'hospital desk').code, 'COMMITTEE_INACTIVE')
  },
)

t.test('acknowledgements of one epoch say nothing about another', async (t) => {
  const { world, old, question } = await recorded()
  const again = prepareReshare(world, old, { servers: memberNames(5), threshold: 2, minimum: 3 })
  dealAgain(world, again, [1, 2, 3])
  const late = { ...ackAgain(world, again, 4), epoch: 1 }
  t.equal(world.send('vault.ack', late, 'server 4').code, 'EPOCH_WRONG')
  waitUntil(world, windowsOf(world, old).acksEndMs)
  const now = readyAgain(world, old, again)
  const { query } = question(now)
  t.equal(respond(world, now, { query, index: 4 }).code, 'NOT_ACKNOWLEDGED', 'only for the first')
  t.equal(respond(world, now, { query, index: 3 }).code, '')
})
