// SHA-256 with a domain tag for each purpose.
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { asciiBytes, concat, toHex } from './bytes.ts'
import type { Digest } from './types.ts'

type Sha256 = (bytes: Uint8Array) => Uint8Array
/** As `Sha256`, with the digest put into `out` from `at` on. */
type Sha256Into = (bytes: Uint8Array, out: Uint8Array, at: number) => void

/** As `Sha256`, with the digest in hexadecimal. */
type Sha256Text = (bytes: Uint8Array) => Digest

let sha256: Sha256 = nobleSha256
let sha256Into: Sha256Into = (bytes, out, at) => out.set(nobleSha256(bytes), at)
let sha256Text: Sha256Text = (bytes) => toHex(nobleSha256(bytes))

/**
 * Replaces the reference SHA-256 by a faster one; the roof calls it once, before any hash is made. The bytes that it is given
 * change when it has answered.
 */
export function useSha256(faster: {
  readonly bytes: Sha256
  readonly into: Sha256Into
  readonly text: Sha256Text
}): void {
  sha256 = faster.bytes
  sha256Into = faster.into
  sha256Text = faster.text
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
 * Puts tag and parts together in one room that begins with the tag: hashes are many, and a new buffer costs as much as the hash.
 * `size` is what the parts usually are together.
 */
function createInput(tag: Uint8Array, size: number): (parts: readonly Uint8Array[]) => Uint8Array {
  const room = new Uint8Array(tag.length + size)
  room.set(tag)
  /** The beginning of the room, by length: the inputs of one purpose have few lengths. */
  const views = new Map([[room.length, room]])
  return (parts) => {
    let end = tag.length
    for (const part of parts) end += part.length
    if (end > room.length) return concat(tag, ...parts)
    let at = tag.length
    for (const part of parts) {
      room.set(part, at)
      at += part.length
    }
    let view = views.get(end)
    if (view === undefined) {
      view = room.subarray(0, end)
      views.set(end, view)
    }
    return view
  }
}

export function createTaggedHash(tag: Uint8Array, size = ROOM_BYTES - tag.length): TaggedHash {
  const input = createInput(tag, size)
  return (...parts) => sha256(input(parts))
}

/** A tagged hash of one part whose digest goes where it belongs. */
export function createHashInto(tag: Uint8Array): Sha256Into {
  const input = createInput(tag, ROOM_BYTES - tag.length)
  return (part, out, at) => sha256Into(input([part]), out, at)
}

/** A tagged hash of 64 bytes whose input is filled word by word and whose digest goes where it belongs: for millions of nodes. */
export type PairHash = {
  readonly input: { readonly words: Uint32Array; readonly bytes: Uint8Array }
  readonly run: (out: Uint8Array, at: number) => void
}

export function createPairHash(tag: Uint8Array): PairHash {
  // The tag begins so that the pair behind it begins at a word.
  const start = (4 - (tag.length % 4)) % 4
  const room = new Uint8Array(start + tag.length + 64).subarray(start)
  room.set(tag)
  const at = start + tag.length
  const input = {
    words: new Uint32Array(room.buffer, at, 16),
    bytes: new Uint8Array(room.buffer, at, 64),
  }
  return { input, run: (out, place) => sha256Into(room, out, place) }
}

/** The tag of a purpose: its length, then "epione/<purpose>/v1". */
export function purposeTag(purpose: string): Uint8Array {
  const label = asciiBytes(`epione/${purpose}/v1`)
  return concat(new Uint8Array([label.length]), label)
}

const inputs = new Map<string, ReturnType<typeof createInput>>()

function inputOf(purpose: string, parts: readonly Uint8Array[]): Uint8Array {
  let input = inputs.get(purpose)
  if (input === undefined) {
    const tag = purposeTag(purpose)
    input = createInput(tag, ROOM_BYTES - tag.length)
    inputs.set(purpose, input)
  }
  return input(parts)
}

/**
 * SHA-256(length of tag, "epione/<purpose>/v1", parts). `purpose` is one of a fixed list in the code, never input.
 * Callers pass fixed-size parts, or one part that is itself an encoding.
 */
export function hash(purpose: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256(inputOf(purpose, parts))
}

/** As `hash`, in hexadecimal. */
export function digest(purpose: string, ...parts: readonly Uint8Array[]): Digest {
  return sha256Text(inputOf(purpose, parts))
}
