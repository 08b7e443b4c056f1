// Hashes of the state tree: paths of keys, hashes of values, leaves and inner nodes.
import { asciiBytes, putAscii } from './bytes.ts'
import { createHashInto, createTaggedHash, purposeTag } from './hash.ts'

/** The hash of a subtree without leaves; no SHA-256 preimage of it is known. */
export const EMPTY_HASH: Uint8Array = new Uint8Array(32)

/** Room for keys: an array of more than 64 bytes is costly to make. */
const room = new Uint8Array(256)
const pathInto = createHashInto(purposeTag('state-key'))

function bytesOf(key: string): Uint8Array {
  if (key.length > room.length) return asciiBytes(key)
  putAscii(key, room)
  return room.subarray(0, key.length)
}

/** Puts the path of a key: 256 steps, the first bit of the first byte nearest to the root. */
export function putPath(key: string, out: Uint8Array, at: number): void {
  pathInto(bytesOf(key), out, at)
}

export const putValueHash = createHashInto(purposeTag('state-value'))

/** Where a key stands in its application's tree. */
export function pathOf(key: string): Uint8Array {
  const path = new Uint8Array(32)
  putPath(key, path, 0)
  return path
}

export function hashValue(value: Uint8Array): Uint8Array {
  const valueHash = new Uint8Array(32)
  putValueHash(value, valueHash, 0)
  return valueHash
}

/** Of a path and the hash of the value there. */
export const leafHash: (path: Uint8Array, valueHash: Uint8Array) => Uint8Array = createTaggedHash(
  purposeTag('state-leaf'),
  64,
)

/** Of the two subtrees below, also as one piece. */
export const nodeHash = createTaggedHash(purposeTag('state-node'), 64)

/** Step `depth` of a path: 0 left, 1 right. */
export function bitAt(path: Uint8Array, depth: number): 0 | 1 {
  const byte = path[depth >> 3] ?? 0
  return ((byte >> (7 - (depth & 7))) & 1) === 1 ? 1 : 0
}

/** Four steps at once, as a node of sixteen slots takes them. */
export function nibbleAt(path: Uint8Array, level: number): number {
  const byte = path[level >> 1] ?? 0
  return level % 2 === 0 ? byte >> 4 : byte & 15
}
