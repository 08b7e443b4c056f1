// Runs every check and every test, and ends with the line `N passed, N failed`.
import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchesOf } from './support/batches.ts'
import { type Ran, runBatches } from './support/lanes.ts'

interface Tally {
  readonly passed: number
  readonly failed: number
}

interface Check {
  readonly title: string
  readonly command: string
  readonly args: readonly string[]
}

/** Each of these counts as one test; the exit code is its verdict. */
const CHECKS: readonly Check[] = [
  { title: 'types', command: 'tsc', args: ['--noEmit'] },
  { title: 'pure floors', command: 'tsc', args: ['--noEmit', '-p', 'tsconfig.pure.json'] },
  { title: 'lint', command: 'biome', args: ['check', '--error-on-warnings', '.'] },
  { title: 'dead code', command: 'knip', args: [] },
]

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** The exit code of a child; a child that a signal ended, or that never started, has failed. */
function exitCode(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(`cannot run: ${error.message}; run \`npm ci\` and start this with \`npm test\``)
      resolve(1)
    })
    child.once('close', (code) => resolve(code ?? 1))
  })
}

async function runCheck(check: Check): Promise<Tally> {
  say(`\n== ${check.title} (${check.command} ${check.args.join(' ')})`)
  const started = performance.now()
  const code = await exitCode(
    spawn(check.command, check.args, { stdio: ['ignore', 'inherit', 'inherit'] }),
  )
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  say(`${code === 0 ? 'ok' : 'not ok'} - ${check.title}, ${seconds} s`)
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** What is said of a file that passed: a test's own comments (t.comment) are for whoever reads the run, also when all is well. */
const COMMENT = /^ +# (?!Subtest:|time=)/

/** Prints the tests that failed with all they said, and of the others what is meant for whoever reads the run. */
function sayTests(lines: readonly string[]): void {
  let block: string[] = []
  let blockFailed = false
  for (const line of lines) {
    if (/^(not )?ok \d/.test(line)) {
      blockFailed =
        line.startsWith('not ok') || block.some((text) => / # (SKIP|TODO)\b/i.test(text))
      for (const text of blockFailed ? block : block.filter((text) => COMMENT.test(text))) say(text)
      if (blockFailed) say(line)
      block = []
    } else if (blockFailed && line.startsWith('  ') && block.length === 0) {
      say(line)
    } else if (line.startsWith('# Subtest') || line.startsWith(' ') || line === '') {
      blockFailed = false
      block.push(line)
    } else if (!/^(TAP version|# \{|# time=|1\.\.)/.test(line)) {
      say(line)
    }
  }
  // What was going on when a process ended too early.
  for (const text of block) if (text !== '') say(text)
}

/**
 * Of what a process counted itself: a skipped or to-do test is not a pass, whatever the last tally does not list under
 * `pass` counts as failed, and so does a process without a tally or with another exit code than 0.
 */
function tallyOf({ lines, isWell }: Ran): Tally {
  const text = lines.findLast((line) => line.startsWith('# { total:'))
  const total = /^# \{ total: (\d+)(?:, pass: (\d+))?/.exec(text ?? '')
  if (total === null) return { passed: 0, failed: 1 }
  const passed = Number(total[2] ?? 0)
  const failed = Number(total[1]) - passed
  return isWell ? { passed, failed } : { passed, failed: Math.max(failed, 1) }
}

async function runTests(files: readonly string[]): Promise<readonly Tally[]> {
  say('\n== tests (tap)')
  const tallies: Tally[] = []
  await runBatches(batchesOf(files), (ran) => {
    const tally = tallyOf(ran)
    tallies.push(tally)
    sayTests(ran.lines)
    const verdict = tally.failed === 0 ? 'ok' : 'not ok'
    say(`${verdict} - ${ran.batch.name}, ${tally.passed} passed, ${ran.seconds.toFixed(1)} s`)
  })
  return tallies
}

/** Hundreds of processes load the same files: what one has compiled serves all others of this run. */
const compiled = mkdtempSync(join(tmpdir(), 'epione-compiled-'))
process.once('exit', () => rmSync(compiled, { recursive: true, force: true }))
process.env['NODE_COMPILE_CACHE'] = compiled

const started = performance.now()
const tallies: Tally[] = []
for (const check of CHECKS) tallies.push(await runCheck(check))
const named = process.argv.slice(2)
tallies.push(...(await runTests(named.length === 0 ? globSync('test/**/*.test.ts') : named)))

const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0)
const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0)
say(`\nin ${((performance.now() - started) / 1000).toFixed(0)} s`)
say(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
