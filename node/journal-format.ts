// The bytes of a journal segment, and what can be read from one after a crash.
import { crc32 } from 'node:zlib'
import { assert } from '../vm/assert.ts'
import { asciiBytes, concat, equal, fromHex, u32, u64 } from '../vm/bytes.ts'
import type { Digest, Height } from '../vm/types.ts'

export type JournalRecord = { readonly height: Height; readonly bytes: Uint8Array }

/** Bytes of one record; a prepare rests on a whole block, which is half of this. */
export const RECORD_BYTES_MAX = 8 * 1024 * 1024
export const SEGMENT_HEADER_BYTES = 60

const segmentMagic = asciiBytes('epionejl')
const recordMagic = asciiBytes('epjr')
const version = 1
const recordHeaderBytes = 28

export type SegmentName = { readonly chainId: Digest; readonly index: number }

/** The checksums of a segment start with this, so that a record of another chain or segment fits nowhere. */
function seedOf({ chainId, index }: SegmentName): number {
  return crc32(concat(fromHex(chainId), u32(index)))
}

/** `previousEnd`: the size of the sealed segment before it, 0 for the first; what is missing there is then noticed. */
export function encodeSegmentHeader(name: SegmentName, previousEnd: number): Uint8Array {
  const head = concat(
    segmentMagic,
    u32(version),
    u32(name.index),
    u64(BigInt(previousEnd)),
    fromHex(name.chainId),
  )
  return concat(head, u32(crc32(head)))
}

export type SegmentHeader =
  | { readonly kind: 'good'; readonly previousEnd: number }
  | { readonly kind: 'bad' }
  | { readonly kind: 'foreign'; readonly what: string }

export function decodeSegmentHeader(bytes: Uint8Array, name: SegmentName): SegmentHeader {
  const head = bytes.subarray(0, SEGMENT_HEADER_BYTES - 4)
  const view = viewOf(bytes)
  if (bytes.length < SEGMENT_HEADER_BYTES) return { kind: 'bad' }
  if (crc32(head) !== view.getUint32(head.length)) return { kind: 'bad' }
  if (!equal(head.subarray(0, 8), segmentMagic)) return { kind: 'bad' }
  if (view.getUint32(8) !== version) {
    return { kind: 'foreign', what: `has the format ${view.getUint32(8)}, this version reads 1` }
  }
  if (view.getUint32(12) !== name.index) return { kind: 'foreign', what: 'has been renamed' }
  if (!equal(head.subarray(24), fromHex(name.chainId))) {
    return { kind: 'foreign', what: 'belongs to another chain' }
  }
  return { kind: 'good', previousEnd: Number(view.getBigUint64(16)) }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Where a record goes: at `offset`, in the group of records that one fsync makes durable and that starts at `group`. */
export type RecordPlace = { readonly offset: number; readonly group: number }

/** [magic, offset, group, length, height, CRC-32 of these and the content], then the content. */
export function encodeRecord(
  name: SegmentName,
  place: RecordPlace,
  record: JournalRecord,
): readonly [header: Uint8Array, content: Uint8Array] {
  const { length } = record.bytes
  assert(length > 0 && length <= RECORD_BYTES_MAX, 'a record has 1 to RECORD_BYTES_MAX bytes')
  const head = concat(
    recordMagic,
    u32(place.offset),
    u32(place.group),
    u32(length),
    u64(BigInt(record.height)),
  )
  const sum = crc32(record.bytes, crc32(head, seedOf(name)))
  return [concat(head, u32(sum)), record.bytes]
}

type Found = { readonly record: JournalRecord; readonly group: number; readonly end: number }

/** The record that stands exactly at `offset`; undefined if there is none that is whole. */
function decodeRecord(bytes: Uint8Array, offset: number, seed: number): Found | undefined {
  if (offset + recordHeaderBytes > bytes.length) return undefined
  const head = bytes.subarray(offset, offset + recordHeaderBytes - 4)
  const view = viewOf(bytes)
  if (!equal(head.subarray(0, 4), recordMagic) || view.getUint32(offset + 4) !== offset) {
    return undefined
  }
  const length = view.getUint32(offset + 12)
  const end = offset + recordHeaderBytes + length
  if (length === 0 || length > RECORD_BYTES_MAX || end > bytes.length) return undefined
  const content = bytes.subarray(offset + recordHeaderBytes, end)
  if (crc32(content, crc32(head, seed)) !== view.getUint32(offset + 24)) return undefined
  const height = Number(view.getBigUint64(offset + 16))
  return { record: { height, bytes: content }, group: view.getUint32(offset + 8), end }
}

/**
 * Whether a whole record after `offset` was appended later than what stood at `offset`. Appends follow one another only after an
 * fsync, so then the bytes at `offset` had been durable and are damaged, not torn.
 */
export function hasLaterGroup(bytes: Uint8Array, offset: number, name: SegmentName): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const seed = seedOf(name)
  for (let at = offset; ; at++) {
    at = buffer.indexOf(recordMagic, at)
    if (at < 0) return false
    const found = decodeRecord(bytes, at, seed)
    if (found !== undefined && found.group > offset) return true
  }
}

export type SegmentContent = {
  readonly records: readonly JournalRecord[]
  /** Where the last whole record ends. */
  readonly end: number
}

/** The records from the segment's start up to the first that is not whole. */
export function readRecords(bytes: Uint8Array, name: SegmentName): SegmentContent {
  const seed = seedOf(name)
  const records: JournalRecord[] = []
  let group = 0
  let end = SEGMENT_HEADER_BYTES
  for (;;) {
    const found = decodeRecord(bytes, end, seed)
    if (found === undefined || (found.group !== end && found.group !== group)) break
    records.push(found.record)
    group = found.group
    end = found.end
  }
  return { records, end }
}
