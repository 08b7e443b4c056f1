// Handing keys over, as tables: who departs how, which committee is in force, who is at fault.
import t from 'tap'
import { createWorld } from '../vault/world.ts'
import { inForce, memberNames } from './cast.ts'
import { handOver, make, type Script } from './conversation.ts'
import { keysFrom, keysOf } from './keys.ts'
import { garbageTo, wrongShareTo } from './spoiled.ts'

type Handover = {
  readonly why: string
  /** The committee that hands over. */
  readonly old: readonly [t: number, n: number]
  readonly to: { readonly members: readonly string[]; readonly t: number; readonly script?: Script }
  readonly becomes: 'active' | 'aborted'
  readonly qualified?: readonly number[]
  readonly faults?: readonly string[]
}

const handovers: readonly Handover[] = [
  {
    why: 'to a whole new committee',
    old: [3, 5],
    to: { members: memberNames(5, 6), t: 3 },
    becomes: 'active',
    qualified: [1, 2, 3],
  },
  {
    why: 'to the same committee, with fresh shares',
    old: [3, 4],
    to: { members: memberNames(4), t: 3 },
    becomes: 'active',
    qualified: [1, 2, 3],
  },
  {
    why: 'to more members and a higher threshold',
    old: [2, 3],
    to: { members: memberNames(7, 3), t: 5 },
    becomes: 'active',
    qualified: [1, 2],
  },
  {
    why: 'to fewer members and a lower threshold',
    old: [4, 6],
    to: { members: memberNames(3, 5), t: 2 },
    becomes: 'active',
    qualified: [1, 2, 3, 4],
  },
  {
    why: 'although n - t old members are silent',
    old: [3, 5],
    to: { members: memberNames(4, 6), t: 3, script: { noDeal: [1, 3] } },
    becomes: 'active',
    qualified: [2, 4, 5],
  },
  {
    why: 'too few old members deal: the old committee stays',
    old: [3, 5],
    to: { members: memberNames(4, 6), t: 3, script: { noDeal: [1, 3, 4] } },
    becomes: 'aborted',
  },
  {
    why: 'a cheating resharer is named, the others suffice',
    old: [3, 4],
    to: { members: memberNames(4, 6), t: 3, script: { deals: { 1: wrongShareTo(2) } } },
    becomes: 'active',
    qualified: [2, 3, 4],
    faults: ['bad-share server 1 2'],
  },
  {
    why: 'a cheating resharer of a committee that needs all: named, the old committee stays',
    old: [3, 3],
    to: { members: memberNames(4, 6), t: 3, script: { deals: { 2: garbageTo(1) } } },
    becomes: 'aborted',
    faults: ['bad-share server 2 1'],
  },
  {
    why: 'a new member accuses an old one falsely',
    old: [2, 3],
    to: { members: memberNames(4, 6), t: 2, script: { accuse: [[4, 1]] } },
    becomes: 'active',
    qualified: [2, 3],
    faults: ['false-complaint server 9 4'],
  },
  {
    why: 'too few new members acknowledge: the old committee stays',
    old: [2, 3],
    to: { members: memberNames(4, 6), t: 2, script: { noAck: [1, 2] } },
    becomes: 'aborted',
  },
]

for (const row of handovers) {
  const [oldT, oldN] = row.old
  t.test(`reshare of (${oldT},${oldN}) ${row.why}: ${row.becomes}`, async (t) => {
    const world = await createWorld()
    const old = make(world, { members: memberNames(oldN), threshold: oldT })
    const { members, t: threshold, script = {} } = row.to
    const next = handOver(world, old, { members, threshold, script })
    t.equal(next.phase, row.becomes)
    t.strictSame(next.faults, row.faults ?? [])
    if (row.qualified) t.strictSame(next.qualified, row.qualified)
    t.equal(inForce(world, old.keyset), row.becomes === 'active' ? 2 : 1)
    if (row.becomes === 'aborted') return
    t.strictSame(keysOf(next), keysOf(old), 'the public key is the same')
    const holders = [...next.shares.keys()]
    t.strictSame(keysFrom(next, holders.slice(-threshold)), keysOf(old))
    for (const [index, share] of next.shares) t.notSame(share, old.shares.get(index))
  })
}

t.test('after a failed resharing another one succeeds, and again from there', async (t) => {
  const world = await createWorld()
  const old = make(world, { members: memberNames(3), threshold: 2 })
  const script = { noDeal: [1, 2] }
  const failed = handOver(world, old, { members: memberNames(3, 6), threshold: 2, script })
  t.equal(failed.phase, 'aborted')
  const terms = { members: memberNames(3, 6), threshold: 2, epoch: 3 }
  const third = handOver(world, old, terms)
  t.equal(inForce(world, old.keyset), 3)
  const fourth = handOver(world, third, { members: memberNames(4, 1), threshold: 3 })
  t.equal(inForce(world, old.keyset), 4)
  t.strictSame(keysFrom(fourth, [1, 3, 4]), keysOf(old))
})
