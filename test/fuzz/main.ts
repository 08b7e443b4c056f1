// `npm run fuzz`: a million inputs for each target, or as many as are asked for.
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { keep, runCorpus } from './corpus.ts'
import { type Failure, type Report, runTarget } from './run.ts'
import type { Target } from './target.ts'
import { targets } from './targets.ts'

const usage = `npm run fuzz -- [options]
  --target NAME   only targets whose names hold NAME
  --inputs N      inputs of each target (1000000)
  --seed S        another seed finds other inputs (1)
  --json          one object on the last line: { seed, inputs, seconds, targets, failures }
  --list          the names of the targets`

const HELD_UP_AFTER_MS = 60_000

/** Names the input that has no end; the thread that reads it cannot. */
function watch(): {
  readonly at: (target: number, index: number) => void
  readonly stop: () => void
} {
  const place = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(new URL('./watch.ts', import.meta.url), {
    workerData: { place, names: targets.map(({ name }) => name), limitMs: HELD_UP_AFTER_MS },
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

function readOptions() {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', default: '' },
      inputs: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [inputs, seed] = [Number(values.inputs), Number(values.seed)]
  if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError('--inputs and --seed are whole numbers')
  return { ...values, inputs, seed }
}

function heapMiB(): string {
  globalThis.gc?.()
  return `${(process.memoryUsage().heapUsed / 2 ** 20).toFixed(1)} MiB`
}

const say = (line: string) => process.stdout.write(`${line}\n`)

function describe({ target, seed, index, fault, hex }: Failure): string {
  return `  ${target}, seed ${seed}, input ${index}: ${fault}\n  ${hex}\n  kept as a file of the corpus`
}

async function runAll(chosen: readonly Target[], options: ReturnType<typeof readOptions>) {
  const { inputs, seed, json } = options
  const watching = watch()
  const reports: Report[] = []
  for (const target of chosen) {
    const place = targets.indexOf(target)
    const old = await runCorpus(target)
    const onInput = (index: number) => watching.at(place, index)
    const report = await runTarget(target, { inputs, seed, onInput })
    const failures = [...old, ...report.failures]
    reports.push({ ...report, failures })
    const rate = Math.round(report.inputs / report.seconds)
    const share = ((100 * report.accepted) / report.inputs).toFixed(0)
    if (!json)
      say(
        `${target.name}: ${report.inputs} inputs, ${share} % accepted, ${rate}/s, heap ${heapMiB()}, ${failures.length} failures`,
      )
    for (const failure of failures) {
      if (failure.index >= 0) keep(failure)
      if (!json) say(describe(failure))
    }
  }
  watching.stop()
  return reports
}

const options = readOptions()
const chosen = targets.filter(({ name }) => name.includes(options.target))
if (options.help) say(usage)
else if (options.list) for (const { name } of chosen) say(name)
else {
  const started = performance.now()
  const reports = await runAll(chosen, options)
  const failures = reports.flatMap((report) => report.failures)
  const inputs = reports.reduce((sum, report) => sum + report.inputs, 0)
  const seconds = Math.round((performance.now() - started) / 1_000)
  const { seed } = options
  if (options.json) {
    const list = reports.map(({ failures: _, ...report }) => report)
    say(JSON.stringify({ seed, inputs, seconds, targets: list, failures }))
  } else
    say(`${chosen.length} targets, ${inputs} inputs, ${seconds} s, ${failures.length} failures`)
  process.exit(failures.length === 0 && chosen.length > 0 ? 0 : 1)
}
