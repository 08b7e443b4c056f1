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
// Tests with processes of their own wait often: two more than there are cores.
t.jobs = availableParallelism() + 2
// Each file has a limit of its own; all together take longer than tap gives one test.
t.setTimeout(0)
t.plan(names.length)
for (const name of names)
  t.spawn(process.execPath, [...COLLECTOR, ...FIRST, name], {
    name,
    at: null,
    buffered: true,
    timeout: TIMEOUT_S * 1_000,
    // What the tests of the file may take.
    env: { ...process.env, TAP_TIMEOUT: `${TIMEOUT_S}` },
  })
