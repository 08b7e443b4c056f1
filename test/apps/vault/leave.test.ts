// Servers that leave: after a handing over without them, or after their time of notice whatever others do.
import t from 'tap'
import { serverTable, silenceTable } from '../../../apps/vault/state.ts'
import { buildOffer } from '../../../client/vault/deal.ts'
import { memberNames } from '../committee/cast.ts'
import { ask, letAskBucket, letWrite, readSum, recordAmounts, respond, segmentOf } from './cast.ts'
import { deal, type Ready } from './dealing.ts'
import { initKeysetOf, makeKeyset } from './keyset-scene.ts'
import { prepareReshare, reshareTo } from './reshare-scene.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from './world.ts'

const WINDOWS = { complaintWindowMs: 1_500, ackWindowMs: 3_000, queryDeadlineMs: 10_000 }
const NOTICE = 2 * (1_500 + 3_000)

async function recorded() {
  const world = await createWorld(WINDOWS)
  const ready = deal(world)
  letWrite(world, 'pat')
  recordAmounts(world, ready, { name: 'pat', amounts: [7n, 80n, 900n] })
  const consent = letAskBucket(world, ready.committee, 'pat')
  const question = (of: Pick<Ready, 'committee' | 'epoch'> = ready) =>
    ask(world, of, { target: segmentOf('pat', 0), consent })
  return { world, ready, question }
}

const leave = (world: World, name: string, signer = name) =>
  world.send('server.leave', { account: idOf(name) }, signer).code
const release = (world: World, name: string) =>
  world.send('bank.release-bond', { currency: 'USD', amount: 1_000n }, name).code
const lockOf = (world: World, name: string) => world.bond(name).lockedUntilMs

function timeOut(world: World, query: string): void {
  world.wait(WINDOWS.queryDeadlineMs)
  must(world, 'query.timeout', { account: idOf('pat'), query }, 'pat')
}

t.test('a server registers, serves, is dealt without, leaves, and has its bond back', async (t) => {
  const { world, ready, question } = await recorded()
  const asked = question()
  for (const index of [1, 2, 3]) respond(world, ready, { query: asked.query, index })
  world.wait(100_000)
  t.ok(lockOf(world, 'server 1') < world.now(), 'no window is open')
  t.equal(release(world, 'server 1'), 'BOND_LOCKED', 'and yet it stands for what may come')
  reshareTo(world, ready, { servers: memberNames(4, 2), threshold: 2 })
  t.equal(leave(world, 'server 1'), '')
  t.equal(release(world, 'server 1'), 'BOND_LOCKED')
  const free = lockOf(world, 'server 1')
  t.ok(free - world.now() > NOTICE)
  world.wait(free - world.now() - 1)
  t.equal(release(world, 'server 1'), 'BOND_LOCKED', 'at its last moment')
  t.equal(release(world, 'server 1'), '')
  t.equal(world.balance('server 1'), 1_000_000n)
})

t.test('during its notice it is liable, and later it is not', async (t) => {
  const { world, ready, question } = await recorded()
  t.equal(leave(world, 'server 1'), '')
  const early = question()
  respond(world, ready, { query: early.query, index: 2 })
  timeOut(world, early.query)
  const silences = () =>
    memberNames(5).map((name) => silenceTable.get(world.state(), idOf(name)) ?? 0)
  t.strictSame(silences(), [1, 0, 1, 1, 1])
  t.ok(world.now() > (serverTable.get(world.state(), idOf('server 1'))?.leavesMs ?? 0))
  const lock = lockOf(world, 'server 1')
  const late = question()
  t.equal(lockOf(world, 'server 1'), lock, 'what is asked now does not keep its bond')
  respond(world, ready, { query: late.query, index: 2 })
  timeOut(world, late.query)
  t.strictSame(silences(), [1, 0, 2, 2, 2])
  const last = question()
  for (const index of [1, 2, 3]) respond(world, ready, { query: last.query, index })
  t.equal(readSum(world, last), 987n, 'its answer is taken all the same')
})

t.test('a hospital that never deals again keeps nobody’s bond', async (t) => {
  const { world } = await recorded()
  t.equal(leave(world, 'server 2'), '')
  world.wait(lockOf(world, 'server 2') - world.now())
  t.equal(release(world, 'server 2'), '')
})

t.test('who leaves takes no seat any more', async (t) => {
  const { world, ready } = await recorded()
  const made = makeKeyset(world)
  const again = prepareReshare(world, ready, { servers: memberNames(4, 2), threshold: 2 })
  t.equal(leave(world, 'server 9'), 'SERVER_UNKNOWN')
  t.equal(leave(world, 'server 3', 'server 2'), 'NOT_SIGNER')
  t.equal(leave(world, 'server 3'), '')
  t.equal(leave(world, 'server 3'), 'SERVER_LEAVING')
  const code = world.send('vault.reshare', again.payload, 'hospital desk').code
  t.equal(code, 'SERVER_LEAVING', 'although it has offered')
  const { payload } = buildOffer(suite.group, {
    chainId: world.chainId,
    account: idOf('server 3'),
    committee: idOf('another'),
    entropy: entropyOf('another'),
  })
  t.equal(world.send('server.offer', payload, 'server 3').code, 'SERVER_LEAVING')
  const begun = initKeysetOf(made, {}).payload
  const admins = ['hospital admin', 'clinic admin']
  t.equal(world.send('vault.initKeyset', begun, ...admins).code, 'SERVER_LEAVING')
  const bond = { account: idOf('server 3'), bond: 1_000n }
  t.equal(world.send('server.register', bond, 'server 3').code, 'SERVER_EXISTS')
})
