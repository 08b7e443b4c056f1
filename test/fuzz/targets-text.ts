// Everything that comes as text: genesis, cards, settings, key files, calls, cursors, tables, amounts.
import { ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { appList } from '../../apps/index.ts'
import { cursorCodec } from '../../client/answers.ts'
import { parseGenesis } from '../../genesis/build.ts'
import { cardCodec, formatGenesis, genesisFromCards } from '../../genesis/cards.ts'
import { createSample } from '../../genesis/sample.ts'
import { genesisCodec } from '../../genesis/schema.ts'
import { resolveConfig } from '../../node/config.ts'
import { settings } from '../../node/config-schema.ts'
import { installNativeKeyCheck } from '../../node/crypto/ed25519.ts'
import { EpioneError } from '../../node/errors.ts'
import { createKeyFile, inspectKeyFile, readKey } from '../../node/keys/key-file.ts'
import { keyKinds } from '../../node/keys/key-kind.ts'
import { after, readCursor, writeCursor } from '../../node/rpc/event-cursor.ts'
import { readMessage } from '../../node/rpc/request.ts'
import { toHex } from '../../vm/bytes.ts'
import { type Codec, CodecError, decode, encode } from '../../vm/codec.ts'
import type { Random } from '../sim/random.ts'
import { type Reading, refusedBy, type Target, textOf, utf8, valuesOf } from './target.ts'
import { tableTargets } from './targets-tables.ts'
import { drawn, refusable, type Texts } from './texts.ts'

// As every node does before it reads a genesis.
installNativeKeyCheck()

/** Small networks, for each key of a genesis is a point to be checked; one has all kinds of members. */
const samples = [0, 0, 0, 0, 1].map((more, index) =>
  createSample(
    {
      seed: new Uint8Array(32).fill(index),
      timeMs: 1_800_000_000_000,
      validators: 1 + more,
      helpers: more,
      accounts: more,
      addressesOf: (name) => [`/dns4/${name}.example/tcp/8646`],
    },
    appList,
  ),
)

const genesis: Target = {
  name: 'genesis',
  form: 'json',
  valid: drawn((random) => formatGenesis(random.pick(samples).file, appList)),
  isSlow: true,
  read: refusable([CodecError, SyntaxError], (text) => {
    const file = parseGenesis(JSON.parse(text), appList)
    const again = formatGenesis(file, appList)
    const back = genesisCodec(appList).fromJson(JSON.parse(again))
    if (formatGenesis(back, appList) !== again)
      throw new Error('another file when it is written and read again')
    return { kind: 'accepted', value: file }
  }),
}

/** JSON through a codec: what is accepted is written and read again as itself, as JSON and as CBOR. */
function readJson<T>(codec: Codec<T>): (text: string) => Reading {
  return (text) => {
    const value = codec.fromJson(JSON.parse(text))
    const again = JSON.stringify(codec.toJson(value))
    const back = JSON.stringify(codec.toJson(codec.fromJson(JSON.parse(again))))
    const stored = JSON.stringify(codec.toJson(decode(codec, encode(codec, value))))
    if (back !== again || stored !== again) throw new Error(`another value: ${stored}`)
    return { kind: 'accepted', value }
  }
}

function jsonTarget<T>(name: string, codec: Codec<T>): Target {
  return {
    name,
    form: 'json',
    valid: (seed, count) =>
      valuesOf(codec, seed, count).map((value) => ({
        bytes: utf8(JSON.stringify(codec.toJson(value))),
      })),
    read: refusable([CodecError, SyntaxError], readJson(codec)),
  }
}

/** Cards of other organizations, put together into a network. */
const cards: Target = {
  name: 'cards',
  form: 'json',
  isSlow: true,
  valid: drawn((random) => {
    const members = random.pick(samples).members
    return JSON.stringify(members.map(({ card }) => cardCodec.toJson(card)))
  }),
  read: refusable([CodecError, SyntaxError], (text) => {
    const json: unknown = JSON.parse(text)
    if (!Array.isArray(json)) throw new CodecError('no list of cards')
    const file = genesisFromCards(json.map(cardCodec.fromJson), { name: 'fuzz' }, appList)
    return { kind: 'accepted', value: file }
  }),
}

const toml: readonly ((random: Random) => object)[] = [
  () => ({}),
  (random) => ({ listen: '/ip4/0.0.0.0/tcp/8646', threads: random.below(8), rpc: { port: 1 } }),
  () => ({ peers: { clinic: ['/ip4/10.0.0.1/tcp/1'], 'a.b_c-d': ['/dns4/x/tcp/2', '/a/B'] } }),
  () => ({ log: { level: 'debug', levels: { p2p: 'trace' }, format: 'pretty' }, home: 'h' }),
  () => ({ limits: { mempoolCount: 1_000 }, rpc: { allowedHosts: ['a.example', '[::1]'] } }),
]

const config: Target = {
  name: 'config',
  form: 'bytes',
  valid: drawn((random) => stringify(random.pick(toml)(random))),
  read: refusable([EpioneError], (text) => {
    const { inForce, settings: value } = resolveConfig({ file: { path: 'config.toml', text } })
    if (inForce.length !== settings.length) throw new Error('not all settings are in force')
    return { kind: 'accepted', value }
  }),
}

/** Variables and flags: the name of a setting on the first line, its text behind it. */
const variables: Target = {
  name: 'config-variable',
  form: 'bytes',
  valid: drawn((random) => {
    const { variable, kind } = random.pick(settings)
    const texts = { text: 'info', integer: '7', switch: 'true', list: 'a,b', map: 'a=/ip4/1/b' }
    return `${variable}\n${texts[kind]}`
  }),
  read: (input) => {
    const [variable = '', ...rest] = textOf(input).split('\n')
    const text = rest.join('\n')
    const known = settings.find((setting) => setting.variable === variable)
    try {
      const { settings: value } = resolveConfig({
        environment: { [variable]: text },
        flags: known === undefined ? {} : { [known.attribute]: text },
      })
      return { kind: 'accepted', value }
    } catch (error) {
      // What is no value for a setting is refused; the draw does not look what fits which.
      if (!(error instanceof EpioneError)) throw error
      return { kind: 'accepted', value: null }
    }
  },
}

type KeyFile = { readonly path: string; readonly write: (content: Uint8Array) => void }

let keyFileHere: KeyFile | undefined

/** One file for all inputs, never cut to nothing first: file systems write such a file to the disk when it is closed. */
function openKeyFile(): KeyFile {
  const folder = mkdtempSync(join(tmpdir(), 'epione-fuzz-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'key.json')
  const file = openSync(path, 'w', 0o600)
  return {
    path,
    write: (content) => {
      writeSync(file, content, 0, content.length, 0)
      ftruncateSync(file, content.length)
    },
  }
}

/** Plain and sealed ones, made once: sealing is slow on purpose. */
const keyTexts = await (async () => {
  const texts: string[] = []
  const { readFileSync } = await import('node:fs')
  for (const kind of keyKinds) {
    for (const passphrase of [undefined, { text: 'p', scryptN: 2 }]) {
      const path = join(mkdtempSync(join(tmpdir(), 'epione-fuzz-')), 'key.json')
      await createKeyFile({ path, kind, passphrase, secret: new Uint8Array(32).fill(7) })
      texts.push(readFileSync(path, 'utf8'))
      rmSync(join(path, '..'), { recursive: true })
    }
  }
  return texts
})()

const keyFile: Target = {
  name: 'key-file',
  form: 'json',
  isSlow: true,
  valid: drawn((random) => random.pick(keyTexts)),
  read: async (input) => {
    keyFileHere ??= openKeyFile()
    const { path, write } = keyFileHere
    write(input)
    try {
      const { kind, encrypted, publicKey } = await inspectKeyFile(path)
      // The work that a file asks for is bounded by a gibibyte: too much for each of a million.
      const isHeavy = encrypted && JSON.parse(textOf(input)).crypto.n > 64
      if (isHeavy) return { kind: 'accepted', value: publicKey }
      const key = await readKey({ path, kind, passphrase: { text: 'p' } })
      if (key.publicKey !== publicKey) throw new Error('another key than the file says')
      return { kind: 'accepted', value: key }
    } catch (error) {
      const reading = refusedBy([EpioneError], error)
      // The secret of a file that is damaged is not for a log.
      const secret = toHex(new Uint8Array(32).fill(7)).slice(2, 40)
      if (reading.kind === 'refused' && reading.reason.includes(secret))
        throw new Error('quotes the secret')
      return reading
    }
  },
}

const ids = ['1', '"a"', 'null', '0', '9007199254740993', '1e400', '1.5', '"\\u0000"', '-7', '1E2']
const callTexts: readonly Texts[] = [
  (random) => `{"jsonrpc":"2.0","id":${random.pick(ids)},"method":"chain_head"}`,
  (random) => `{"jsonrpc":"2.0","method":"x","params":[${random.below(9)},{"id":1e999}]}`,
  (random) => {
    const call = `{"jsonrpc":"2.0","id":${random.pick(ids)},"method":"m","params":{"a":[]}}`
    return `[${Array.from({ length: random.pick([1, 2, 50, 51]) }, () => call).join(',')}]`
  },
]

/** An id is given back as it came: as JSON the same value, and a number that no machine holds letter by letter. */
const calls: Target = {
  name: 'rpc-message',
  form: 'json',
  valid: drawn((random) => random.pick(callTexts)(random)),
  read: refusable([EpioneError], (text) => {
    const message = readMessage(text)
    const all = message.kind === 'single' ? [message.call] : message.calls
    const asked: unknown = JSON.parse(text)
    const items = Array.isArray(asked) ? asked : [asked]
    if (items.length !== all.length) throw new Error('as many calls as items')
    for (const [place, call] of all.entries()) {
      if (call.id === undefined) continue
      const back: unknown = JSON.parse(call.id)
      const written = (items[place] as { id?: unknown } | null)?.id ?? null
      if (call.kind === 'call' && !Object.is(back, written) && `${back}` !== `${written}`)
        throw new Error(`the id ${call.id} for ${JSON.stringify(written)}`)
      const isLarge = typeof back === 'number' && !Number.isSafeInteger(back)
      if (isLarge && !text.includes(call.id)) throw new Error(`an id that was not written`)
    }
    // Parameters are what JSON makes of them, however deep: the method's codecs look at them.
    return { kind: 'accepted', value: all.map(({ id }) => id) }
  }),
}

const cursor: Target = {
  name: 'event-cursor',
  form: 'bytes',
  valid: drawn((random) => `${random.below(2 ** 31)}-${random.below(99)}`),
  read: refusable([CodecError], (text) => {
    const value = readCursor(cursorCodec.fromJson(text))
    if (!Number.isSafeInteger(value.height) || !Number.isSafeInteger(value.index))
      throw new Error(`a place that is no place: ${value.height}-${value.index}`)
    return { kind: 'accepted', value: after(value), again: utf8(writeCursor(value)) }
  }),
}

export const textTargets: readonly Target[] = [
  ...[genesis, cards, jsonTarget('card-json', cardCodec), config, variables, keyFile],
  ...[calls, cursor, ...tableTargets],
]
