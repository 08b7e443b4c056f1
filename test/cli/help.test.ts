// Every verb explains itself with examples, the examples run, and wrong use is told apart from failure.
import {
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import t, { type Test } from 'tap'
import { cardCodec } from '../../genesis/cards.ts'
import { createMember } from '../../genesis/member.ts'
import { createProgram } from '../../node/cli/program.ts'
import {
  epione,
  epioneJson,
  finish,
  spawnShell,
  stopAfter,
  temporaryFolder,
} from '../support/epione.ts'
import { enter, epioneHere, wordsOf } from '../support/epione-here.ts'

type Verb = {
  readonly path: string
  readonly command: Command
  readonly examples: readonly string[]
}

/** The help as a person sees it, with what stands after the options. */
function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part) })
  command.outputHelp()
  return text
}

/** The commands that do something; those above only lead to them. */
function verbsOf(command: Command, path = ''): readonly Verb[] {
  if (command.commands.length > 0) {
    return command.commands.flatMap((part) => verbsOf(part, `${path}${part.name()} `))
  }
  const examples = [...helpOf(command).matchAll(/^ {2}\$ (.*)$/gm)].map(([, line = '']) => line)
  return [{ path: path.trim(), command, examples }]
}

const verbs = verbsOf(await createProgram())

t.test('every verb has a description, examples of itself, and --json', async (t) => {
  t.ok(verbs.length > 50)
  for (const { path, command, examples } of verbs) {
    t.match(command.description(), /\w/, path)
    t.ok(examples.length > 0, `${path} has an example`)
    for (const example of examples) t.match(example, new RegExp(`(^| )epione ${path}( |$)`))
    t.ok(
      command.options.some(({ long }) => long === '--json'),
      `${path} has --json`,
    )
    t.ok(
      command.options.every(({ description }) => description !== ''),
      `${path} describes its options`,
    )
  }
})

/** A folder with everything that the examples speak of. */
async function sandbox(t: Test): Promise<{ readonly folder: string; readonly url: string }> {
  const folder = temporaryFolder(t)
  for (const network of ['chain', 'net']) stopAfter(t, join(folder, network))
  mkdirSync(join(folder, 'bin'))
  symlinkSync(join(import.meta.dirname, '../../bin/epione'), join(folder, 'bin', 'epione'))
  for (const [index, name] of ['lab', 'insurer'].entries()) {
    const seed = new Uint8Array(32).fill(index + 1)
    const accounts = [{ name, roles: ['admin', 'validator'] }] as const
    const plan = { name, kind: 'authority', validator: true, accounts } as const
    const { card } = createMember(plan, { seed, timeMs: 1, addresses: [] })
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(cardCodec.toJson(card)))
  }
  const network = ['testnet', 'init', '--home', 'chain', '--validators', '1']
  await epioneJson(t, network, { cwd: folder })
  const started = await epioneJson(t, ['testnet', 'start', '--home', 'chain'], { cwd: folder })
  cpSync(join(folder, 'chain', 'clients', 'account-1'), join(folder, 'alice'), { recursive: true })
  return { folder, url: started.nodes[0].rpcUrl }
}

/** Commands that take long, or never end by themselves, as small as they can be. */
function shortened(example: string): string {
  return example
    .replace(/--validators \d+/, '--validators 1')
    .replace(/--rate \d+ --seconds \d+/, '--rate 20 --seconds 1')
}

/** Run by tests of their own, and `verify` at the end, when a chain has stopped. */
const forks = ['genesis fork', 'genesis sign', 'genesis adopt']
const signers = ['signer export', 'signer import', 'signer reset'] as const
const rounds = ['tx sign', 'tx send']
const elsewhere = new Set([
  'dev',
  'start',
  'server start',
  'verify',
  'repair',
  ...forks,
  ...signers,
  ...rounds,
])
/** Example payloads and keys name nobody who exists: the ledger says so. */
const mayBeRefused = /^(tx|query|server) |^validators (admit|submit)$/

