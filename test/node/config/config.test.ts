// Settings: who wins, where each value came from, and what is said about a wrong one.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { z } from 'zod'
import { loadConfig, resolveConfig } from '../../../node/config.ts'
import { settings, settingsJsonSchema, settingsSchema } from '../../../node/config-schema.ts'

const file = (text: string) => ({ path: 'config.toml', text })

function portOf(sources: Parameters<typeof resolveConfig>[0]) {
  const { settings: values, inForce } = resolveConfig(sources)
  const line = inForce.find(({ path }) => path === 'rpc.port')
  return [values.rpc.port, line?.value, line?.source, line?.from]
}

test('flags beat variables beat the file beat defaults, and each says so', (t) => {
  const flags = { rpcPort: '1' }
  const environment = { EPIONE_RPC_PORT: '2' }
  const toml = file('[rpc]\nport = 3')
  t.same(portOf({ flags, environment, file: toml }), [1, 1, 'flag', '--rpc-port'])
  t.same(portOf({ environment, file: toml }), [2, 2, 'environment', 'EPIONE_RPC_PORT'])
  t.same(portOf({ file: toml }), [3, 3, 'file', 'config.toml'])
  t.same(portOf({}), [8645, 8645, 'default', 'default'])
  t.same(portOf({ flags: { rpcPort: undefined }, file: toml }), [3, 3, 'file', 'config.toml'])
  t.end()
})

test('every setting can be said in all four ways, and is listed', (t) => {
  t.same(
    resolveConfig({}).inForce.map(({ path }) => path),
    settings.map(({ path }) => path),
  )
  for (const { path, description, flag, variable } of settings) {
    t.not(description, '', `${path} is described`)
    t.match(flag, /^--[a-z-]+$/, path)
    t.match(variable, /^EPIONE_[A-Z_]+$/, path)
  }
  t.equal(new Set(settings.map(({ flag }) => flag)).size, settings.length)
  const schema = z.fromJSONSchema(settingsJsonSchema() as Parameters<typeof z.fromJSONSchema>[0])
  t.ok(schema.safeParse({ rpc: { port: 1 } }).success, 'the JSON Schema takes a part')
  t.notOk(schema.safeParse({ rpc: { prot: 1 } }).success, 'and no unknown key')
  t.ok(settingsSchema.safeParse({}).success, 'everything has a default')
  t.end()
})

test('lists and maps are read from text', (t) => {
  const peers = 'a=/ip4/10.0.0.1/tcp/1,/dns4/a.example/tcp/2;b=/ip4/10.0.0.2/tcp/1'
  const expected = {
    a: ['/ip4/10.0.0.1/tcp/1', '/dns4/a.example/tcp/2'],
    b: ['/ip4/10.0.0.2/tcp/1'],
  }
  t.same(resolveConfig({ environment: { EPIONE_PEERS: peers } }).settings.peers, expected)
  t.same(resolveConfig({ flags: { peers: peers.split(';') } }).settings.peers, expected)
  const table =
    '[peers]\na = ["/ip4/10.0.0.1/tcp/1", "/dns4/a.example/tcp/2"]\nb = ["/ip4/10.0.0.2/tcp/1"]'
  t.same(resolveConfig({ file: file(table) }).settings.peers, expected)
  const environment = {
    EPIONE_RPC_ALLOWED_HOSTS: 'a.example,b.example',
    EPIONE_LOG_LEVELS: 'p2p=debug',
  }
  const { rpc, log } = resolveConfig({ environment }).settings
  t.same([rpc.allowedHosts, log.levels], [['a.example', 'b.example'], { p2p: 'debug' }])
  t.end()
})

