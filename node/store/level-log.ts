// LevelDB's log format (doc/log_format.md): the records of a write-ahead log or a manifest, each with its checksum compared.
import { concat } from '../../vm/bytes.ts'
import { maskedCrc32c } from './crc32c.ts'

const BLOCK = 32_768
const HEADER = 7
const LENGTH_BITS = Array.from({ length: 16 }, (_, bit) => 1 << bit)
/** Kinds of fragments. */
const FULL = 1
const FIRST = 2
const LAST = 4

type Fragment = { readonly kind: number; readonly content: Uint8Array; readonly end: number }

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

/**
 * The fragment at `at`; 'torn' for the unfinished end that a crash leaves; 'damaged' for bytes that were written whole and are
 * others now. LevelDB itself drops both without a word, and with them batches that were synced.
 */
function fragmentAt(file: Uint8Array, at: number): Fragment | 'torn' | 'damaged' {
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  const blockEnd = Math.min(file.length, (Math.floor(at / BLOCK) + 1) * BLOCK)
  if (at + HEADER > blockEnd) return 'torn'
  if (isZero(file.subarray(at))) return 'torn'
  const crc = view.getUint32(at, true)
  const length = view.getUint16(at + 4, true)
  const end = at + HEADER + length
  if (end > blockEnd) {
    // Of a torn fragment no checksum can match; if one does, a bit of the length is what changed.
    const isFlipped = LENGTH_BITS.some((bit) => {
      const other = at + HEADER + (length ^ bit)
      return other <= blockEnd && maskedCrc32c(file.subarray(at + 6, other)) === crc
    })
    return blockEnd === file.length && !isFlipped ? 'torn' : 'damaged'
  }
  if (maskedCrc32c(file.subarray(at + 6, end)) !== crc) return 'damaged'
  return { kind: view.getUint8(at + 6), content: file.subarray(at + HEADER, end), end }
}

/** All whole records; undefined if one is damaged. */
export function readLog(file: Uint8Array): readonly Uint8Array[] | undefined {
  const records: Uint8Array[] = []
  let parts: Uint8Array[] = []
  let at = 0
  while (at < file.length) {
    const left = BLOCK - (at % BLOCK)
    if (left < HEADER) {
      // The end of a block that no header fits in is filled with zeros.
      if (!isZero(file.subarray(at, at + left))) return undefined
      at += left
      continue
    }
    const fragment = fragmentAt(file, at)
    if (fragment === 'torn') return records
    if (fragment === 'damaged') return undefined
    const { kind, content, end } = fragment
    const isStart = kind === FULL || kind === FIRST
    if (kind < FULL || kind > LAST || isStart !== (parts.length === 0)) return undefined
    parts.push(content)
    if (kind === FULL || kind === LAST) {
      records.push(concat(...parts))
      parts = []
    }
    at = end
  }
  return records
}
