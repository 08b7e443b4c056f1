// Hashes of the state tree: paths of keys, hashes of values, leaves and inner nodes.
import { asciiBytes } from './bytes.ts'
import { hash, sha256Plain } from './hash.ts'

/** The hash of a subtree without leaves; no SHA-256 preimage of it is known. */
export const EMPTY_HASH: Uint8Array = new Uint8Array(32)

/** Where a key stands in its application's tree: 256 steps, the first bit of the first byte nearest to the root. */
export function pathOf(key: string): Uint8Array {
  return hash('state-key', asciiBytes(key))
}

export function hashValue(value: Uint8Array): Uint8Array {
  return hash('state-value', value)
}

// The two hashes that are made a dozen times per changed key fill one buffer each instead of joining parts; the result is that
// of `hash` with the same purpose and parts.
function pairHasher(purpose: string): (first: Uint8Array, second: Uint8Array) => Uint8Array {
  const label = asciiBytes(`epione/${purpose}/v1`)
  const buffer = new Uint8Array(1 + label.length + 64)
  buffer[0] = label.length
  buffer.set(label, 1)
  return (first, second) => {
    buffer.set(first, 1 + label.length)
    buffer.set(second, 33 + label.length)
    return sha256Plain(buffer)
  }
}

/** Of a path and the hash of the value there. */
export const leafHash: (path: Uint8Array, valueHash: Uint8Array) => Uint8Array =
  pairHasher('state-leaf')

/** Of the two subtrees below. */
export const nodeHash: (left: Uint8Array, right: Uint8Array) => Uint8Array =
  pairHasher('state-node')

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
