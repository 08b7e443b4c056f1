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

/** Where the input of short hashes is put together: hashes are many, and a new buffer costs as much as the hash. */
type Room = { readonly bytes: Uint8Array; readonly tagSize: number }

/** Longer inputs get a buffer of their own. */
const ROOM_BYTES = 1_024
const rooms = new Map<string, Room>()

/** The room of a purpose begins with its tag. */
function roomOf(purpose: string): Room {
  let room = rooms.get(purpose)
  if (room === undefined) {
    const label = asciiBytes(`epione/${purpose}/v1`)
    room = { bytes: new Uint8Array(ROOM_BYTES), tagSize: 1 + label.length }
    room.bytes[0] = label.length
    room.bytes.set(label, 1)
    rooms.set(purpose, room)
  }
  return room
}

/** Plain SHA-256, for standards that fix their own input (RFC 6962). */
export function sha256Plain(bytes: Uint8Array): Uint8Array {
  return sha256(bytes)
}

/**
 * SHA-256(length of tag, "epione/<purpose>/v1", parts). `purpose` is one of a fixed list in the code, never input.
 * The parts are joined without lengths: callers pass fixed-size parts, or one part that is itself an encoding.
 */
export function hash(purpose: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const { bytes, tagSize } = roomOf(purpose)
  let size = tagSize
  for (const part of parts) size += part.length
  if (size > ROOM_BYTES) return sha256(concat(bytes.subarray(0, tagSize), ...parts))
  let at = tagSize
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return sha256(bytes.subarray(0, size))
}

/** As `hash`, in hexadecimal. */
export function digest(purpose: string, ...parts: readonly Uint8Array[]): Digest {
  return toHex(hash(purpose, ...parts))
}
