// Runs batches of test files, each in a process of its own, several at a time in the order given.
//
// Without tap's own runner: in every process it would load hooks for coverage and mocks, with which each file compiles anew
// every module that it imports, and it reads every line of every test once more. A process counts its own assertions.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Batch } from './batches.ts'

/** What a batch may take: on a machine that others use too, the longest takes minutes. */
const TIMEOUT_S = 1_200
/** Beyond it the process is ended from outside, when it could not say itself what it waits for. */
const GRACE_S = 30

/** Young objects are collected seldom and on the thread that made them: a twentieth of all the time, up to an eighth. */
const COLLECTOR = ['--no-parallel-scavenge', '--max-semi-space-size=64', '--min-semi-space-size=32']

/** What each process loads first. */
const FIRST = ['plain-promises', 'plain-children'].map(
  (file) => `--import=${join(import.meta.dirname, `${file}.ts`)}`,
)

const together = join(import.meta.dirname, 'one-process.ts')

/** What a process said on its standard output, and whether it ended well. */
export type Ran = {
  readonly batch: Batch
  readonly lines: readonly string[]
  readonly isWell: boolean
  readonly seconds: number
}

function runBatch(batch: Batch, lane: number): Promise<Ran> {
  const started = performance.now()
  const entry = batch.files.length === 1 ? batch.files : [together, ...batch.files]
  const child = spawn(process.execPath, [...COLLECTOR, ...FIRST, ...entry], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: (TIMEOUT_S + GRACE_S) * 1_000,
    killSignal: 'SIGKILL',
    // What the tests of the batch may take, and which ports are theirs.
    env: { ...process.env, TAP_TIMEOUT: `${TIMEOUT_S}`, TAP_JOB_ID: `${lane}` },
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    // A process that a signal ended has no code.
    child.once('close', (code) => {
      const seconds = (performance.now() - started) / 1_000
      const lines = out.split('\n')
      const hasBegunAll =
        batch.files.length === 1 || batch.files.every((file) => lines.includes(`# ${file}`))
      resolve({ batch, lines, isWell: code === 0 && hasBegunAll, seconds })
    })
  })
}

/** Runs all of them, and tells of each as soon as it has ended. */
export async function runBatches(
  batches: readonly Batch[],
  onEnd: (ran: Ran) => void,
): Promise<void> {
  // Whole networks: a dozen processes each, which wait for one another the longer the more of them there are.
  const isNetwork = ({ name }: Batch): boolean => name.startsWith('test/e2e/')
  const networks = batches.filter(isNetwork)
  const others = batches.filter((batch) => !isNetwork(batch))
  /** Runs what is left of its own kind, and then of the other. */
  const lane = async (own: Batch[], other: Batch[], number: number): Promise<void> => {
    const next = () => own.shift() ?? other.shift()
    for (let batch = next(); batch !== undefined; batch = next())
      onEnd(await runBatch(batch, number))
  }
  // Tests with processes of their own wait often: half of what runs, one for each core, and two of the others.
  const cores = availableParallelism()
  await Promise.all([
    ...Array.from({ length: cores }, (_, index) => lane(networks, others, index)),
    ...Array.from({ length: 2 }, (_, index) => lane(others, networks, cores + index)),
  ])
}
