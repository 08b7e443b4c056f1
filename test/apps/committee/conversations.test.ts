// Making keys, as tables: who departs how, what becomes of the key, who is at fault.
import t from 'tap'
import { createWorld } from '../vault/world.ts'
import { inForce, memberNames } from './cast.ts'
import { handOver, make, type Script } from './conversation.ts'
import { keysFrom, keysOf } from './keys.ts'
import {
  boxOfAnotherSeatTo,
  garbageTo,
  oneShareForAllTo,
  wrongCommitment,
  wrongShareTo,
} from './spoiled.ts'

type Row = {
  readonly why: string
  readonly n: number
  readonly t: number
  readonly minimum?: number
  readonly script: Script
  readonly becomes: 'active' | 'aborted'
  readonly qualified?: readonly number[]
  readonly faults?: readonly string[]
  /** Seats that hold shares in the end. */
  readonly holders?: readonly number[]
}

const firstOnes: readonly Row[] = [
  {
    why: 'everybody is honest',
    n: 5,
    t: 3,
    script: {},
    becomes: 'active',
    qualified: [1, 2, 3, 4, 5],
    holders: [1, 2, 3, 4, 5],
  },
  {
    why: 'the smallest committee',
    n: 2,
    t: 2,
    script: {},
    becomes: 'active',
    qualified: [1, 2],
    holders: [1, 2],
  },
  {
    why: 'a member never offers: the others take the seats',
    n: 4,
    t: 3,
    script: { noOffer: [2] },
    becomes: 'active',
    qualified: [1, 2, 3],
    holders: [1, 2, 3],
  },
  { why: 'two of four never offer', n: 4, t: 3, script: { noOffer: [2, 3] }, becomes: 'aborted' },
  {
    why: 'a dealer is silent: it has a share of the key of the others, and no fault',
    n: 4,
    t: 3,
    script: { noDeal: [4] },
    becomes: 'active',
    qualified: [1, 2, 3],
    holders: [1, 2, 3, 4],
  },
  { why: 'two of four are silent', n: 4, t: 3, script: { noDeal: [1, 4] }, becomes: 'aborted' },
  {
    why: 'a dealer puts garbage in a box',
    n: 4,
    t: 3,
    script: { deals: { 2: garbageTo(3) } },
    becomes: 'active',
    qualified: [1, 3, 4],
    faults: ['bad-share server 2 3'],
    holders: [1, 3, 4],
  },
  {
    why: 'a dealer deals a wrong share',
    n: 5,
    t: 3,
    script: { deals: { 1: wrongShareTo(5) } },
    becomes: 'active',
    qualified: [2, 3, 4, 5],
    faults: ['bad-share server 1 5'],
    holders: [2, 3, 4, 5],
  },
  {
    why: 'a dealer puts the box of another seat in a box',
    n: 4,
    t: 2,
    script: { deals: { 3: boxOfAnotherSeatTo(1) } },
    becomes: 'active',
    qualified: [1, 2, 4],
    faults: ['bad-share server 3 1'],
  },
  {
    why: 'a dealer commits to another polynomial: the first member to look complains',
    n: 4,
    t: 3,
    script: { deals: { 4: wrongCommitment } },
    becomes: 'active',
    qualified: [1, 2, 3],
    faults: ['bad-share server 4 1'],
  },
  {
    why: 'two bad dealers of seven',
    n: 7,
    t: 5,
    script: { deals: { 6: garbageTo(1), 7: wrongShareTo(2) } },
    becomes: 'active',
    qualified: [1, 2, 3, 4, 5],
    faults: ['bad-share server 6 1', 'bad-share server 7 2'],
    holders: [1, 2, 3, 4, 5],
  },
  {
    why: 'more bad dealers than the committee bears',
    n: 4,
    t: 3,
    script: { deals: { 1: garbageTo(3), 2: garbageTo(3) } },
    becomes: 'aborted',
    faults: ['bad-share server 1 3', 'bad-share server 2 3'],
  },
  {
    why: 'a false accuser: the dealing that it opened is not used, its own is, it has no seat',
    n: 4,
    t: 3,
    script: { accuse: [[4, 1]] },
    becomes: 'active',
    qualified: [2, 3, 4],
    faults: ['false-complaint server 4 4'],
    holders: [1, 2, 3],
  },
  {
    why: 'a dealer accuses itself falsely',
    n: 4,
    t: 3,
    script: { accuse: [[2, 2]] },
    becomes: 'active',
    qualified: [1, 3, 4],
    faults: ['false-complaint server 2 2'],
    holders: [1, 3, 4],
  },
  {
    why: 'a bad dealer and a false accuser of seven',
    n: 7,
    t: 4,
    script: { deals: { 5: wrongShareTo(1) }, accuse: [[2, 3]] },
    becomes: 'active',
    qualified: [1, 2, 4, 6, 7],
    faults: ['false-complaint server 2 2', 'bad-share server 5 1'],
    holders: [1, 3, 4, 6, 7],
  },
  {
    why: 'a member never acknowledges',
    n: 4,
    t: 3,
    script: { noAck: [3] },
    becomes: 'active',
    qualified: [1, 2, 3, 4],
    holders: [1, 2, 4],
  },
  {
    why: 'two of four never acknowledge',
    n: 4,
    t: 3,
    script: { noAck: [3, 4] },
    becomes: 'aborted',
  },
  {
    why: 'a minimum of all: one silent member is one too many',
    n: 4,
    t: 3,
    minimum: 4,
    script: { noAck: [3] },
    becomes: 'aborted',
  },
  {
    why: 'a victim that does not complain cannot acknowledge; it alone is left out',
    n: 4,
    t: 3,
    script: { deals: { 2: garbageTo(3) }, noComplaint: [3] },
    becomes: 'active',
    qualified: [1, 2, 3, 4],
    holders: [1, 2, 4],
  },
]

