// npm run bench as a whole: two seconds on four validator processes, and its JSON.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { reportSchema } from '../../bench/report.ts'
import { stageNames } from '../../bench/stages.ts'
import { assert } from '../../vm/assert.ts'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'bench/main.ts')

/** Another checkout's program: the same, but it leaves a trace. */
const OTHER = `// stand-in
import { writeFileSync } from 'node:fs'
writeFileSync(new URL('../../ran/' + process.pid, import.meta.url), '')
await import(${JSON.stringify(pathToFileURL(join(root, 'node/cli/main.ts')).href)})
`

async function bench(folder: string, words: readonly string[]) {
  const child = spawn(process.execPath, [main, ...words], {
    env: { ...process.env, TMPDIR: folder },
  })
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once('exit', resolve)),
  ])
  return { stdout, stderr, code }
}

t.test('one JSON object on stdout, in which everything adds up', async (t) => {
  const folder = t.testdir({ homes: {}, other: { ran: {}, node: { cli: { 'main.ts': OTHER } } } })
  const homes = join(folder, 'homes')
  const other = join(folder, 'other')
  const words = [
    '--rates',
    '40',
    '--seconds',
    '2',
    '--warmup',
    '1',
    '--accounts',
    '10',
    '--json',
    '--against',
    other,
  ]
  const { stdout, stderr, code } = await bench(homes, words)
  t.equal(code, 0, stderr)
  t.strictSame(readdirSync(homes), [], 'its homes are gone')
  t.equal(readdirSync(join(other, 'ran')).length, 2, 'two of the four ran the other program')
  const report = reportSchema.parse(JSON.parse(stdout))
  const [run] = report.runs
  assert(run !== undefined, 'one run')
  t.match(run, { mix: 'transfer', validators: 4, entry: 'all', offered: 80, counts: true })
  t.ok(run.delivered > 0 && run.delivered <= run.offered)
  t.strictSame(run.rejected, {})
  t.equal(run.executedPerValidator, 80)
  t.ok(run.verifiedPerValidator >= 80)
  const { p50, p95 } = run.latencyMs
  t.ok((p50 ?? 0) > 0 && (p50 ?? 0) <= (p95 ?? 0))
  t.ok((run.acceptedMs.p50 ?? 0) <= (p50 ?? 0), 'accepted before it is in a block')
  t.ok((run.committedMs.p50 ?? 0) <= (p50 ?? 0), 'the first news is not after the own')
  const { stages, cpuMicrosPerTxPerValidator: cpu } = run
  const sum = stageNames.reduce((total, name) => total + (stages?.[name] ?? 0), 0)
  t.ok(Math.abs(sum / (cpu ?? 0) - 1) < 0.01, `the stages add up: ${sum} of ${cpu}`)
  const { against } = run
  assert(against !== undefined, 'both checkouts')
  const { own } = against
  t.ok(own.mainMicrosPerTx > 0 && own.mainMicrosPerTx + own.engineMicrosPerTx <= own.cpuMicrosPerTx)
  const halves = (own.cpuMicrosPerTx + against.other.cpuMicrosPerTx) / 2
  t.ok(
    Math.abs(halves / (cpu ?? 0) - 1) < 1e-9,
    'two validators of each: the mean of both is that of all',
  )
  const held = run.delivered >= 0.95 * run.offered
  t.equal(report.knee.transfer, held ? run.deliveredPerSecond : null)
})

t.test('wrong use says what is right, on stderr alone', async (t) => {
  const folder = t.testdir()
  const { stdout, stderr, code } = await bench(folder, ['--sweeep'])
  t.equal(stdout, '')
  t.match(stderr, /Usage: npm run bench/)
  t.equal(code, 2)
  const nowhere = await bench(folder, ['--against', '/nowhere'])
  t.match(nowhere, { stdout: '', stderr: /no checkout of this project/, code: 2 })
  const missing = await bench(folder, ['--compare', '/nowhere.json'])
  t.equal(missing.stdout, '')
  t.match(missing.stderr, /INPUT_INVALID: \/nowhere.json is no report/)
})