/** What only a shell can do, such as a file for what is printed; and the commands that end the process themselves. */
const needsShell = /[|<>&;$]|^[A-Z_]+=|^epione testnet bench /

t.test('the examples run as they are written', async (t) => {
  const { folder, url } = await sandbox(t)
  enter(t, folder)
  process.env['EPIONE_URL'] = url
  t.teardown(() => delete process.env['EPIONE_URL'])
  const env = { EPIONE_URL: url, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` }
  const run = (line: string) => {
    if (needsShell.test(line)) return finish(spawnShell(line, { cwd: folder, env }))
    const [, ...args] = wordsOf(line)
    return epioneHere(t, args)
  }
  const runAll = async (examples: readonly string[]) => {
    for (const example of examples) {
      const { code, out, err } = await run(shortened(example))
      t.equal(code, 0, code === 0 ? example : `${example}: ${out} ${err}`)
    }
  }
  // In this order, so that what one makes the next can use.
  for (const { path, examples } of verbs)
    if (!elsewhere.has(path) && !mayBeRefused.test(path)) await runAll(examples)
  t.equal(readFileSync(join(folder, 'genesis.json'), 'utf8').includes('"hospital"'), true)

  for (const { path, examples } of verbs) {
    if (!mayBeRefused.test(path) || elsewhere.has(path)) continue
    const [first = ''] = examples
    const { code, err } = await run(first)
    t.ok(code === 0 || code === 5, `${path}: ${first}: ${err}`)
  }
  const unknown = await epioneHere(t, ['rpc', 'no_such_method'])
  t.equal(unknown.code, 2, "the exit code is that of the node's code")
  const elsewhereHome = await epioneHere(t, ['status', '--home', 'no-such-home'])
  t.equal(elsewhereHome.code, 3, 'a home that nobody runs is no other node')

  await epioneJson(t, ['testnet', 'stop', '--home', 'chain'], { cwd: folder })
  rmSync(join(folder, 'hospital'), { recursive: true })
  renameSync(join(folder, 'chain', 'validators', 'hospital'), join(folder, 'hospital'))
  const stopped = (verb: string) => runAll(verbs.find(({ path }) => path === verb)?.examples ?? [])
  await stopped('verify')
  await stopped('repair')
  cpSync(join(folder, 'hospital'), join(folder, 'new-hospital'), { recursive: true })
  rmSync(join(folder, 'new-hospital', 'vote-lock'))
  await stopped('signer export')
  await stopped('signer import')
  rmSync(join(folder, 'hospital', 'vote-lock'))
  await stopped('signer reset')
})

t.test('wrong use ends with 2 and says what was meant', async (t) => {
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [['sttaus'], /unknown command 'sttaus'\n\(Did you mean status\?\)/],
    [['testnet', 'strat'], /Did you mean start\?/],
    [['tx', 'bank.transfre', '{}'], /Did you mean bank\.transfer\?/],
    [['status', '--hme', 'x'], /unknown option '--hme'\n\(Did you mean --home\?\)/],
    [['init', '--home', 'h', '--name', 'x'], /USAGE: .*\n {2}try: add --address/],
    [
      ['init', '--home', 'h', '--name', 'x', '--address', '127.0.0.1:9'],
      /INPUT_INVALID: --address/,
    ],
    [['init', '--name', 'x'], /required option '--home <folder>' not specified/],
    [
      ['testnet', 'init', '--validators', 'many'],
      /INPUT_INVALID: --validators: expected an integer/,
    ],
    [['testnet', 'init', '--validators', '0'], /INPUT_INVALID: --validators: expected an integer/],
    [['tx', 'bank.transfer', '{', '--key', 'x'], /INPUT_INVALID: the JSON argument: not JSON/],
    [['tx', 'bank.transfer', '{"two":1}', '--key', 'x'], /unknown key "two"/],
    [['query', 'bank.balance', '[]'], /INPUT_INVALID: the parameters must be a JSON object/],
    [['start', '--rpc-port', 'x'], /CONFIG_INVALID: rpc\.port \(from --rpc-port\)/],
    [['genesis', 'validate', 'nothing.json'], /GENESIS_INVALID: nothing\.json: cannot be read/],
    [[], /Usage: epione/],
  ]
  const cwd = temporaryFolder(t)
  enter(t, cwd)
  const ways = [
    (args: readonly string[]) => epioneHere(t, args),
    // Of each way in which a command ends one as a process: no command, a wrong option, a refusal.
    (args: readonly string[]) => epione(args, { cwd }),
  ]
  const asProcess = new Set(['', 'status', 'query'])
  for (const [args, said] of cases) {
    for (const way of asProcess.has(args[0] ?? '') ? ways : ways.slice(0, 1)) {
      const ran = await way(args)
      t.equal(ran.code, 2, args.join(' '))
      t.match(ran.err, said)
      t.notMatch(ran.err, /\n {4}at /, 'no stack trace')
      t.equal(ran.out, '')
    }
  }
})

t.test('a node that nobody runs ends with 4', async (t) => {
  enter(t, temporaryFolder(t))
  const url = ['--url', 'http://127.0.0.1:1']
  for (const args of [
    ['status', ...url],
    ['rpc', 'chain_head', ...url],
  ]) {
    const ran = await epioneHere(t, args)
    t.equal(ran.code, 4)
    t.match(ran.err, /^NODE_UNREACHABLE: .*\n {2}try: .*\n$/)
  }
  const assumed = await epione(['status'], { env: { EPIONE_URL: 'http://127.0.0.1:1' } })
  t.equal(assumed.code, 4)
  t.match(
    assumed.err,
    /\n {2}asked: http:\/\/127\.0\.0\.1:1 \(by EPIONE_URL\); --home FOLDER or --url/,
  )
})

t.test('a folder that cannot be written ends with 3', async (t) => {
  enter(t, temporaryFolder(t))
  writeFileSync('file', '')
  const listen = ['--listen', '/ip4/127.0.0.1/tcp/9001']
  const ran = await epioneHere(t, ['init', '--home', 'file/home', '--name', 'x', ...listen])
  t.equal(ran.code, 3)
  t.match(ran.err, /^HOME_INVALID: ENOTDIR.*\n {2}try: .*\n$/)
})

t.test('settings: flags over environment over file over defaults', async (t) => {
  const home = join(temporaryFolder(t), 'home')
  mkdirSync(home)
  writeFileSync(
    join(home, 'config.toml'),
    'threads = 3\n[rpc]\nport = 7001\n[limits]\nmempoolCount = 7\n',
  )
  const { settings } = await epioneJson(
    t,
    ['config', 'show', '--home', home, '--rpc-port', '7003'],
    { env: { EPIONE_RPC_PORT: '7002', EPIONE_THREADS: '2' } },
  )
  const found = (path: string) => settings.find((one: { path: string }) => one.path === path)
  t.match(found('rpc.port'), { value: 7003, source: 'flag', from: '--rpc-port' })
  t.match(found('threads'), { value: 2, source: 'environment', from: 'EPIONE_THREADS' })
  t.match(found('limits.mempoolCount'), {
    value: 7,
    source: 'file',
    from: join(home, 'config.toml'),
  })
  t.match(found('rpc.host'), { value: '127.0.0.1', source: 'default', from: 'default' })
})

t.test('openrpc describes every method once, with parameters, result and example', async (t) => {
  const document = await epioneJson(t, ['openrpc'])
  t.match(document, { openrpc: /^1\./, info: { title: String, version: String } })
  const names = document.methods.map(({ name }: { name: string }) => name)
  t.equal(new Set(names).size, names.length)
  for (const name of ['tx_submit', 'chain_head', 'bank_balance']) t.ok(names.includes(name), name)
  for (const { name, params, result, examples } of document.methods) {
    t.ok(Array.isArray(params) && result.schema !== undefined && examples.length > 0, name)
  }
})