for (const row of firstOnes) {
  t.test(`(${row.t},${row.n}), ${row.why}: ${row.becomes}`, async (t) => {
    const world = await createWorld()
    const members = memberNames(row.n)
    const { minimum } = row
    const sizes = minimum === undefined ? {} : { minimum }
    const made = make(world, { members, threshold: row.t, ...sizes }, row.script)
    t.equal(made.phase, row.becomes)
    t.strictSame(made.faults, row.faults ?? [])
    if (row.qualified) t.strictSame(made.qualified, row.qualified)
    if (row.holders) t.strictSame([...made.shares.keys()], row.holders)
    t.equal(inForce(world, made.keyset), row.becomes === 'active' ? 1 : undefined)
    if (row.becomes === 'aborted') return
    const holders = [...made.shares.keys()]
    t.strictSame(keysFrom(made, holders.slice(0, row.t)), keysOf(made))
    t.strictSame(keysFrom(made, holders.slice(-row.t)), keysOf(made))
    t.notSame(keysFrom(made, holders.slice(0, row.t - 1)), keysOf(made))
  })
}

t.test('keys of several purposes are dealt at once and share nothing', async (t) => {
  const world = await createWorld()
  const purposes = ['vault', 'records', 'password'] as const
  const terms = { members: memberNames(4), threshold: 3, purposes }
  const made = make(world, terms, { deals: { 2: oneShareForAllTo(1) } })
  t.strictSame(made.faults, ['bad-share server 2 1'])
  t.strictSame(
    made.committee?.keys.map(({ purpose }) => purpose),
    purposes,
  )
  t.equal(new Set(keysOf(made)).size, 3)
  t.strictSame(keysFrom(made, [1, 3, 4]), keysOf(made))
  const next = handOver(world, made, { members: memberNames(4, 6), threshold: 2 })
  t.strictSame(keysOf(next), keysOf(made))
  t.strictSame(keysFrom(next, [2, 3]), keysOf(made))
})

t.test('after an abort the keyset is made again without those at fault', async (t) => {
  const world = await createWorld()
  const terms = { members: memberNames(4), threshold: 3 }
  const first = make(world, terms, { deals: { 1: garbageTo(3), 2: garbageTo(3) } })
  t.equal(first.phase, 'aborted')
  const members = ['server 3', 'server 4', 'server 5']
  const second = make(world, { members, threshold: 2, epoch: 2 })
  t.equal(second.keyset, first.keyset)
  t.equal(second.phase, 'active')
  t.equal(inForce(world, first.keyset), 2)
})
