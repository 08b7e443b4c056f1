// npm run chaos: real validators under load and faults from a seed, or the figures of recovery.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { figureNames, measureAll } from './figures/measure.ts'
import { type ChaosOutcome, runChaos } from './run.ts'

const RATE = 300

const usage = `npm run chaos -- [--minutes M] [--seed S] [--json] [--home FOLDER]
npm run chaos -- --figures [--only NAME] [--json]

  --minutes M    how long faults come (default 3); ends within M + 4 minutes
  --seed S       everything random (default: another one each time, printed)
  --json         one object on stdout
  --home FOLDER  where the network is made (default: a temporary folder); kept only when something is wrong
  --keep         keep it in any case
  --figures      measure the figures of recovery instead
  --only NAME    one of ${figureNames.join(', ')}
`

function say(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`)
}

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${usage}`)
  process.exit(2)
}

function parse() {
  try {
    return parseArgs({
      options: {
        minutes: { type: 'string', default: '3' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
        home: { type: 'string' },
        keep: { type: 'boolean', default: false },
        figures: { type: 'boolean', default: false },
        only: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function show({ report, wrong }: ChaosOutcome, home: string, asJson: boolean): void {
  for (const line of wrong.slice(0, 20)) say(`WRONG: ${line}`)
  if (wrong.length > 20) say(`and ${wrong.length - 20} more`)
  if (wrong.length > 0) say(`everything is in ${home}`)
  if (asJson) process.stdout.write(`${JSON.stringify(report)}\n`)
  else for (const [name, value] of Object.entries(report)) say(`${name}: ${JSON.stringify(value)}`)
  if (!asJson) process.stdout.write(wrong.length === 0 ? 'nothing is wrong\n' : 'WRONG\n')
}

function uint(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) fail(`${name} takes a whole number`)
  return value
}

async function figures(plan: Parameters<typeof measureAll>[0], asJson: boolean): Promise<number> {
  const measured = await measureAll(plan)
  if (asJson) process.stdout.write(`${JSON.stringify(measured)}\n`)
  else {
    const rows = new Table({
      head: ['figure', 'target', 'measured', ''],
      style: { head: [], border: [] },
    })
    for (const { figure, target, measured: found, reached } of measured)
      rows.push([figure, target, found, reached ? 'reached' : 'NOT REACHED'])
    process.stdout.write(`${rows.toString()}\n`)
  }
  return measured.length > 0 && measured.every(({ reached }) => reached) ? 0 : 1
}

async function chaos(plan: Parameters<typeof runChaos>[0], asJson: boolean): Promise<number> {
  say(`seed ${plan.seed}, ${plan.minutes} minutes, in ${plan.home}`)
  const outcome = await runChaos(plan)
  show(outcome, plan.home, asJson)
  return outcome.wrong.length === 0 ? 0 : 1
}

const options = parse()
if (options.help) {
  process.stdout.write(usage)
  process.exit(0)
}
const { json, keep, only } = options
const minutes = Number(options.minutes)
if (!(minutes > 0)) fail('--minutes takes a number above 0')
const seed = uint('--seed', options.seed ?? `${Math.floor(Math.random() * 2 ** 31)}`)
if (only !== undefined && !figureNames.includes(only)) fail(`no figure is called ${only}`)
const home = options.home ?? realpathSync(mkdtempSync(join(tmpdir(), 'epione-chaos-')))
await mkdir(home, { recursive: true })
// It is removed with all that is in it.
if ((await readdir(home)).length > 0) fail(`${home} is not empty`)
const ending = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    if (ending.signal.aborted) {
      // After all processes, which are killed first.
      process.on('exit', () => rmSync(home, { recursive: true, force: true, maxRetries: 10 }))
      process.exit(130)
    }
    say('ending; once more ends it at once')
    ending.abort()
  })
const { signal } = ending
process.exit(
  options.figures
    ? await figures({ home, only, say, signal }, json)
    : await chaos({ home, seed, minutes, rate: RATE, keep, say, signal }, json),
)
