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
function createPairBuffer(purpose: string): { readonly bytes: Uint8Array; readonly at: number } {
  const label = asciiBytes(`epione/${purpose}/v1`)
  const bytes = new Uint8Array(1 + label.length + 64)
  bytes[0] = label.length
  bytes.set(label, 1)
  return { bytes, at: 1 + label.length }
}

const leafBuffer = createPairBuffer('state-leaf')
const nodeBuffer = createPairBuffer('state-node')

/** Of a path and the hash of the value there. */
export function leafHash(path: Uint8Array, valueHash: Uint8Array): Uint8Array {
  leafBuffer.bytes.set(path, leafBuffer.at)
  leafBuffer.bytes.set(valueHash, leafBuffer.at + 32)
  return sha256Plain(leafBuffer.bytes)
}

/** Of the two subtrees below. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeBuffer.bytes.set(left, nodeBuffer.at)
  nodeBuffer.bytes.set(right, nodeBuffer.at + 32)
  return sha256Plain(nodeBuffer.bytes)
}

/** As `nodeHash`, of two hashes that lie side by side. */
export function nodeHashOf(pair: Uint8Array): Uint8Array {
  nodeBuffer.bytes.set(pair, nodeBuffer.at)
  return sha256Plain(nodeBuffer.bytes)
}

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
