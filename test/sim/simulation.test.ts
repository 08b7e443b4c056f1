// Whole engines in a bad network of virtual time: no seed may fork, double-vote or stay stuck; too many twins must fork.
import t from 'tap'
import { quorum } from '../../vm/quorum.ts'
import { equivocate, runScenario } from './scenario.ts'

/** A campaign sets these two; the test runs the same seeds every time. */
const first = Number(process.env['EPIONE_SIM_FIRST'] ?? 1)
const count = Number(process.env['EPIONE_SIM_COUNT'] ?? 400)

t.test('every seed agrees, votes once, and decides again when the network heals', async (t) => {
  let heights = 0
  let views = 0
  let accused = 0
  for (let seed = first; seed < first + count; seed++) {
    try {
      const outcome = runScenario(seed)
      heights += outcome.heights
      views = Math.max(views, outcome.viewsMax)
      accused += outcome.accused
    } catch (error) {
      t.fail(`seed ${seed}: ${error instanceof Error ? error.message : error}`)
    }
  }
  t.ok(heights >= 2 * count, `${heights} heights were decided`)
  t.ok(views >= 3, `the worst height went to view ${views}: the faults were felt`)
  t.ok(accused > 0, `${accused} Byzantine replicas were accused, no correct one`)
})

t.test('the same seed is the same run, event by event', async (t) => {
  for (const seed of [3, 14, 159]) t.equal(runScenario(seed).traceHash, runScenario(seed).traceHash)
  t.not(runScenario(3).traceHash, runScenario(14).traceHash)
})

t.test(
  'the simulator sees a fork: 2q - n equivocating twins make one, one fewer does not',
  async (t) => {
    for (const n of [4, 5, 7, 8, 10]) {
      const twins = 2 * quorum(n, 'pbft') - n
      t.ok(equivocate({ n, twins }, n), `${twins} twins fork ${n} validators`)
      t.notOk(equivocate({ n, twins: twins - 1 }, n), `${twins - 1} do not`)
    }
  },
)
