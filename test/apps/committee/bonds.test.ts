// What a fault costs: the whole bond, once, half of it to who showed it; and how long a bond is locked.
import t from 'tap'
import { createWorld, idOf, must, type World } from '../vault/world.ts'
import { epochOf, memberNames, startOf, windows } from './cast.ts'
import { handOver, make, type Script } from './conversation.ts'
import { garbageTo, wrongShareTo } from './spoiled.ts'

const BOND = 1_001n

/** A world in which so many servers have a bond. */
async function bonded(count: number): Promise<World> {
  const world = await createWorld()
  for (const name of memberNames(count))
    must(world, 'server.register', { account: idOf(name), bond: BOND }, name)
  return world
}

function moneyOf(world: World, name: string): readonly [bond: bigint, balance: bigint] {
  return [world.bond(name).amount, world.balance(name)]
}

const untouched = [BOND, 1_000_000n - BOND] as const

type Row = {
  readonly why: string
  readonly script: Script
  /** Who has lost its bond. */
  readonly guilty: readonly number[]
  /** Who has half of one. */
  readonly rewarded?: readonly number[]
}

const rows: readonly Row[] = [
  { why: 'nobody cheats: nobody pays', script: {}, guilty: [] },
  {
    why: 'a bad share: half to the seat that got it',
    script: { deals: { 2: garbageTo(4) } },
    guilty: [2],
    rewarded: [4],
  },
  {
    why: 'a bad share of which its victim says nothing',
    script: { deals: { 2: garbageTo(4) }, noComplaint: [4] },
    guilty: [],
  },
  {
    why: 'a false complaint: all of it burned, nothing to the accused',
    script: { accuse: [[3, 1]] },
    guilty: [3],
  },
  {
    why: 'two who accuse each other both pay',
    script: {
      accuse: [
        [3, 1],
        [4, 2],
      ],
    },
    guilty: [3, 4],
  },
  { why: 'silence proves nothing and costs nothing here', script: { noDeal: [5] }, guilty: [] },
]

for (const { why, script, guilty, rewarded = [] } of rows)
  t.test(why, async (t) => {
    const world = await bonded(5)
    make(world, { members: memberNames(5), threshold: 2, minimum: 4, bond: BOND }, script)
    const half = BOND / 2n
    for (const [place, name] of memberNames(5).entries()) {
      const isGuilty = guilty.includes(place + 1)
      const reward = rewarded.includes(place + 1) ? half : 0n
      const expected = [isGuilty ? 0n : BOND, untouched[1] + reward]
      t.strictSame(moneyOf(world, name), expected, name)
    }
    const paid = BigInt(guilty.length) * BOND
    t.equal(world.burned(), paid - BigInt(rewarded.length) * half)
  })

t.test('a resharer who cheats pays what it locked, and its victim is rewarded', async (t) => {
  const world = await bonded(8)
  const old = make(world, { members: memberNames(4), threshold: 2, bond: BOND })
  const script = { deals: { 1: wrongShareTo(2) } }
  handOver(world, old, { members: memberNames(4, 5), threshold: 2, script })
  t.strictSame(moneyOf(world, 'server 1'), [0n, untouched[1]])
  t.strictSame(moneyOf(world, 'server 6'), [BOND, untouched[1] + BOND / 2n])
  t.equal(world.burned(), BOND - BOND / 2n)
})

t.test('a bond is locked until the windows of its epoch are over', async (t) => {
  const world = await bonded(5)
  const lockOf = () => world.bond('server 1').lockedUntilMs
  let during = 0
  const beforeEnd = () => {
    during = lockOf() - world.now()
  }
  const script = { noAck: [5], beforeEnd }
  const made = make(world, { members: memberNames(5), threshold: 2, bond: BOND }, script)
  t.ok(during > 0)
  const { run } = epochOf(world, made)
  t.ok(lockOf() >= run.acksEndMs)
  t.ok(lockOf() <= run.acksEndMs + windows.offerMs + windows.dealMs, 'and not much longer')
})

t.test('resharing asks new members for the same bond, and locks that of the dealers', async (t) => {
  const world = await bonded(5)
  const old = make(world, { members: memberNames(4), threshold: 2, bond: BOND })
  world.wait(10_000)
  const isLocked = (name: string) => world.bond(name).lockedUntilMs > world.now()
  t.notOk(isLocked('server 1'))
  let during: readonly boolean[] = []
  const beforeEnd = () => {
    during = ['server 1', 'server 5'].map(isLocked)
  }
  const members = ['server 5', 'server 2', 'server 3']
  const next = handOver(world, old, { members, threshold: 2, script: { beforeEnd } })
  t.equal(next.phase, 'active')
  t.strictSame(during, [true, true])
  t.strictSame(epochOf(world, next).plan.bond, startOf({ members, threshold: 2, bond: BOND }).bond)
})
