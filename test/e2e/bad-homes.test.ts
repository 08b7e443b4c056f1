// A node that cannot start says in one line what is wrong and in another what to do, and loses nothing.
import { once } from 'node:events'
import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { homePaths } from '../../node/home.ts'
import { segmentPath } from '../../node/journal-recovery.ts'
import {
  clientOf,
  epione,
  epioneJson,
  said,
  statusOf,
  stopAfter,
  temporaryFolder,
} from '../support/epione.ts'
import { epioneHere } from '../support/epione-here.ts'

t.test('a home that is not as it must be', async (t) => {
  const folder = temporaryFolder(t)
  const [network, foreign] = [join(folder, 'net'), join(folder, 'foreign')]
  stopAfter(t, network)
  for (const home of [network, foreign]) {
    await epioneJson(t, ['testnet', 'init', '--home', home, '--validators', '1'])
  }
  await epioneJson(t, ['testnet', 'start', '--home', network])
  await epioneJson(t, ['testnet', 'bench', '--home', network, '--rate', '10', '--seconds', '1'])
  const home = join(network, 'validators', 'hospital')
  const paths = homePaths(home)
  const otherPaths = homePaths(join(foreign, 'validators', 'hospital'))

  const refusedWith = async (code: string, exit: number, flags: readonly string[] = []) => {
    const ran = await epione(['start', '--home', home, ...flags])
    const [what = '', todo = '', ...rest] = said(ran)
    t.equal(ran.code, exit, `${code} ends with ${exit}`)
    t.match(what, new RegExp(`^${code}: .`), what)
    t.match(todo, /^ {2}try: ./, todo)
    t.same(rest, [], 'and nothing else')
    t.equal(ran.out, '')
  }

  await refusedWith('HOME_LOCKED', 3)
  const [running] = await statusOf(network)
  t.ok(running?.height, 'the first process goes on')
  await epioneJson(t, ['testnet', 'stop', '--home', network])

  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  await refusedWith('PORT_BUSY', 4, ['--rpc-port', `${port}`])
  await refusedWith('PORT_BUSY', 4, ['--listen', `/ip4/127.0.0.1/tcp/${port}`])
  server.close()

  const flipped = async (path: string): Promise<Uint8Array> => {
    const bytes = await readFile(path)
    const middle = bytes.length >> 1
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    return bytes
  }
  const segment = segmentPath(paths.journal, 1)
  const cases: readonly {
    readonly why: string
    readonly path: string
    readonly content: () => Promise<Uint8Array | string>
    readonly code: string
    readonly exit: number
  }[] = [
    {
      why: 'the genesis of another network',
      path: paths.genesis,
      content: () => readFile(otherPaths.genesis),
      code: 'GENESIS_MISMATCH',
      exit: 3,
    },
    {
      why: 'a genesis that is none',
      path: paths.genesis,
      content: async () => '{"version":1}',
      code: 'GENESIS_INVALID',
      exit: 2,
    },
    {
      why: 'a damaged key file',
      path: paths.consensusKey,
      content: async () => (await readFile(paths.consensusKey, 'utf8')).slice(0, -20),
      code: 'KEY_DAMAGED',
      exit: 3,
    },
    {
      why: 'a key of another kind',
      path: paths.consensusKey,
      content: () => readFile(paths.peerKey),
      code: 'KEY_WRONG_KIND',
      exit: 3,
    },
    {
      why: "another validator's vote lock",
      path: paths.voteLock,
      content: () => readFile(otherPaths.voteLock),
      code: 'VOTE_LOCK_DAMAGED',
      exit: 3,
    },
    {
      why: 'a damaged journal',
      path: segment,
      content: () => flipped(segment),
      code: 'JOURNAL_DAMAGED',
      exit: 3,
    },
    {
      why: 'a setting that nobody knows',
      path: paths.config,
      content: async () => 'lisen = "/ip4/127.0.0.1/tcp/1"\n',
      code: 'CONFIG_UNKNOWN_KEY',
      exit: 2,
    },
    {
      why: 'a setting that does not fit',
      path: paths.config,
      content: async () => '[rpc]\nport = 70000\n',
      code: 'CONFIG_INVALID',
      exit: 2,
    },
    {
      why: 'a damaged database',
      path: join(paths.data, 'CURRENT'),
      content: () => flipped(join(paths.data, 'CURRENT')),
      code: 'STORE_DAMAGED',
      exit: 3,
    },
  ]
  // The foreign network has run once, so that it has a vote lock.
  stopAfter(t, foreign)
  await epioneJson(t, ['testnet', 'start', '--home', foreign])
  await epioneJson(t, ['testnet', 'stop', '--home', foreign])
  for (const { why, path, content, code, exit } of cases) {
    t.comment(why)
    const bad = await content()
    await rename(path, `${path}.kept`)
    await writeFile(path, bad, { mode: 0o600 })
    await refusedWith(code, exit)
    await rename(`${path}.kept`, path)
  }

  t.comment('key files that others can read, or that are gone')
  await chmod(paths.peerKey, 0o644)
  await refusedWith('KEY_TOO_OPEN', 3)
  await chmod(paths.peerKey, 0o600)
  await rename(paths.peerKey, `${paths.peerKey}.kept`)
  await refusedWith('KEY_MISSING', 3)
  await rename(`${paths.peerKey}.kept`, paths.peerKey)

  t.comment('put right it goes on where it was')
  await epioneJson(t, ['testnet', 'start', '--home', network])
  const [again] = await statusOf(network)
  t.ok((again?.height ?? 0) >= (running?.height ?? Number.NaN), 'nothing is lost')
  const client = clientOf({ rpcUrl: again?.rpcUrl ?? null })
  const { header } = await client.header(running?.height ?? 0)
  t.equal(header.stateRoot, running?.stateRoot)
})

t.test('a folder without anything', async (t) => {
  const home = join(temporaryFolder(t), 'nothing')
  for (const args of [
    ['start', '--home', home],
    ['verify', home],
    ['repair', '--home', home],
    ['config', 'show', '--home', home],
    ['testnet', 'start', '--home', home],
    ['testnet', 'status', '--home', home],
    ['keys', 'list', '--home', home],
  ]) {
    const ran = await (args[0] === 'start' ? epione(args) : epioneHere(t, args))
    t.ok([2, 3].includes(ran.code ?? 0), args.join(' '))
    t.match(said(ran).join('\n'), /^[A-Z_]+: .*\n {2}try: .*$/)
  }
})
