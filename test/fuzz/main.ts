// `npm run fuzz`: a million inputs for each target, or as many as are asked for.
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { keep, runCorpus } from './corpus.ts'
import { groups } from './groups.ts'
import { type Failure, type Report, runTarget } from './run.ts'
import type { Target } from './target.ts'

const usage = `npm run fuzz -- [options]
  --target NAME   only the target of that name, or those whose names hold it
  --inputs N      inputs of each target (1000000)
  --seed S        another seed finds other inputs (1)
  --json          one object on the last line: { seed, inputs, seconds, targets, failures }
  --list          the names of the targets`

const PROGRESS_EVERY = 100_000
const HELD_UP_AFTER_MS = 60_000
const names = groups.flatMap((group) => group.names)

/** Names the input that has no end; the thread that reads it cannot. */
function watch(): {
  readonly at: (target: number, index: number) => void
  readonly stop: () => void
} {
  const place = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(new URL('./watch.ts', import.meta.url), {
    workerData: { place, names, limitMs: HELD_UP_AFTER_MS },
  })
  worker.unref()
  return {
    at: (target, index) => {
      Atomics.store(place, 0, target)
      Atomics.store(place, 1, index)
    },
    stop: () => void worker.terminate(),
  }
}

function wrongUse(message: string): never {
  process.stderr.write(`${message}\n\n${usage}\n`)
  process.exit(2)
}

function parsed() {
  const config = {
    options: {
      target: { type: 'string', default: '' },
      inputs: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  } as const
  try {
    return parseArgs(config).values
  } catch (error) {
    return wrongUse(error instanceof Error ? error.message : String(error))
  }
}

function readOptions() {
  const values = parsed()
  const [inputs, seed] = [Number(values.inputs), Number(values.seed)]
  if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed) || seed < 0)
    wrongUse('--inputs takes a whole number above 0, --seed one that is not negative')
  return { ...values, inputs, seed }
}

const say = (line: string) => process.stdout.write(`${line}\n`)

function describe({ target, seed, index, fault, hex }: Failure): string {
  return `  ${target}, seed ${seed}, input ${index}: ${fault}\n  ${hex}\n  kept as a file of the corpus`
}

/** The targets that are asked for, by their names; a group is made when its turn comes and ended after it. */
async function* wanted(chosen: readonly string[]): AsyncGenerator<Target> {
  for (const group of groups) {
    if (!group.names.some((name) => chosen.includes(name))) continue
    const teardowns: (() => unknown)[] = []
    const made = await group.make({ teardown: (end: () => unknown) => void teardowns.push(end) })
    yield* made.filter(({ name }) => chosen.includes(name))
    for (const end of teardowns.toReversed()) await end()
  }
}

function summary({ target, inputs, accepted, seconds, kept, failures }: Report): string {
  const rate = Math.round(inputs / seconds)
  const share = ((100 * accepted) / inputs).toFixed(0)
  const growth = `${(kept / 2 ** 20).toFixed(1)} MiB kept`
  return `${target}: ${inputs} inputs, ${share} % accepted, ${rate}/s, ${growth}, ${failures.length} failures`
}

async function runAll(chosen: readonly string[], options: ReturnType<typeof readOptions>) {
  const { inputs, seed, json } = options
  const watching = watch()
  const reports: Report[] = []
  for await (const target of wanted(chosen)) {
    const place = names.indexOf(target.name)
    watching.at(place, -1)
    const old = await runCorpus(target)
    const onInput = (index: number) => {
      watching.at(place, index)
      if (!json && index > 0 && index % PROGRESS_EVERY === 0) say(`  ${target.name}: ${index}`)
    }
    const run = await runTarget(target, { inputs, seed, onInput })
    const report = { ...run, failures: [...old, ...run.failures] }
    reports.push(report)
    for (const failure of run.failures) keep(failure)
    if (json) continue
    say(summary(report))
    for (const failure of report.failures) say(describe(failure))
  }
  watching.stop()
  return reports
}

const options = readOptions()
const exact = names.filter((name) => name === options.target)
const chosen = exact.length > 0 ? exact : names.filter((name) => name.includes(options.target))
if (options.help) say(usage)
else if (chosen.length === 0) wrongUse(`no target's name holds ${options.target}: see --list`)
else if (options.list) for (const name of chosen) say(name)
else {
  const started = performance.now()
  const reports = await runAll(chosen, options)
  const failures = reports.flatMap((report) => report.failures)
  const inputs = reports.reduce((sum, report) => sum + report.inputs, 0)
  const seconds = Math.round((performance.now() - started) / 1_000)
  const { seed } = options
  if (options.json) {
    say(JSON.stringify({ seed, inputs, seconds, targets: reports, failures }))
  } else
    say(`${chosen.length} targets, ${inputs} inputs, ${seconds} s, ${failures.length} failures`)
  process.exit(failures.length === 0 ? 0 : 1)
}
