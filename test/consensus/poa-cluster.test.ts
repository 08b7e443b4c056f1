// PoA under seeds: crashes, loss and any order of events never fork it and never stop it; a lie or a lost journal forks it.
import t, { type Test } from 'tap'
import { engineOf } from '../../consensus/engines.ts'
import type { EngineKind } from '../../vm/quorum.ts'
import { type Plan, run } from './cluster.ts'

type Group = Omit<Plan, 'engine' | 'seed' | 'steps' | 'kind'> & { readonly kind?: EngineKind }

function plan({ kind = 'poa', ...group }: Group, seed: number): Plan {
  return { ...group, kind, engine: engineOf(kind), seed, steps: 250 }
}

/** Every seed keeps the rules and decides once it is calm; each is worth nothing if nothing happened in it. */
function runAll(t: Test, group: Group, seeds: number): void {
  let restarts = 0
  let viewMax = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = run(plan(group, seed))
    const { fork, live, broken } = outcome
    if (fork || !live || broken.length > 0) t.fail(`seed ${seed}`, { fork, live, broken })
    restarts += outcome.restarts
    viewMax = Math.max(viewMax, outcome.viewMax)
  }
  t.ok(restarts > seeds, `${restarts} restarts`)
  t.ok(viewMax >= 3, `views up to ${viewMax}`)
}

function firstFork(group: Group, seeds: number): number | undefined {
  for (let seed = 1; seed <= seeds; seed++) if (run(plan(group, seed)).fork) return seed
  return undefined
}

t.test('three authorities, one of which stays down', async (t) => {
  runAll(t, { n: 3, down: 1 }, 150)
})

t.test('five authorities, two of which stay down', async (t) => {
  runAll(t, { n: 5, down: 2 }, 60)
})

t.test('one authority, and two that need each other', async (t) => {
  runAll(t, { n: 1, down: 0 }, 40)
  runAll(t, { n: 2, down: 0 }, 60)
})

t.test('an even number bears no more than one fewer', async (t) => {
  runAll(t, { n: 4, down: 1 }, 60)
})

t.test('PBFT passes the same cluster, and its copies of one key fork nothing', async (t) => {
  runAll(t, { kind: 'pbft', n: 4, down: 1 }, 60)
  t.equal(firstFork({ kind: 'pbft', n: 4, down: 0, twins: 1 }, 100), undefined)
})

t.test('one authority that runs twice forks PoA', async (t) => {
  const seed = firstFork({ n: 3, down: 0, twins: 1 }, 400)
  t.ok(seed !== undefined, `seed ${seed}`)
})

t.test('authorities that restart without journal and lock fork PoA', async (t) => {
  const seed = firstFork({ n: 3, down: 0, forgets: true }, 400)
  t.ok(seed !== undefined, `seed ${seed}`)
})
