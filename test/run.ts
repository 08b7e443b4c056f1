// Runs every check and every test, and ends with the line `N passed, N failed`.
import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

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

/** What takes longest, by the beginnings of paths: it starts first, so that nothing long is left alone at the end. */
const HEAVY: readonly string[] = [
  'test/e2e/dev-resume',
  'test/e2e/dev-cheat',
  'test/e2e/dev',
  'test/e2e/chaos',
  'test/e2e/testnet',
  'test/fuzz/decoders',
  'test/sim/seeds-four',
  'test/sim/seeds-one',
  'test/fuzz/stateful',
  'test/bench/bench',
  'test/sim/',
  'test/node/kill-points',
  'test/consensus/',
  'test/apps/vault/',
]

/** All test files, the heavy ones first. */
function allFiles(): readonly string[] {
  const place = (path: string): number => {
    const index = HEAVY.findIndex((beginning) => path.startsWith(beginning))
    return index === -1 ? HEAVY.length : index
  }
  const paths = globSync('test/**/*.test.ts').toSorted()
  return paths.toSorted((left, right) => place(left) - place(right))
}

const tapFiles = join(import.meta.dirname, 'support/tap-files.ts')

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

/**
 * Prints one line for a test file that passed and all it said for one that did not. A skipped or
 * to-do test is not a pass: whatever tap's last tally does not list under `pass` counts as failed.
 */
async function runTap(files: readonly string[]): Promise<Tally> {
  say('\n== tests (tap)')
  const child = spawn(process.execPath, [tapFiles, ...files], {
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const code = exitCode(child)
  let block: string[] = []
  let blockFailed = false
  let tally: Tally = { passed: 0, failed: 1 }
  for await (const line of createInterface({ input: child.stdout })) {
    const total = /^# \{ total: (\d+)(?:, pass: (\d+))?/.exec(line)
    if (total !== null) {
      const passed = Number(total[2] ?? 0)
      tally = { passed, failed: Number(total[1]) - passed }
    }
    if (/^(not )?ok \d/.test(line)) {
      blockFailed =
        line.startsWith('not ok') || block.some((text) => / # (SKIP|TODO)\b/i.test(text))
      // A test's own comments (t.comment) are for whoever reads the run, also when all is well.
      const shown = blockFailed
        ? block
        : block.filter((text) => /^ +# (?!Subtest:|time=)/.test(text))
      for (const text of shown) say(text)
      say(line)
      block = []
    } else if (blockFailed && line.startsWith('  ') && block.length === 0) {
      say(line)
    } else if (line.startsWith('# Subtest') || line.startsWith(' ') || line === '') {
      blockFailed = false
      block.push(line)
    } else if (!line.startsWith('TAP version') && !line.startsWith('# {')) {
      say(line)
    }
  }
  if ((await code) !== 0 && tally.failed === 0) return { ...tally, failed: 1 }
  return tally
}

/** Hundreds of processes load the same files: what one has compiled serves all others of this run. */
const compiled = mkdtempSync(join(tmpdir(), 'epione-compiled-'))
process.once('exit', () => rmSync(compiled, { recursive: true, force: true }))

const started = performance.now()
const tallies: Tally[] = []
for (const check of CHECKS) tallies.push(await runCheck(check))
const named = process.argv.slice(2)
tallies.push(await runTap(named.length === 0 ? allFiles() : named))

const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0)
const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0)
say(`\nin ${((performance.now() - started) / 1000).toFixed(0)} s`)
say(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
