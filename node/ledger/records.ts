// The records of the ledger as the store holds them: checksums against silent damage, and the codecs of their contents.

import { type Codec, CodecError, decode, encodeBriefly, type Infer } from '../../vm/codec.ts'
import { array, choice, named, struct } from '../../vm/codec-compound.ts'
import { bytes, hex, uint, view } from '../../vm/codec-scalar.ts'
import { BLOCK_TRANSACTIONS_MAX, ENVELOPE_BYTES_MAX } from '../../vm/limits.ts'
import type { Digest } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { crc32, crc32OfText } from '../store/crc32.ts'
import { headKey } from '../store/keys.ts'

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

/** Of what is behind it, and of the key too, so that a value that comes back under another key is found. */
function checksum(key: string, record: Uint8Array): number {
  return crc32(record, crc32OfText(key), CHECKSUM_BYTES)
}

/** The content with its checksum before it. LevelDB hands out flipped bits without a word. */
export function seal(key: string, content: Uint8Array): Uint8Array {
  const record = new Uint8Array(CHECKSUM_BYTES + content.length)
  record.set(content, CHECKSUM_BYTES)
  return sealInPlace(key, record)
}

/** Writes the checksum into the first CHECKSUM_BYTES of a record that has its content behind them. */
export function sealInPlace(key: string, record: Uint8Array): Uint8Array {
  const sum = checksum(key, record)
  for (let at = 0; at < CHECKSUM_BYTES; at++) record[at] = sum >>> (24 - 8 * at)
  return record
}

/** Throws STORE_DAMAGED if the record is not the one that was sealed under this key. */
export function unseal(key: string, record: Uint8Array): Uint8Array {
  if (!isSealed(key, record)) throw damaged(`the record ${key} fails its checksum`)
  return record.subarray(CHECKSUM_BYTES)
}

/** Whether the record is the one that was sealed under this key. */
export function isSealed(key: string, record: Uint8Array): boolean {
  if (record.length < CHECKSUM_BYTES) return false
  const view = new DataView(record.buffer, record.byteOffset, record.length)
  return view.getUint32(0) === checksum(key, record)
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

/**
 * The format of what is stored under `head` and all other keys. Format 1 had the nodes of the state trees beside the values. Format 2
 * had each event a second time, in the mark of its recipient, which is read no more: such a folder is used as it is.
 */
export const STORE_FORMAT = 3
const OLDEST_READ = 2

/** The newest decided block, and the roots of the state trees; written with every block. */
export const headRecordCodec = named(
  'head-record',
  struct({
    format: uint(STORE_FORMAT, OLDEST_READ),
    height: uint(),
    id: hex<Digest>(32),
    trees: array(struct({ app: uint(255, 1), root: hash32 }), 255),
  }),
)
type HeadRecord = Infer<typeof headRecordCodec>

/** Undefined if it is no head at all. */
export function formatOf(head: Uint8Array): number | undefined {
  // An array of four, then its first number.
  return head[0] === 0x84 ? head[1] : undefined
}

/** Throws STORE_FORMAT for a folder of other software, STORE_DAMAGED for a record that is not one. */
export function readHeadRecord(record: Uint8Array): HeadRecord {
  const content = unseal(headKey, record)
  const format = formatOf(content)
  const isKnown = format !== undefined && format >= OLDEST_READ && format <= STORE_FORMAT
  if (format !== undefined && !isKnown && format < 24)
    throw new EpioneError({
      code: 'STORE_FORMAT',
      message: `the data folder has format ${format}, this software reads ${STORE_FORMAT}`,
      hint: 'start the node once, which converts older folders; for a newer one take the software that wrote it',
    })
  return decodeRecord(headRecordCodec, headKey, content)
}

/** Receipts or events of a block, as the leaves of its tree. */
export const leavesCodec = named('leaves', array(view(1, 2 ** 17), 2 ** 26))

export const envelopesCodec = named(
  'envelopes',
  array(view(1, ENVELOPE_BYTES_MAX), BLOCK_TRANSACTIONS_MAX),
)

export const idsCodec = named('ids', array(hex<Digest>(32), BLOCK_TRANSACTIONS_MAX))

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

/** The entry of one encoded value. */
export function sealed<T>(
  key: string,
  codec: Codec<T>,
  value: T,
): { key: string; value: Uint8Array } {
  return { key, value: sealInPlace(key, encodeBriefly(codec, value, CHECKSUM_BYTES)) }
}
