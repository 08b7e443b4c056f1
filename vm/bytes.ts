// Byte strings: hexadecimal, concatenation, comparison, integers.
import type { Hex } from './types.ts'

const digits = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const highDigits = Uint8Array.from({ length: 256 }, (_, byte) => digits[byte >>> 4] ?? 0)
const lowDigits = Uint8Array.from({ length: 256 }, (_, byte) => digits[byte & 15] ?? 0)

/** The value of a digit by its character code; what is no digit has bits that no value has. */
const notDigit = 0xff
const values = new Uint8Array(128).fill(notDigit)
for (const [value, code] of digits.entries()) values[code] = value

const hexPattern = /^0x(?:[0-9a-f]{2})*$/

/** Whether `value` is lower-case hexadecimal with a 0x prefix, of `size` bytes if given. */
export function isHex(value: unknown, size?: number): value is Hex {
  if (typeof value !== 'string' || !hexPattern.test(value)) return false
  return size === undefined || value.length === 2 + 2 * size
}

/** How many bytes become text at once. */
const pieceSize = 64
/** One list of character codes, 0x in front, for each size of a piece: a list that changes its length is slow. */
const pieces = Array.from({ length: pieceSize + 1 }, (_, size) => [
  0x30,
  0x78,
  ...Array.from({ length: 2 * size }, () => 0),
])

function pieceToHex(bytes: Uint8Array, start: number, end: number): Hex {
  const codes = pieces[end - start] ?? []
  let place = 2
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0
    codes[place++] = highDigits[byte] ?? 0
    codes[place++] = lowDigits[byte] ?? 0
  }
  return String.fromCharCode.apply(undefined, codes) as Hex
}

export function toHex(bytes: Uint8Array): Hex {
  return sliceToHex(bytes, 0, bytes.length)
}

/** Of the bytes from `start` to before `end`. */
export function sliceToHex(bytes: Uint8Array, start: number, end: number): Hex {
  let text = pieceToHex(bytes, start, Math.min(end, start + pieceSize))
  for (let at = start + pieceSize; at < end; at += pieceSize)
    text += pieceToHex(bytes, at, Math.min(end, at + pieceSize)).slice(2)
  return text
}

/** One list of character codes for each size of a piece. */
const asciiPieces = Array.from({ length: pieceSize + 1 }, (_, size) =>
  Array.from({ length: size }, () => 0),
)

/** The text of the bytes from `start` to before `end`; undefined if one of them is not printable ASCII. */
export function sliceToAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = ''
  for (let from = start; from < end; from += pieceSize) {
    const codes = asciiPieces[Math.min(end - from, pieceSize)] ?? []
    for (let place = 0; place < codes.length; place++) {
      const code = bytes[from + place] ?? 0
      if (code < 0x20 || code > 0x7e) return undefined
      codes[place] = code
    }
    text += String.fromCharCode.apply(undefined, codes)
  }
  return text
}

/** Puts the bytes of lower-case `hex` into `target` at `start`; false if something in it is no digit. */
export function putHex(hex: string, target: Uint8Array, start: number): boolean {
  let seen = 0
  let at = start
  for (let place = 2; place < hex.length; place += 2) {
    const high = values[hex.charCodeAt(place)] ?? notDigit
    const low = values[hex.charCodeAt(place + 1)] ?? notDigit
    seen |= high | low
    target[at++] = (high << 4) | low
  }
  return seen < 16
}

/** The number that so many lower-case digits of `hex` spell, from a place behind the 0x on; at most eight, and all must be there. */
export function digitsOf(hex: Hex, start: number, count: number): number {
  let number = 0
  for (let at = 2 + start; at < 2 + start + count; at++)
    number = number * 16 + (values[hex.charCodeAt(at)] ?? 0)
  return number
}

/** Undefined if `text` is not lower-case hexadecimal with a 0x prefix. */
export function tryHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !text.startsWith('0x')) return undefined
  const bytes = new Uint8Array((text.length - 2) >>> 1)
  return putHex(text, bytes, 0) ? bytes : undefined
}

/** Throws a RangeError if `hex` is not of the form 0x followed by pairs of digits. */
export function fromHex(hex: Hex): Uint8Array {
  const bytes = new Uint8Array((hex.length - 2) >>> 1)
  if (hex.length % 2 === 0 && (putHex(hex, bytes, 0) || putHex(hex.toLowerCase(), bytes, 0)))
    return bytes
  throw new RangeError('not hexadecimal')
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

function putU32(value: number, target: Uint8Array, at: number): void {
  target[at] = value >>> 24
  target[at + 1] = value >>> 16
  target[at + 2] = value >>> 8
  target[at + 3] = value
}

/** Big-endian, four bytes. */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  putU32(value, bytes, 0)
  return bytes
}

/** Big-endian, eight bytes. */
export function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  putU32(Number(BigInt.asUintN(32, value >> 32n)), bytes, 0)
  putU32(Number(BigInt.asUintN(32, value)), bytes, 4)
  return bytes
}

/** Puts the bytes of printable ASCII into the beginning of `target`; throws a RangeError for anything else. */
export function putAscii(text: string, target: Uint8Array): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > 0x7e)
      throw new RangeError(`not printable ASCII: ${JSON.stringify(text)}`)
    target[i] = code
  }
}

export function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  putAscii(text, bytes)
  return bytes
}