test('what is wrong is named with its place and the way out', (t) => {
  const table: readonly {
    sources: Parameters<typeof resolveConfig>[0]
    code: string
    message: RegExp
    hint: RegExp
  }[] = [
    {
      sources: { file: file('[rpc]\nprot = 1') },
      code: 'CONFIG_UNKNOWN_KEY',
      message: /rpc\.prot in config\.toml line 2$/,
      hint: /did you mean rpc\.port/,
    },
    {
      sources: { file: file('lisen = "/ip4/1.1.1.1/tcp/1"') },
      code: 'CONFIG_UNKNOWN_KEY',
      message: /lisen/,
      hint: /did you mean listen/,
    },
    {
      sources: { environment: { EPIONE_RPC_PROT: '1' } },
      code: 'CONFIG_UNKNOWN_KEY',
      message: /EPIONE_RPC_PROT in the environment/,
      hint: /did you mean EPIONE_RPC_PORT/,
    },
    {
      sources: { file: file('rpc = 5') },
      code: 'CONFIG_UNKNOWN_KEY',
      message: /rpc in config\.toml/,
      hint: /./,
    },
    {
      sources: { file: file('[rpc\nport = 1') },
      code: 'CONFIG_INVALID',
      message: /config\.toml line 1, column \d+/,
      hint: /TOML/,
    },
    {
      sources: { flags: { rpcPort: '70000' } },
      code: 'CONFIG_INVALID',
      message:
        /^rpc\.port \(from --rpc-port\): expected a whole number from 0 to 65535, not 70000$/,
      hint: /port of RPC/,
    },
    {
      sources: { file: file('threads = 1\n\n[rpc]\nhost = "127.0.0.1"\nport = "many" # too many') },
      code: 'CONFIG_INVALID',
      message: /^rpc\.port \(from config\.toml line 5\): expected a whole number .*, not "many"$/,
      hint: /./,
    },
    {
      sources: { file: file('listen = "/ip4/1.1.1.1/tcp/1"\n[peers]\ninsurer = ["here"]') },
      code: 'CONFIG_INVALID',
      message:
        /^peers\.insurer\.0 \(from config\.toml line 2\): expected a multiaddr .*, not "here"$/,
      hint: /./,
    },
    {
      sources: { environment: { EPIONE_RPC_PUBLIC: 'yes' } },
      code: 'CONFIG_INVALID',
      message: /^rpc\.public \(from EPIONE_RPC_PUBLIC\): expected true or false, not "yes"$/,
      hint: /./,
    },
    {
      sources: { file: file('log.format = "xml"') },
      code: 'CONFIG_INVALID',
      message:
        /^log\.format \(from config\.toml line 1\): expected one of json, pretty, not "xml"$/,
      hint: /./,
    },
    {
      sources: { file: file('[log]\nfile = ""') },
      code: 'CONFIG_INVALID',
      message: /^log\.file \(from config\.toml line 2\): expected text that is not empty, not ""$/,
      hint: /./,
    },
    {
      sources: { flags: { peers: ['a b=/ip4/1.1.1.1/tcp/1'] } },
      code: 'CONFIG_INVALID',
      message: /^peers\.a b \(from --peers\): expected a name of letters, digits, dots and dashes/,
      hint: /./,
    },
    {
      sources: { flags: { peers: ['a=,'] } },
      code: 'CONFIG_INVALID',
      message: /^peers\.a\.0 \(from --peers\): expected a multiaddr/,
      hint: /./,
    },
    {
      sources: { flags: { rpcPort: 'one' } },
      code: 'CONFIG_INVALID',
      message: /rpc\.port/,
      hint: /./,
    },
    {
      sources: { environment: { EPIONE_LISTEN: 'localhost:1' } },
      code: 'CONFIG_INVALID',
      message: /multiaddr.*\/ip4/,
      hint: /./,
    },
    {
      sources: { environment: { EPIONE_LOG_LEVELS: 'p2p=loud' } },
      code: 'CONFIG_INVALID',
      message: /log\.levels\.p2p \(from EPIONE_LOG_LEVELS\)/,
      hint: /./,
    },
  ]
  for (const { sources, ...expected } of table) {
    t.throws(() => resolveConfig(sources), expected, String(expected.message))
  }
  t.end()
})

test('the file is the one that is named, else config.toml of the home folder', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'epione-config-'))
  t.teardown(() => rmSync(home, { recursive: true }))
  const flags = { home }
  t.equal(loadConfig({ flags, environment: {} }).settings.rpc.port, 8645, 'none is needed')
  writeFileSync(join(home, 'config.toml'), '[rpc]\nport = 4')
  t.equal(loadConfig({ flags, environment: {} }).settings.rpc.port, 4)
  const other = join(home, 'other.toml')
  writeFileSync(other, '[rpc]\nport = 5')
  t.equal(loadConfig({ flags, environment: { EPIONE_CONFIG: other } }).settings.rpc.port, 5)
  t.equal(loadConfig({ flags, environment: {}, configFile: other }).settings.rpc.port, 5)
  t.throws(() => loadConfig({ flags, environment: {}, configFile: `${other}.no` }), {
    code: 'CONFIG_UNREADABLE',
    message: /ENOENT/,
  })
  t.end()
})
