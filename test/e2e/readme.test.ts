// The README's chapters about own nodes and about a chain to develop on do what they say, word for word.
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runningIn } from '../../node/testnet/processes.ts'
import { finish, reach, spawnShell, stopAfter, temporaryFolder } from '../support/epione.ts'
import { freePorts } from '../support/ports.ts'

const root = join(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The blocks of one language under a heading. */
function blocksUnder(heading: string, language: string): readonly string[] {
  const chapter = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return [...chapter.matchAll(/```(\w+)\n([\s\S]*?)```/g)].flatMap(([, found, code = '']) =>
    found === language ? [code] : [],
  )
}

/** A folder that looks like a checkout to whoever follows the README in it. */
function checkout(t: Test): string {
  const folder = temporaryFolder(t)
  for (const name of [
    'bin',
    'apps',
    'client',
    'genesis',
    'vm',
    'consensus',
    'node_modules',
    'package.json',
  ]) {
    symlinkSync(join(root, name), join(folder, name))
  }
  return folder
}

function run(line: string, cwd: string) {
  return finish(spawnShell(line, { cwd, env: { PATH: process.env['PATH'] ?? '' } }))
}

t.test('your own node on your own machine', async (t) => {
  const cwd = checkout(t)
  const names = ['hospital', 'insurer', 'ministry', 'treasury']
  const ports = await freePorts(8)
  const elsewhere = (code: string): string =>
    code
      .replace(/\b900(\d)\b/g, (_, digit) => `${ports[Number(digit) - 1]}`)
      .replace(/\b910(\d)\b/g, (_, digit) => `${ports[Number(digit) + 3]}`)
  const [initialize = '', genesis = '', start = '', use = ''] = blocksUnder(
    'Your own node on your own machine',
    'sh',
  ).map(elsewhere)
  const made = await run(`set -e\n${initialize}\n${genesis}`, cwd)
  t.equal(made.code, 0, made.err)
  t.equal(new Set(made.err.match(/chain id 0x[0-9a-f]{64}/g)).size, 1, 'one chain id')

  const nodes = spawnShell(`${start}\nwait`, { cwd, env: { PATH: process.env['PATH'] ?? '' } })
  t.teardown(async () => {
    for (const name of names) {
      const running = await runningIn(join(cwd, name))
      if (running !== undefined) process.kill(running.pid, 'SIGTERM')
    }
    await finish(nodes)
  })
  for (const name of names) {
    while ((await runningIn(join(cwd, name))) === undefined) {
      if (nodes.exitCode !== null) throw new Error('a node did not start')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const [issue = '', ...questions] = use.split(/(?<=--home treasury\n)/)
  const issued = await run(issue, cwd)
  t.match(issued.out, /committed in block \d+/, issued.err)
  const insurer = await runningIn(join(cwd, 'insurer'))
  await reach({ rpcUrl: insurer?.rpcUrl ?? null }, Number(/\d+/.exec(issued.out)?.[0]))
  const [balance = '', status = ''] = questions.join('').split(/(?<=--home insurer\n)/)
  const set = use.split('\n')[0] ?? ''
  t.match((await run(`${set}\n${balance}`, cwd)).out, /"amount": "1250"/)
  t.match((await run(status, cwd)).out, /validator +ministry/)
})

t.test('a chain to develop on', async (t) => {
  const cwd = checkout(t)
  stopAfter(t, join(cwd, 'net'))
  const heading = 'A chain to develop on'
  const [start = '', use = ''] = blocksUnder(heading, 'sh')
  // The developer chain itself runs in the tests of dev.
  const lines = start.split('\n').filter((line) => !line.includes('epione dev'))
  const started = await run(`set -e\n${lines.join('\n')}`, cwd)
  t.equal(started.code, 0, started.err)

  const [program = ''] = blocksUnder(heading, 'ts')
  writeFileSync(join(cwd, 'pay.ts'), program)
  const hospital = await runningIn(join(cwd, 'net/validators/hospital'))
  const paid = await run(
    `node_modules/.bin/node --preserve-symlinks pay.ts ${hospital?.rpcUrl}`,
    cwd,
  )
  t.match(paid.out, /^proven in block \d+: paid\n$/, paid.err)

  const shorter = use.replace('--rate 100 --seconds 5', '--rate 20 --seconds 1')
  const used = await run(`set -e\n${shorter}`, cwd)
  t.equal(used.code, 0, used.err)
  t.match(used.out, /"amount": "\d+"/)
  t.match(used.out, /committed in block/)
  t.match(used.out, /good: \d+ blocks/)
})
