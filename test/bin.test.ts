// The launcher: finds its Node from anywhere, passes all on, and says in one line what is missing.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startEnvironment, startFlags } from '../node/collector.ts'

const ROOT = join(import.meta.dirname, '..')
const PINNED =
  /"node": "(\d[\d.]*)"/.exec(readFileSync(join(ROOT, 'package.json'), 'utf8'))?.[1] ?? ''

/** Stands in for the command line: it shows what it was given, and waits for a signal if told to. */
const MAIN = `// probe
process.on('SIGTERM', () => process.exit(7))
const [word, ...rest] = process.argv.slice(2)
const { execArgv, env, version, pid } = process
console.log(JSON.stringify({ word, rest, cwd: process.cwd(), execArgv, env, version, pid }))
if (word === 'wait') setInterval(() => {}, 1000)
if (word === 'exit') process.exitCode = Number(rest[0])
if (word === 'read') process.stdin.pipe(process.stdout)
`

interface Ran {
  readonly code: number | null
  readonly signal: string | null
  readonly out: string
  readonly err: string
}

interface Options {
  readonly cwd?: string
  readonly path?: string
  readonly stdin?: string
}

function start(file: string, args: readonly string[], options: Options = {}): ChildProcess {
  const child = spawn(file, args, {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH: options.path ?? '/usr/bin:/bin' },
    stdio: 'pipe',
  })
  // Not even an empty text, which nobody reads from a launcher that has ended by now.
  if (options.stdin === undefined) child.stdin?.end()
  else child.stdin?.end(options.stdin)
  return child
}

async function finish(child: ChildProcess): Promise<Ran> {
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk) => (out += chunk))
  child.stderr?.on('data', (chunk) => (err += chunk))
  const [code, signal] = await once(child, 'close')
  return { code, signal, out, err }
}

function run(file: string, args: readonly string[], options: Options = {}): Promise<Ran> {
  return finish(start(file, args, options))
}

/** A copy of what the launcher looks at; `node_modules` is this checkout's own unless told otherwise. */
function copyTree(t: Test, { installed }: { readonly installed: boolean }): string {
  const root = realpathSync(t.testdir({ node: { cli: { 'main.ts': MAIN } }, bin: {} }))
  for (const file of ['package.json', 'bin/epione']) cpSync(join(ROOT, file), join(root, file))
  if (installed) symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  return root
}

/** A program called `node` that says it has the given version and, asked to run, prints its arguments. */
function fakeNode(folder: string, version: string): void {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'node')
  writeFileSync(file, `#!/bin/sh\n[ "$1" = --version ] && echo ${version} || echo "ran $*"\n`)
  chmodSync(file, 0o755)
}

t.test('runs on the pinned Node from any folder and through links', async (t) => {
  const root = copyTree(t, { installed: true })
  const elsewhere = realpathSync(t.testdirName)
  mkdirSync(join(elsewhere, 'a/b'), { recursive: true })
  symlinkSync('../../bin/epione', join(elsewhere, 'a/b/first'))
  symlinkSync('b/first', join(elsewhere, 'a/second'))
  symlinkSync(join(elsewhere, 'a/second'), join(elsewhere, 'third'))
  symlinkSync(root, join(elsewhere, 'folder'))

  const old = join(elsewhere, 'old')
  fakeNode(old, 'v20.20.2')
  for (const file of ['bin/epione', 'a/b/first', 'a/second', 'third', 'folder/bin/epione']) {
    const ran = await run(join(root, file), ['show', 'two words', '$x', ''], {
      cwd: join(elsewhere, 'a'),
      path: `${old}:/usr/bin:/bin`,
    })
    t.equal(ran.err, '', file)
    t.match(JSON.parse(ran.out), {
      word: 'show',
      rest: ['two words', '$x', ''],
      cwd: join(elsewhere, 'a'),
      execArgv: startFlags,
      env: startEnvironment,
      version: `v${PINNED}`,
    })
  }
})

t.test('passes exit code, standard input and signals on', async (t) => {
  const epione = join(copyTree(t, { installed: true }), 'bin/epione')
  t.equal((await run(epione, ['exit', '3'])).code, 3)
  t.match(await run(epione, ['read'], { stdin: 'given' }), { code: 0, out: /given$/ })

  const caught = start(epione, ['wait'])
  const [line] = await once(caught.stdout ?? t, 'data')
  t.equal(JSON.parse(String(line)).pid, caught.pid, 'it is the same process')
  caught.kill('SIGTERM')
  t.match(await finish(caught), { code: 7, signal: null })

  const killed = start(epione, ['wait'])
  await once(killed.stdout ?? t, 'data')
  killed.kill('SIGINT')
  t.match(await finish(killed), { code: null, signal: 'SIGINT' })
})

t.test('before npm ci it says in one line what to do', async (t) => {
  const root = copyTree(t, { installed: false })
  const ran = await run(join(root, 'bin/epione'), ['dev'])
  t.equal(ran.code, 1)
  t.equal(ran.out, '')
  t.equal(ran.err, `epione: not installed yet: run \`npm ci\` in ${root}\n`)
})

t.test('refuses a pinned Node of another version', async (t) => {
  const root = copyTree(t, { installed: false })
  fakeNode(join(root, 'node_modules/node/bin'), 'v24.1.0')
  const ran = await run(join(root, 'bin/epione'), ['dev'])
  t.equal(ran.code, 1)
  t.match(
    ran.err,
    new RegExp(`^epione: .* is Node 24\\.1\\.0, but ${PINNED} is expected: run .*\n$`),
  )
})

t.test('without the pinned Node takes the one in PATH if it is new enough', async (t) => {
  const root = copyTree(t, { installed: false })
  mkdirSync(join(root, 'node_modules'))
  const folder = join(root, 'path')
  const ask = (version: string): Promise<Ran> => {
    fakeNode(folder, version)
    return run(join(root, 'bin/epione'), ['dev'], { path: `${folder}:/usr/bin:/bin` })
  }
  for (const version of ['v24.20.0', 'v24.100.0', 'v26.0.0']) {
    t.match(
      await ask(version),
      { code: 0, out: `ran ${startFlags.join(' ')} ${root}/node/cli/main.ts dev\n` },
      version,
    )
  }
  for (const version of ['v20.20.2', 'v24.19.9', 'v9.99.0', 'nonsense']) {
    const line = new RegExp(`^epione: no Node ${PINNED} in .*, or put Node >= 24\\.20 in PATH\n$`)
    t.match(await ask(version), { code: 1, out: '', err: line }, version)
  }
})

t.test('as a dependency it uses the Node that was hoisted beside it', async (t) => {
  const top = realpathSync(t.testdir())
  const root = join(top, 'node_modules/epione')
  mkdirSync(join(root, 'bin'), { recursive: true })
  for (const file of ['package.json', 'bin/epione']) cpSync(join(ROOT, file), join(root, file))
  fakeNode(join(top, 'node_modules/node/bin'), `v${PINNED}`)
  const ran = await run(join(root, 'bin/epione'), ['x'])
  t.match(ran, { code: 0, out: `ran ${startFlags.join(' ')} ${root}/node/cli/main.ts x\n` })
})
