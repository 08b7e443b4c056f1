// State values as the store holds them: behind a checksum and the height that wrote them.
import type { Height } from '../../vm/types.ts'
import { CHECKSUM_BYTES, isSealed, sealInPlace } from './records.ts'

const HEIGHT_BYTES = 6
const HEAD_BYTES = CHECKSUM_BYTES + HEIGHT_BYTES

/** The record of a value under its name in the store. */
export function sealValue(name: string, value: Uint8Array, height: Height): Uint8Array {
  const record = new Uint8Array(HEAD_BYTES + value.length)
  let rest = height
  for (let at = HEAD_BYTES - 1; at >= CHECKSUM_BYTES; at--) {
    record[at] = rest % 256
    rest = Math.floor(rest / 256)
  }
  record.set(value, HEAD_BYTES)
  return sealInPlace(name, record)
}

/** What is read is compared with the hash that the tree has of it, so the checksum is left to audits. */
export function contentOf(record: Uint8Array): Uint8Array {
  return record.subarray(HEAD_BYTES)
}

export function heightOf(record: Uint8Array): Height {
  let height = 0
  for (let at = CHECKSUM_BYTES; at < HEAD_BYTES; at++) height = height * 256 + (record[at] ?? 0)
  return height
}

/** Whether the record is the one that was made under this name. */
export function isWholeValue(name: string, record: Uint8Array): boolean {
  return record.length >= HEAD_BYTES && isSealed(name, record)
}

/** A record with one flipped bit as it was before; undefined if that is not what happened to it. */
export function wholeValue(name: string, record: Uint8Array): Uint8Array | undefined {
  const repaired = Uint8Array.from(record)
  // Only the height is asked for: a bit of the value need not be found.
  for (let bit = 0; bit < 8 * Math.min(HEAD_BYTES, record.length); bit++) {
    const [at, mask] = [bit >> 3, 128 >> (bit & 7)]
    repaired[at] = (repaired[at] ?? 0) ^ mask
    if (isWholeValue(name, repaired)) return repaired
    repaired[at] = (repaired[at] ?? 0) ^ mask
  }
  return undefined
}
