// The disk of a validator that is needed fails at every fsync of its run: it comes back, goes on to vote, and never says two things.
import t, { type Test } from 'tap'
import { createRandom } from '../sim/random.ts'
import type { HomeOperation } from '../support/fragile-home.ts'
import { type Kill, startWard } from '../support/kill-points.ts'

const ways = ['nothing', 'some', 'all'] as const

/** A primary's height: up to three groups of promises, each in journal and lock, a new segment with its folder, the store. */
const FSYNCS_OF_A_HEIGHT = 9

/** How often each kind of operation was the last one. */
function createTally() {
  const places = new Map<string, number>()
  return {
    count: ({ kind, path }: HomeOperation): void => {
      const place = `${kind} of ${path.replace(/.*\//, '').replace(/-[0-9]+.*/, '')}`
      places.set(place, (places.get(place) ?? 0) + 1)
    },
    points: () => [...places.values()].reduce((sum, one) => sum + one, 0),
    places: () => [...places.keys()].sort(),
    show: (t: Test) => {
      for (const [place, times] of places) t.comment(`${times} times at the ${place}`)
    },
  }
}

const roles = [
  [0, 'the primary'],
  [1, 'a backup'],
] as const

async function breakEach(t: Test, victim: number, kills: readonly Kill[]) {
  const ward = await startWard(t, victim, 100 * victim + 1)
  const tally = createTally()
  for (const kill of kills) {
    const operation = await ward.killAt(kill)
    tally.count(operation)
    const wrong = await ward.judge()
    if (wrong.length > 0) t.same(wrong, [], JSON.stringify({ kill, operation }))
  }
  tally.show(t)
  t.equal(tally.points(), kills.length)
  return tally.places()
}

function killsOf(at: Kill['at'], faults: readonly Kill['fault'][]): readonly Kill[] {
  const counts = Array.from({ length: FSYNCS_OF_A_HEIGHT }, (_, place) => place + 1)
  return counts.flatMap((count) => faults.map((fault) => ({ at, count, fault })))
}

for (const [victim, role] of roles) {
  t.test(`the power of ${role} goes at each fsync: before, during and after it`, async (t) => {
    const faults = ways.map((kept) => ({ code: 'POWER', kept }) as const)
    const kills = killsOf('fsync', faults)
    const places = await breakEach(t, victim, [...kills, ...kills])
    t.same(places, [
      'folder-sync of journal',
      'store of store',
      'sync of journal',
      'sync of vote-lock',
    ])
  })

  t.test(`each fsync of ${role} fails, whatever is on disk: it gives up, says nothing more`, (t) =>
    breakEach(
      t,
      victim,
      killsOf(
        'fsync',
        ways.map((kept) => ({ code: 'EIO', kept })),
      ),
    ),
  )

  t.test(`the disk of ${role} is full at each write`, (t) =>
    breakEach(
      t,
      victim,
      killsOf('write', [
        { code: 'ENOSPC', kept: 'nothing' },
        { code: 'ENOSPC', kept: 'some' },
      ]),
    ),
  )

  t.test(`thirty heights in which ${role} lives for one to three fsyncs at a time`, async (t) => {
    const ward = await startWard(t, victim, 100 * victim + 2)
    const tally = createTally()
    const random = createRandom(victim)
    const head = () => ward.victim().ledger.head().header.height
    while (head() < 30) {
      const kept = random.chance(0.4) ? random.pick(ways) : 'all'
      const fault = { code: 'POWER', kept } as const
      const broken = ward.breakAt({ at: 'fsync', count: random.between(1, 3), fault })
      await ward.restart()
      await ward.askFor(broken)
      tally.count(await broken)
    }
    await ward.restart()
    t.same(await ward.judge(), [])
    tally.show(t)
    t.ok(tally.points() >= 80, `${tally.points()} points`)
  })
}
