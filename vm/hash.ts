// SHA-256 with a domain tag for each purpose.
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { asciiBytes, concat, toHex } from './bytes.ts'
import type { Digest } from './types.ts'

let sha256: (bytes: Uint8Array) => Uint8Array = nobleSha256

/** Replaces the reference SHA-256 by a faster one; the roof calls it once, before any hash is made. */
export function useSha256(faster: (bytes: Uint8Array) => Uint8Array): void {
  sha256 = faster
}

const tags = new Map<string, Uint8Array>()

function tag(purpose: string): Uint8Array {
  let bytes = tags.get(purpose)
  if (bytes === undefined) {
    const label = asciiBytes(`epione/${purpose}/v1`)
    bytes = concat(new Uint8Array([label.length]), label)
    tags.set(purpose, bytes)
  }
  return bytes
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
  return sha256(concat(tag(purpose), ...parts))
}

/** As `hash`, in hexadecimal. */
export function digest(purpose: string, ...parts: readonly Uint8Array[]): Digest {
  return toHex(hash(purpose, ...parts))
}
