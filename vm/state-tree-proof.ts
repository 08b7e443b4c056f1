// The form of a proof in a state tree, and the root that it leads to.
import { concat, equal } from './bytes.ts'
import type { Infer } from './codec.ts'
import { named, optional, struct } from './codec-compound.ts'
import { bytes, uint } from './codec-scalar.ts'
import type { TreeProof } from './state-tree.ts'
import { bitAt, EMPTY_HASH, hashValue, leafHash, nodeHash } from './state-tree-hash.ts'

const DEPTH_MAX = 256

export const treeProofCodec = named(
  'tree-proof',
  struct({
    /** How many subtrees lie beside the way to the key's place. */
    depth: uint(DEPTH_MAX),
    /** Which of them are not empty, the one nearest to the root in the first bit of the first byte. */
    present: bytes(0, DEPTH_MAX / 8),
    /** The hashes of those, 32 bytes each, from the root downwards. */
    siblings: bytes(0, DEPTH_MAX * 32),
    /** Of a key without a value: the leaf of another key that is alone where this one would be. */
    other: optional(struct({ path: bytes(32), valueHash: bytes(32) })),
  }),
)
export type EncodableTreeProof = Infer<typeof treeProofCodec>

/** `path` is the key's: a leaf of another path becomes the witness of absence. */
export function packTreeProof(proof: TreeProof, path: Uint8Array): EncodableTreeProof {
  const present = new Uint8Array(Math.ceil(proof.siblings.length / 8))
  const kept: Uint8Array[] = []
  proof.siblings.forEach((sibling, step) => {
    if (equal(sibling, EMPTY_HASH)) return
    present[step >> 3] = (present[step >> 3] ?? 0) | (128 >> (step & 7))
    kept.push(sibling)
  })
  const { leaf } = proof
  const other =
    leaf === undefined || equal(leaf.path, path)
      ? null
      : { path: leaf.path, valueHash: leaf.valueHash }
  return { depth: proof.siblings.length, present, siblings: concat(...kept), other }
}

/** The siblings with the empty ones filled in; undefined if the lengths do not match. */
function unpackSiblings(proof: EncodableTreeProof): Uint8Array[] | undefined {
  const { depth, present, siblings } = proof
  if (present.length !== Math.ceil(depth / 8)) return undefined
  const unpacked: Uint8Array[] = []
  let offset = 0
  for (let step = 0; step < present.length * 8; step++) {
    const isPresent = bitAt(present, step) === 1
    if (step >= depth && isPresent) return undefined
    if (step >= depth) continue
    const sibling = isPresent ? siblings.subarray(offset, offset + 32) : EMPTY_HASH
    if (isPresent && (sibling.length !== 32 || equal(sibling, EMPTY_HASH))) return undefined
    if (isPresent) offset += 32
    unpacked.push(sibling)
  }
  return offset === siblings.length ? unpacked : undefined
}

function sharesPrefix(left: Uint8Array, right: Uint8Array, depth: number): boolean {
  for (let step = 0; step < depth; step++) {
    if (bitAt(left, step) !== bitAt(right, step)) return false
  }
  return true
}

/**
 * The root of a tree in which the path has this value (undefined: none); undefined if the proof has not the form of one. What it
 * proves it proves about a certified root only: such a tree was built by `updateTree`, where a single leaf stands for its subtree.
 */
export function rootOfProof(
  proof: EncodableTreeProof,
  path: Uint8Array,
  value: Uint8Array | undefined,
): Uint8Array | undefined {
  const siblings = unpackSiblings(proof)
  if (siblings === undefined) return undefined
  const { other } = proof
  let hash = EMPTY_HASH
  if (value !== undefined) {
    if (other !== null) return undefined
    hash = leafHash(path, hashValue(value))
  } else if (other !== null) {
    if (equal(other.path, path) || !sharesPrefix(other.path, path, proof.depth)) return undefined
    hash = leafHash(other.path, other.valueHash)
  }
  for (let step = siblings.length - 1; step >= 0; step--) {
    const sibling = siblings[step] as Uint8Array
    hash = bitAt(path, step) === 0 ? nodeHash(hash, sibling) : nodeHash(sibling, hash)
  }
  return hash
}
