// Byte strings: hexadecimal, concatenation, comparison, integers.
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { Hex } from './types.ts'

const hexPattern = /^0x(?:[0-9a-f]{2})*$/

/** Whether `value` is lower-case hexadecimal with a 0x prefix, of `size` bytes if given. */
export function isHex(value: unknown, size?: number): value is Hex {
  if (typeof value !== 'string' || !hexPattern.test(value)) return false
  return size === undefined || value.length === 2 + 2 * size
}

export function toHex(bytes: Uint8Array): Hex {
  return `0x${bytesToHex(bytes)}`
}

/** Throws a RangeError if `hex` is not of the form 0x followed by pairs of digits. */
export function fromHex(hex: Hex): Uint8Array {
  return hexToBytes(hex.slice(2))
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let size = 0
  for (const part of parts) size += part.length
  const joined = new Uint8Array(size)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** Lexicographic order; a prefix comes first. Not constant time: for public bytes only. */
export function compare(left: Uint8Array, right: Uint8Array): number {
  const size = Math.min(left.length, right.length)
  for (let i = 0; i < size; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** Not constant time: for public bytes only. */
export function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && compare(left, right) === 0
}

/** Big-endian, four bytes. */
export function u32(value: number): Uint8Array {
  return new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value])
}

/** Big-endian, eight bytes. */
export function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes
}

const ascii = /^[\x20-\x7e]*$/

/** The bytes of printable ASCII; throws a RangeError for anything else. */
export function asciiBytes(text: string): Uint8Array {
  if (!ascii.test(text)) throw new RangeError(`not printable ASCII: ${JSON.stringify(text)}`)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
