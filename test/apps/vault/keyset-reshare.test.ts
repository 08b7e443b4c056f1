// A keyset that is handed over under a vault: old records stay readable, two epochs never mix, questions stay with who was asked.
import t from 'tap'
import { queryTable, resultTable, silenceTable } from '../../../apps/vault/state.ts'
import { memberNames } from '../committee/cast.ts'
import { handOver } from '../committee/conversation.ts'
import { wrongShareTo } from '../committee/spoiled.ts'
import { ask, letAskBucket, readSum, respond, segmentOf } from './cast.ts'
import {
  BOND,
  begin,
  letAllWrite,
  makeKeyset,
  recordBy,
  register,
  seen,
  type Taken,
} from './keyset-scene.ts'
import { createWorld, idOf, must } from './world.ts'

const members = memberNames(4, 6)
const to = { members, threshold: 2 }

async function recorded() {
  const world = await createWorld({ queryDeadlineMs: 200_000 })
  const made = makeKeyset(world)
  register(world, members)
  const old = begin(world, made)
  letAllWrite(world, 'pat')
  recordBy(world, old, { hospital: 'hospital', name: 'pat', amounts: [7n, 80n] })
  recordBy(world, old, { hospital: 'clinic', name: 'pat', amounts: [900n] })
  const consent = letAskBucket(world, old.committee, 'pat')
  const question = (by: Pick<Taken, 'committee' | 'epoch'>) =>
    ask(world, by, { target: segmentOf('pat', 0), consent, fee: 6n })
  const hand = (script = {}) => handOver(world, made, { ...to, script })
  return { world, made, old, question, hand }
}

t.test('records of two hospitals are read with the shares of the next epoch', async (t) => {
  const { world, old, question, hand } = await recorded()
  const now = seen(old.committee, hand())
  t.strictSame(now.key, old.key)
  for (const epoch of [now, old])
    t.equal(recordBy(world, epoch, { hospital: 'clinic', name: 'pat', amounts: [6_000n] }).code, '')
  const future = { ...now, epoch: 3 }
  const early = recordBy(world, future, { hospital: 'clinic', name: 'pat', amounts: [1n] })
  t.equal(early.code, 'EPOCH_WRONG')
  const asked = question(now)
  t.equal(asked.code, '')
  for (const index of [4, 2]) t.equal(respond(world, now, { query: asked.query, index }).code, '')
  t.equal(readSum(world, asked), 12_987n)
  const seats = await world.query('vault.seats', { committee: old.committee, epoch: null })
  t.match(seats, { result: { epoch: 2, inForce: 2, threshold: 2 } })
})

t.test(
  'a question across the handing over is answered by who was asked, by nobody else',
  async (t) => {
    const { world, old, question, hand } = await recorded()
    const asked = question(old)
    const { query } = asked
    t.equal(respond(world, old, { query, index: 1 }).code, '')
    const beforeEnd = () => t.equal(respond(world, old, { query, index: 5 }).code, '')
    const now = seen(old.committee, hand({ beforeEnd }))
    t.equal(respond(world, now, { query, index: 2 }).code, 'EPOCH_WRONG')
    t.equal(respond(world, { ...now, epoch: 1 }, { query, index: 2 }).code, 'NOT_MEMBER')
    const mixed = { ...old, shares: [...now.shares, '0x' as const] }
    t.equal(respond(world, mixed, { query, index: 2 }).code, 'PROOF_RESPONSE')
    t.equal(resultTable.get(world.state(), query), undefined)
    t.equal(question(old).code, 'EPOCH_WRONG')
    t.equal(respond(world, old, { query, index: 3 }).code, '')
    t.equal(readSum(world, asked), 987n)
    const again = question(now)
    for (const index of [1, 3]) respond(world, now, { query: again.query, index })
    t.equal(readSum(world, again), 987n, 'the same set, asked of the new ones')
  },
)

t.test('only members of the epoch that was asked are silent', async (t) => {
  const { world, old, question, hand } = await recorded()
  const { query } = question(old)
  hand()
  world.wait((queryTable.get(world.state(), query)?.deadlineMs ?? 0) - world.now())
  must(world, 'query.timeout', { account: idOf('pat'), query }, 'pat')
  const silences = memberNames(9).map((name) => silenceTable.get(world.state(), idOf(name)) ?? 0)
  t.strictSame(silences, [1, 1, 1, 1, 1, 0, 0, 0, 0])
})

t.test('a resharer who cheats pays, and the vault goes on with the others’ shares', async (t) => {
  const { world, old, question, hand } = await recorded()
  const next = hand({ deals: { 2: wrongShareTo(1) } })
  t.strictSame(next.faults, ['bad-share server 2 1'])
  t.equal(world.bond('server 2').amount, 0n)
  t.equal(world.bond('server 1').amount, BOND)
  const now = seen(old.committee, next)
  const asked = question(now)
  for (const index of [1, 2]) respond(world, now, { query: asked.query, index })
  t.equal(readSum(world, asked), 987n)
})

t.test('a handing over that fails leaves everything as it was', async (t) => {
  const { world, old, question, hand } = await recorded()
  hand({ noAck: [1, 2] })
  const asked = question(old)
  t.equal(asked.code, '')
  for (const index of [1, 2, 3]) respond(world, old, { query: asked.query, index })
  t.equal(readSum(world, asked), 987n)
})
