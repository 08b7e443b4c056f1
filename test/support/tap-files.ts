// Runs the test files named as arguments with tap, several at a time in the order given, and prints TAP.
//
// As `tap` itself does it, but for the hooks of coverage and mocks, which it loads into every process: under them each file
// compiles anew every module that it imports, which takes longer than what most files do with it.
import { availableParallelism } from 'node:os'
import t from 'tap'

/** A file is ended then: on a machine that others use too, the longest takes minutes. */
const TIMEOUT_S = 1_200

/** Young objects are collected seldom and on the thread that made them: a twentieth of all the time, up to an eighth. */
const COLLECTOR = ['--no-parallel-scavenge', '--max-semi-space-size=64', '--min-semi-space-size=32']

/** What each process loads first. */
const FIRST = ['plain-promises', 'plain-children'].map(
  (file) => `--import=./test/support/${file}.ts`,
)

const names = process.argv.slice(2)
/** Whole networks: a dozen processes each, which wait for one another the longer the more of them there are. */
const networks = names.filter((name) => name.startsWith('test/e2e/'))
const others = names.filter((name) => !name.startsWith('test/e2e/'))
// Tests with processes of their own wait often: half of what runs, one for each core, and two of the others.
const networkLanes = availableParallelism()
const otherLanes = 2

/** Runs what is left of its own kind, and then of the other. */
async function lane(own: string[], other: string[]): Promise<void> {
  const next = () => own.shift() ?? other.shift()
  for (let name = next(); name !== undefined; name = next())
    await t.spawn(process.execPath, [...COLLECTOR, ...FIRST, name], {
      name,
      at: null,
      buffered: true,
      timeout: TIMEOUT_S * 1_000,
      env: {
        ...process.env,
        // What the tests of the file may take.
        TAP_TIMEOUT: `${TIMEOUT_S}`,
        // Else V8 counts every block of code that runs, for nobody: most of the time of tests that only compute.
        _TAPJS_PROCESSINFO_COVERAGE_: '0',
      },
    })
}

t.jobs = networkLanes + otherLanes
// Each file has a limit of its own; all together take longer than tap gives one test.
t.setTimeout(0)
t.plan(names.length)
await Promise.all([
  ...Array.from({ length: networkLanes }, () => lane(networks, others)),
  ...Array.from({ length: otherLanes }, () => lane(others, networks)),
])
