// The records of the ledger as the store holds them: checksums against silent damage, and the codecs of their contents.

import { type Codec, CodecError, decode, encodeBriefly, type Infer } from '../../vm/codec.ts'
import { array, choice, named, struct } from '../../vm/codec-compound.ts'
import { bytes, constant, hex, text, uint } from '../../vm/codec-scalar.ts'
import { BLOCK_TRANSACTIONS_MAX, ENVELOPE_BYTES_MAX } from '../../vm/limits.ts'
import type { Root } from '../../vm/state-tree.ts'
import { createLeaf } from '../../vm/state-tree-node.ts'
import type { Digest } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { crc32, crc32OfText } from '../store/crc32.ts'

/** What is read is not what was written; the process must stop before it says or signs anything that rests on it. */
export function damaged(what: string, cause?: unknown): EpioneError {
  return new EpioneError({
    code: 'STORE_DAMAGED',
    message: `the data folder is damaged: ${what}`,
    hint: 'epione repair --home HOME sets it aside, and the next start fetches the chain from the others',
    ...(cause === undefined ? {} : { cause }),
  })
}

export const CHECKSUM_BYTES = 4

/** Of the key too, so that a value that comes back under another key is found. */
function checksum(key: string, content: Uint8Array): number {
  return crc32(content, crc32OfText(key))
}

/** The content with its checksum before it. LevelDB hands out flipped bits without a word. */
export function seal(key: string, content: Uint8Array): Uint8Array {
  const record = new Uint8Array(CHECKSUM_BYTES + content.length)
  record.set(content, CHECKSUM_BYTES)
  return sealInPlace(key, record)
}

/** Writes the checksum into the first CHECKSUM_BYTES of a record that has its content behind them. */
export function sealInPlace(key: string, record: Uint8Array): Uint8Array {
  const sum = checksum(key, record.subarray(CHECKSUM_BYTES))
  for (let at = 0; at < CHECKSUM_BYTES; at++) record[at] = sum >>> (24 - 8 * at)
  return record
}

/** Throws STORE_DAMAGED if the record is not the one that was sealed under this key. */
export function unseal(key: string, record: Uint8Array): Uint8Array {
  const content = record.subarray(CHECKSUM_BYTES)
  const view = new DataView(record.buffer, record.byteOffset, record.length)
  if (record.length < CHECKSUM_BYTES || view.getUint32(0) !== checksum(key, content))
    throw damaged(`the record ${key} fails its checksum`)
  return content
}

/** Our own bytes: a form that does not decode was damaged in a way that the checksum missed, or written by other software. */
export function decodeRecord<T>(codec: Codec<T>, key: string, content: Uint8Array): T {
  try {
    return decode(codec, content)
  } catch (error) {
    if (error instanceof CodecError) throw damaged(`the record ${key} has another form`, error)
    throw error
  }
}

const hash32 = bytes(32)

const rootCodec = choice({
  empty: [0, struct({})],
  leaf: [1, struct({ version: uint(), path: hash32, valueHash: hash32 })],
  node: [2, struct({ version: uint(), hash: hash32 })],
})

/** The newest decided block, and where the state trees begin; written with every block. */
export const headRecordCodec = named(
  'head-record',
  struct({
    /** Of the whole store's layout. */
    format: constant(1),
    height: uint(),
    id: hex<Digest>(32),
    trees: array(struct({ app: uint(255, 1), root: rootCodec }), 255),
  }),
)
export type HeadRecord = Infer<typeof headRecordCodec>
type RootRecord = HeadRecord['trees'][number]['root']

export function rootToRecord(root: Root): RootRecord {
  return root ?? { kind: 'empty' }
}

export function rootFromRecord(record: RootRecord): Root {
  if (record.kind === 'empty') return undefined
  return record.kind === 'leaf' ? createLeaf(record) : record
}

/** Receipts or events of a block, as the leaves of its tree. */
export const leavesCodec = named('leaves', array(bytes(1, 2 ** 17), 2 ** 26))

export const envelopesCodec = named(
  'envelopes',
  array(bytes(1, ENVELOPE_BYTES_MAX), BLOCK_TRANSACTIONS_MAX),
)

export const idsCodec = named('ids', array(hash32, BLOCK_TRANSACTIONS_MAX))

export const placeCodec = named('place', struct({ height: uint(), index: uint() }))

/** What this store does not begin with block 0; a store without the record has every block, and its state in the lower area. */
export const baseRecordCodec = named(
  'base-record',
  struct({
    /** Of blocks below, but block 0, there are headers at most. */
    lowest: uint(undefined, 1),
    area: choice({ lower: [0, struct({})], upper: [1, struct({})] }),
  }),
)

const staleNode = struct({
  app: uint(255, 1),
  version: uint(),
  prefix: text(64, 0, /^[0-9a-f]*$/),
  hash: hash32,
})

const staleNodes = named('stale-nodes', array(staleNode, 2 ** 26))
type StaleNodes = Infer<typeof staleNodes>

/** Tree nodes that a block replaced. They are our own and many, so they are written without a look at each field. */
export const staleCodec: Codec<StaleNodes> = {
  ...staleNodes,
  toCbor: (nodes) => nodes.map(({ app, version, prefix, hash }) => [app, version, prefix, hash]),
  write: (nodes, sink) => {
    sink.array(nodes.length)
    for (const { app, version, prefix, hash } of nodes) {
      sink.array(4)
      sink.uint(app)
      sink.uint(version)
      sink.text(prefix)
      sink.bytes(hash)
    }
  },
}

/** The entry of one encoded value. */
export function sealed<T>(
  key: string,
  codec: Codec<T>,
  value: T,
): { key: string; value: Uint8Array } {
  return { key, value: sealInPlace(key, encodeBriefly(codec, value, CHECKSUM_BYTES)) }
}
