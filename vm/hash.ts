// SHA-256 with a domain tag for each purpose.
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { asciiBytes, concat, toHex } from './bytes.ts'
import type { Digest } from './types.ts'

let sha256: (bytes: Uint8Array) => Uint8Array = nobleSha256

/**
 * Replaces the reference SHA-256 by a faster one; the roof calls it once, before any hash is made. The bytes that it is given
 * change when it has answered.
 */
export function useSha256(faster: (bytes: Uint8Array) => Uint8Array): void {
  sha256 = faster
}

/** Plain SHA-256, for standards that fix their own input (RFC 6962). */
export function sha256Plain(bytes: Uint8Array): Uint8Array {
  return sha256(bytes)
}

/** Longer inputs get a buffer of their own. */
const ROOM_BYTES = 1_024

/** SHA-256(tag, parts); the parts are joined without lengths. */
export type TaggedHash = (...parts: readonly Uint8Array[]) => Uint8Array

/**
 * The input is put together in one room that begins with the tag: hashes are many, and a new buffer costs as much as the hash.
 * `size` is what the parts usually are together: of such input no view is made either.
 */
export function createTaggedHash(tag: Uint8Array, size = ROOM_BYTES - tag.length): TaggedHash {
  const room = new Uint8Array(tag.length + size)
  room.set(tag)
  return (...parts) => {
    let end = tag.length
    for (const part of parts) end += part.length
    if (end > room.length) return sha256(concat(tag, ...parts))
    let at = tag.length
    for (const part of parts) {
      room.set(part, at)
      at += part.length
    }
    return sha256(end === room.length ? room : room.subarray(0, end))
  }
}

/** The tag of a purpose: its length, then "epione/<purpose>/v1". */
export function purposeTag(purpose: string): Uint8Array {
  const label = asciiBytes(`epione/${purpose}/v1`)
  return concat(new Uint8Array([label.length]), label)
}

const purposes = new Map<string, TaggedHash>()

/**
 * SHA-256(length of tag, "epione/<purpose>/v1", parts). `purpose` is one of a fixed list in the code, never input.
 * Callers pass fixed-size parts, or one part that is itself an encoding.
 */
export function hash(purpose: string, ...parts: readonly Uint8Array[]): Uint8Array {
  let tagged = purposes.get(purpose)
  if (tagged === undefined) {
    tagged = createTaggedHash(purposeTag(purpose))
    purposes.set(purpose, tagged)
  }
  return tagged(...parts)
}

/** As `hash`, in hexadecimal. */
export function digest(purpose: string, ...parts: readonly Uint8Array[]): Digest {
  return toHex(hash(purpose, ...parts))
}
