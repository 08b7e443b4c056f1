// CRC-32 as zlib makes it, quicker for short text and bytes, which are most of what is stored.
import { crc32 as nativeCrc32 } from 'node:zlib'

/** From here on the way to zlib and back pays. */
const LONG = 128

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

/** Of the bytes from `start` on, behind others whose checksum is `before`. */
export function crc32(bytes: Uint8Array, before = 0, start = 0): number {
  if (bytes.length - start >= LONG) return nativeCrc32(bytes.subarray(start), before)
  let crc = ~before
  for (let at = start; at < bytes.length; at++)
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0)
  return ~crc >>> 0
}

/** Of text in ASCII. */
export function crc32OfText(text: string): number {
  let crc = -1
  for (let at = 0; at < text.length; at++)
    crc = (crc >>> 8) ^ (table[(crc ^ text.charCodeAt(at)) & 255] ?? 0)
  return ~crc >>> 0
}
