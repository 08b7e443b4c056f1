// Every setting of a node: one schema for file, environment, flags, JSON Schema and help.
import { z } from 'zod'
import { logLevels } from './logger.ts'

/** As in genesis/schema.ts. */
const multiaddr = z
  .string()
  .max(300)
  .regex(
    /^(?:\/[a-z0-9-]+(?:\/[a-z0-9-]*[^a-z0-9/\s,;=-][^/\s,;=]*)?)+$/,
    'expected a multiaddr such as /ip4/127.0.0.1/tcp/8646',
  )
const level = z.enum(logLevels)
const port = z.int().min(0).max(65_535)
const hostName = z.string().regex(/^[a-z0-9.:[\]-]+$/i, 'expected a host name or address')

const limits = z
  .strictObject({
    mempoolCount: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(20_000)
      .describe('transactions that may wait for a block'),
    mempoolBytes: z
      .int()
      .min(1_048_576)
      .max(4_294_967_296)
      .default(67_108_864)
      .describe('bytes of the transactions that may wait'),
    rpcConnections: z.int().min(1).max(10_000).default(200).describe('open HTTP connections'),
    rpcSockets: z.int().min(1).max(10_000).default(100).describe('open WebSocket connections'),
  })
  .prefault({})

const blocks = (most: number) => z.int().min(0).max(most)

const sync = z
  .strictObject({
    snapshotEmpty: blocks(1_000_000_000)
      .default(1_000)
      .describe('blocks behind from which an empty node fetches a state instead; 0 never'),
    snapshotBehind: blocks(1_000_000_000)
      .default(100_000)
      .describe('the same for a node that has blocks; 0 never'),
    checkpoint: z
      .string()
      .regex(/^[1-9][0-9]{0,14}:0x[0-9a-f]{64}$/, 'expected HEIGHT:0xID of a block')
      .nullable()
      .default(null)
      .describe('HEIGHT:0xID of a block that is known to be of this chain'),
  })
  .prefault({})

const store = z
  .strictObject({
    keepBlocks: blocks(1_000_000_000)
      .default(0)
      .describe('newest blocks that stay whole; 0 keeps every block'),
  })
  .prefault({})

const rpc = z
  .strictObject({
    host: hostName.default('127.0.0.1').describe('address that RPC listens on'),
    port: port.default(8645).describe('port of RPC; 0 takes a free one'),
    public: z
      .boolean()
      .default(false)
      .describe('must be true for RPC to listen beyond this machine'),
    allowedHosts: z
      .array(hostName)
      .max(64)
      .default([])
      .describe('Host headers that are answered besides localhost and the address itself'),
  })
  .prefault({})

const log = z
  .strictObject({
    level: level.default('info').describe(`one of ${logLevels.join(', ')}`),
    format: z.enum(['json', 'pretty']).default('json').describe('json or pretty'),
    levels: z.record(z.string(), level).default({}).describe('levels of single modules'),
    file: z.string().min(1).nullable().default(null).describe('log file; stderr if not set'),
  })
  .prefault({})

export const settingsSchema = z.strictObject({
  home: z.string().min(1).default('.epione').describe('folder of keys, genesis and data'),
  listen: multiaddr
    .default('/ip4/127.0.0.1/tcp/8646')
    .describe('address that other validators dial'),
  peers: z
    .record(z.string().regex(/^[a-zA-Z0-9][\w.-]*$/), z.array(multiaddr).min(1).max(8))
    .default({})
    .describe('addresses of other validators by name or network key'),
  passphraseFile: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('file whose first line opens the encrypted keys'),
  threads: z
    .int()
    .min(0)
    .max(256)
    .default(0)
    .describe('threads that check signatures and proofs; 0 is one less than the cores'),
  rpc,
  log,
  limits,
  sync,
  store,
})

export type Settings = z.infer<typeof settingsSchema>

/** How the text of a flag or variable becomes a value. */
type SettingKind = 'text' | 'integer' | 'switch' | 'list' | 'map'

export type Setting = {
  /** As in the file: `rpc.port`. */
  readonly path: string
  /** As commander names it: `rpcPort`. */
  readonly attribute: string
  /** `--rpc-port`. */
  readonly flag: string
  /** `EPIONE_RPC_PORT`. */
  readonly variable: string
  readonly kind: SettingKind
  readonly description: string
}

function words(path: string): string[] {
  return path.split(/[.]|(?=[A-Z])/).map((word) => word.toLowerCase())
}

function inner(schema: z.core.$ZodType): z.core.$ZodType {
  const def = schema._zod.def as { readonly innerType?: z.core.$ZodType }
  return def.innerType === undefined ? schema : inner(def.innerType)
}

const kinds: Readonly<Record<string, SettingKind>> = {
  string: 'text',
  enum: 'text',
  number: 'integer',
  boolean: 'switch',
  array: 'list',
  record: 'map',
}

function describe(path: string, schema: z.core.$ZodType): Setting {
  const [first = '', ...rest] = words(path)
  return {
    path,
    attribute: first + rest.map((word) => word.replace(/^./, (c) => c.toUpperCase())).join(''),
    flag: `--${[first, ...rest].join('-')}`,
    variable: `EPIONE_${[first, ...rest].join('_').toUpperCase()}`,
    kind: kinds[inner(schema)._zod.def.type] ?? 'text',
    description: z.globalRegistry.get(schema)?.description ?? '',
  }
}

function collect(schema: z.ZodObject, prefix: string): Setting[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const content = inner(field)
    return content instanceof z.ZodObject ? collect(content, `${path}.`) : [describe(path, field)]
  })
}

/** All settings in the order of the schema. */
export const settings: readonly Setting[] = collect(settingsSchema, '')

/** For editors: JSON Schema of the configuration file. */
export function settingsJsonSchema(): unknown {
  return z.toJSONSchema(settingsSchema, { io: 'input' })
}
