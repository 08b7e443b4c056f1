// A piece of a state tree as nodes send it to each other: sixteen slots, the four binary levels above them, and its bytes.
import { equal } from './bytes.ts'
import { cutRoom } from './room.ts'
import { subtreeAt } from './state-tree.ts'
import { leafHash, nodeHash } from './state-tree-hash.ts'
import { isLeaf, NOTHING as NO_REF, type Pool, type Ref } from './state-tree-pool.ts'
import type { Height } from './types.ts'

/** One key and the hash of its value; it stands as high as it is alone. */
type LeafLink = {
  readonly kind: 'leaf'
  /** The height whose state this is, or an older one. */
  readonly version: Height
  readonly path: Uint8Array
  readonly valueHash: Uint8Array
  readonly hash: Uint8Array
}

/** A node with at least two leaves below it. */
type NodeLink = {
  readonly kind: 'node'
  readonly version: Height
  readonly hash: Uint8Array
}

export type Child = LeafLink | NodeLink

export const SLOTS = 16

/** What stands at a place of a node; the numbers are bytes of `TreeNode`. */
const NOTHING = 0
const LEAF = 1
const MORE = 2

// A node is one array of bytes: for each place its kind, then for each place its
// hash, then for each slot the leaf's path and value hash, then for each slot the version.
const PLACES = 2 * SLOTS
const HASHES = PLACES
const LEAVES = HASHES + 32 * PLACES
const VERSIONS = LEAVES + 64 * SLOTS
const VERSION_BYTES = 6
const NODE_BYTES = VERSIONS + VERSION_BYTES * SLOTS

/**
 * Sixteen slots and the subtrees above them; never changed after it was made. Its places are numbered as a heap: 1 is the whole
 * node, 2i and 2i + 1 are the halves of i, the slots are 16 to 31.
 */
export type TreeNode = Uint8Array & { readonly flavor?: 'TreeNode' }

export function createLeaf(leaf: {
  readonly version: Height
  readonly path: Uint8Array
  readonly valueHash: Uint8Array
}): LeafLink {
  const { version, path, valueHash } = leaf
  return { kind: 'leaf', version, path, valueHash, hash: leafHash(path, valueHash) }
}

/** The hash of what stands at a place. */
export function hashAt(node: TreeNode, place: number): Uint8Array {
  return node.subarray(HASHES + 32 * place, HASHES + 32 * (place + 1))
}

/** Whether a place has at least two leaves below it, so that the way to a key goes on there. */
function isFork(node: TreeNode, place: number): boolean {
  return node[place] === MORE
}

export function childAt(node: TreeNode, slot: number): Child | undefined {
  const kind = node[SLOTS + slot]
  if (kind === NOTHING) return undefined
  const version = readVersion(node, VERSIONS + VERSION_BYTES * slot)
  const hash = hashAt(node, SLOTS + slot)
  if (kind === MORE) return { kind: 'node', version, hash }
  const at = LEAVES + 64 * slot
  const [path, valueHash] = [node.subarray(at, at + 32), node.subarray(at + 32, at + 64)]
  return { kind: 'leaf', version, path, valueHash, hash }
}

function readVersion(bytes: Uint8Array, at: number): Height {
  let version = 0
  for (let i = 0; i < VERSION_BYTES; i++) version = version * 256 + (bytes[at + i] ?? 0)
  return version
}

function writeVersion(bytes: Uint8Array, at: number, version: Height): void {
  let rest = version
  for (let i = VERSION_BYTES - 1; i >= 0; i--) {
    bytes[at + i] = rest % 256
    rest = Math.floor(rest / 256)
  }
}

function setChild(node: Uint8Array, slot: number, child: Child | undefined): void {
  const place = SLOTS + slot
  const at = HASHES + 32 * place
  if (child === undefined) {
    node[place] = NOTHING
    node.fill(0, at, at + 32)
    return
  }
  node[place] = child.kind === 'leaf' ? LEAF : MORE
  node.set(child.hash, at)
  writeVersion(node, VERSIONS + VERSION_BYTES * slot, child.version)
  if (child.kind === 'leaf') {
    node.set(child.path, LEAVES + 64 * slot)
    node.set(child.valueHash, LEAVES + 64 * slot + 32)
  }
}

