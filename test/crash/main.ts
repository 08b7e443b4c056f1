// npm run crash: a real validator under load is killed at one fsync after another, and must come back each time.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createClient } from '../../client/client.ts'
import { networkPaths } from '../../node/testnet/layout.ts'
import { runningIn, startDetached, stopIn, untilReady } from '../../node/testnet/processes.ts'
import { dies, readVotes, startTraced } from './victim.ts'

const usage = `npm run crash -- [--points N] [--json]

  --points N  fsyncs to be killed at (default 60): the first N of a life, one life each
  --json      one object on stdout
`
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        points: { type: 'string', default: '60' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    return values
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    process.exit(2)
  }
}
const values = readOptions()
const points = Number(values.points)
if (values.help) {
  process.stdout.write(usage)
  process.exit(0)
}
if (!Number.isInteger(points) || points < 1) {
  process.stderr.write(`--points takes a whole number above 0\n\n${usage}`)
  process.exit(2)
}
if (spawnSync('strace', ['-V']).error !== undefined) {
  process.stderr.write('npm run crash needs strace (package strace)\n')
  process.exit(2)
}

const cli = join(import.meta.dirname, '../../node/cli/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'epione-crash-'))
const home = join(folder, 'net')
const names = ['authority-1', 'authority-2', 'hospital', 'insurer']
const homeOf = networkPaths(home).validator
const victim = homeOf('insurer')
/** A life that has not come to its fsync by then is ended; the load makes several fsyncs each second. */
const PATIENCE_MS = 180_000
const READY_MS = 120_000

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

async function clientFor(name: string) {
  const running = await runningIn(homeOf(name))
  return createClient({ url: running?.rpcUrl ?? 'http://127.0.0.1:1' })
}

/** Starts it plainly; true when it sees a quorum and has the same state as another one, newer than its death. */
async function comesBack(): Promise<boolean> {
  const witness = await clientFor('hospital')
  const { height } = await witness.head()
  const started = await startDetached(victim)
  try {
    await untilReady(victim, { started, timeoutMs: READY_MS })
    const again = await clientFor('insurer')
    await again.head({ minHeight: height + 1 })
    const [one, two] = await Promise.all([
      again.header(height + 1),
      witness.head({ minHeight: height + 1 }).then(() => witness.header(height + 1)),
    ])
    return one.header.stateRoot === two.header.stateRoot
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return false
  } finally {
    await stopIn(victim)
  }
}

/** Ctrl-C ends after the point at work, with a report of those before. */
let isInterrupted = false
process.once('SIGINT', () => {
  isInterrupted = true
})

async function killAtEach() {
  const failed: number[] = []
  let killed = 0
  let tried = 0
  for (let fsync = 1; fsync <= points && !isInterrupted; fsync++) {
    tried++
    const child = startTraced(victim, fsync)
    const died = await dies(child, PATIENCE_MS)
    if (died) killed++
    else {
      await stopIn(victim)
      child.kill('SIGKILL')
    }
    const isBack = await comesBack()
    if (!isBack) failed.push(fsync)
    say(`fsync ${fsync}: ${died ? 'killed' : 'not reached'}, ${isBack ? 'back' : 'NOT BACK'}`)
  }
  return { tried, killed, failed }
}

const startedMs = performance.now()
for (const verb of ['init', 'start']) {
  // Stdout is for the report.
  const stdio = ['ignore', process.stderr, process.stderr] as const
  const { status } = spawnSync(process.execPath, [cli, 'testnet', verb, '--home', home], {
    stdio: [...stdio],
  })
  if (status === 0) continue
  for (const name of names) await stopIn(homeOf(name))
  rmSync(folder, { recursive: true, force: true })
  process.exit(1)
}
const load = spawn(
  process.execPath,
  [cli, 'testnet', 'bench', '--home', home, '--rate', '5', '--seconds', '86400', '--json'],
  { stdio: 'ignore' },
)
let isGood = false
try {
  await stopIn(victim)
  const { tried, killed, failed } = await killAtEach()
  load.kill('SIGKILL')
  for (const name of names) await stopIn(homeOf(name))
  const votes = await Promise.all(names.map((name) => readVotes(homeOf(name))))
  const doubleVotes = votes.flatMap(({ doubles }) => doubles)
  const report = {
    points: tried,
    killed,
    recovered: tried - failed.length,
    failed,
    votes: votes.reduce((sum, one) => sum + one.votes, 0),
    doubleVotes,
    seconds: Math.round((performance.now() - startedMs) / 1_000),
  }
  isGood = failed.length === 0 && doubleVotes.length === 0 && killed > 0
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else process.stdout.write(`${isGood ? 'all recovered' : 'NOT GOOD'} ${JSON.stringify(report)}\n`)
} finally {
  load.kill('SIGKILL')
  for (const name of names) await stopIn(homeOf(name))
  if (isGood) rmSync(folder, { recursive: true, force: true })
  else say(`everything is in ${folder}`)
}
process.exitCode = isGood ? 0 : 1