/** Makes the subtrees above the slots. A leaf that is alone rises: this is what keeps the tree compact. */
function rehash(node: Uint8Array): void {
  for (let place = SLOTS - 1; place >= 1; place--) {
    const [left, right] = [node[2 * place] ?? 0, node[2 * place + 1] ?? 0]
    const at = HASHES + 32 * place
    const below = HASHES + 64 * place
    const isSingle = left + right <= LEAF
    node[place] = isSingle ? left + right : MORE
    if (!isSingle) node.set(nodeHash(node.subarray(below, below + 64)), at)
    else if (right === LEAF) node.copyWithin(at, below + 32, below + 64)
    else node.copyWithin(at, below, below + 32)
  }
}

export function createNode(children: readonly (Child | undefined)[]): TreeNode {
  const node = cutRoom(NODE_BYTES)
  for (let slot = 0; slot < SLOTS; slot++) setChild(node, slot, children[slot])
  rehash(node)
  return node
}

function childOf(pool: Pool, ref: Ref, version: Height): Child | undefined {
  if (ref === NO_REF) return undefined
  if (isLeaf(ref)) return createLeaf({ ...pool.leaf(ref), version })
  return { kind: 'node', version, hash: pool.hash(ref) }
}

/** The piece of a tree below a prefix, where there are at least two leaves. */
export function nodeAt(
  { pool, root }: { readonly pool: Pool; readonly root: Ref },
  prefix: string,
  version: Height,
): TreeNode {
  return createNode(
    Array.from({ length: SLOTS }, (_, slot) =>
      childOf(pool, subtreeAt(pool, root, prefix + slot.toString(16)), version),
    ),
  )
}

const HEAD_BYTES = 4
const LINK_BYTES = VERSION_BYTES + 32
const LEAF_BYTES = VERSION_BYTES + 64

/**
 * Layout, integers big-endian: two bytes with a bit for each slot in use (slot 0 lowest), two with a bit for each leaf among
 * them, then for each slot in use the version (6 bytes) and the node's hash (32) or the leaf's path and value hash (64).
 */
export function encodeNode(node: TreeNode): Uint8Array {
  let size = HEAD_BYTES
  let used = 0
  let leaves = 0
  for (let slot = 0; slot < SLOTS; slot++) {
    const kind = node[SLOTS + slot]
    if (kind === NOTHING) continue
    used |= 1 << slot
    if (kind === LEAF) leaves |= 1 << slot
    size += kind === LEAF ? LEAF_BYTES : LINK_BYTES
  }
  const bytes = cutRoom(size)
  bytes[0] = used >> 8
  bytes[1] = used & 255
  bytes[2] = leaves >> 8
  bytes[3] = leaves & 255
  let offset = HEAD_BYTES
  for (let slot = 0; slot < SLOTS; slot++) {
    const kind = node[SLOTS + slot]
    if (kind === NOTHING) continue
    const version = VERSIONS + VERSION_BYTES * slot
    const from = kind === LEAF ? LEAVES + 64 * slot : HASHES + 32 * (SLOTS + slot)
    const length = kind === LEAF ? 64 : 32
    bytes.set(node.subarray(version, version + VERSION_BYTES), offset)
    bytes.set(node.subarray(from, from + length), offset + VERSION_BYTES)
    offset += VERSION_BYTES + length
  }
  return bytes
}

function readChild(bytes: Uint8Array, offset: number, kind: Child['kind']): Child {
  const version = readVersion(bytes, offset)
  const first = bytes.subarray(offset + VERSION_BYTES, offset + LINK_BYTES)
  if (kind === 'node') return { kind, version, hash: first }
  const valueHash = bytes.subarray(offset + LINK_BYTES, offset + LEAF_BYTES)
  return createLeaf({ version, path: first, valueHash })
}

/** The node with this hash; undefined if the bytes are of another form or another node's. */
export function decodeNode(bytes: Uint8Array, hash: Uint8Array): TreeNode | undefined {
  if (bytes.length < HEAD_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const used = view.getUint16(0)
  const leaves = view.getUint16(2)
  if ((leaves & ~used) !== 0) return undefined
  const node = cutRoom(NODE_BYTES)
  let offset = HEAD_BYTES
  for (let slot = 0; slot < SLOTS; slot++) {
    if ((used & (1 << slot)) === 0) continue
    const kind = (leaves & (1 << slot)) === 0 ? 'node' : 'leaf'
    const end = offset + (kind === 'leaf' ? LEAF_BYTES : LINK_BYTES)
    if (end > bytes.length) return undefined
    setChild(node, slot, readChild(bytes, offset, kind))
    offset = end
  }
  if (offset !== bytes.length) return undefined
  rehash(node)
  return isFork(node, 1) && equal(hashAt(node, 1), hash) ? node : undefined
}
