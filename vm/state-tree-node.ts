// One stored node of the state tree: sixteen slots, the four binary levels above them, and its bytes.
import { assert } from './assert.ts'
import { equal } from './bytes.ts'
import { EMPTY_HASH, leafHash, nodeHash } from './state-tree-hash.ts'
import type { Height } from './types.ts'

/** One key and the hash of its value; it stands as high as it is alone. */
export type Leaf = {
  readonly kind: 'leaf'
  /** The height that last changed the value. */
  readonly version: Height
  readonly path: Uint8Array
  readonly valueHash: Uint8Array
  readonly hash: Uint8Array
}

/** A stored node with at least two leaves below it. */
export type NodeLink = {
  readonly kind: 'node'
  /** The height that wrote the node; with the path it is the node's name in the store. */
  readonly version: Height
  readonly hash: Uint8Array
}

export type Child = Leaf | NodeLink

/** A subtree inside a node: nothing, a single leaf, or the hash of more. */
type Subtree = Leaf | Uint8Array | undefined

/**
 * Sixteen slots and the subtrees above them, numbered as a heap: 1 is the whole node, 2i and 2i + 1 are the halves of i, the slots
 * are 16 to 31.
 */
export type TreeNode = {
  readonly slots: readonly (Child | undefined)[]
  readonly subtrees: readonly Subtree[]
}

export const SLOTS = 16

export function createLeaf(leaf: {
  readonly version: Height
  readonly path: Uint8Array
  readonly valueHash: Uint8Array
}): Leaf {
  const { version, path, valueHash } = leaf
  return { kind: 'leaf', version, path, valueHash, hash: leafHash(path, valueHash) }
}

export function hashOf(subtree: Subtree | Child): Uint8Array {
  if (subtree === undefined) return EMPTY_HASH
  return subtree instanceof Uint8Array ? subtree : subtree.hash
}

/** A leaf that is alone rises; this is what keeps the tree compact. */
function join(left: Subtree, right: Subtree): Subtree {
  if (right === undefined && !(left instanceof Uint8Array)) return left
  if (left === undefined && !(right instanceof Uint8Array)) return right
  return nodeHash(hashOf(left), hashOf(right))
}

function subtreeOf(child: Child | undefined): Subtree {
  return child?.kind === 'node' ? child.hash : child
}

/** A node with these slots; subtrees over slots that `old` has too are taken from it. */
export function createNode(slots: readonly (Child | undefined)[], old?: TreeNode): TreeNode {
  const subtrees: Subtree[] = new Array(2 * SLOTS).fill(undefined)
  // One bit for each place of the heap that differs from `old`.
  let changed = 0
  for (let slot = 0; slot < SLOTS; slot++) {
    const at = SLOTS + slot
    subtrees[at] = subtreeOf(slots[slot])
    if (old === undefined || old.slots[slot] !== slots[slot]) changed |= 1 << (at >> 1)
  }
  for (let at = SLOTS - 1; at >= 1; at--) {
    if ((changed & (1 << at)) === 0) {
      subtrees[at] = old?.subtrees[at]
    } else {
      subtrees[at] = join(subtrees[2 * at], subtrees[2 * at + 1])
      changed |= 1 << (at >> 1)
    }
  }
  return { slots, subtrees }
}

/** What a parent's slot shall hold for a node: nothing, the leaf that is left of it, or a link to it. */
export function linkTo(node: TreeNode, version: Height): Child | undefined {
  const whole = node.subtrees[1]
  return whole instanceof Uint8Array ? { kind: 'node', version, hash: whole } : whole
}

const VERSION_BYTES = 6
const HEAD_BYTES = 4
const LINK_BYTES = VERSION_BYTES + 32
const LEAF_BYTES = VERSION_BYTES + 64

/**
 * Layout, integers big-endian: two bytes with a bit for each slot in use (slot 0 lowest), two with a bit for each leaf among
 * them, then for each slot in use the version (6 bytes) and the node's hash (32) or the leaf's path and value hash (64).
 */
export function encodeNode(node: TreeNode): Uint8Array {
  let size = HEAD_BYTES
  for (const child of node.slots) {
    if (child !== undefined) size += child.kind === 'leaf' ? LEAF_BYTES : LINK_BYTES
  }
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let used = 0
  let leaves = 0
  let offset = HEAD_BYTES
  node.slots.forEach((child, slot) => {
    if (child === undefined) return
    used |= 1 << slot
    view.setUint16(offset, Math.floor(child.version / 2 ** 32))
    view.setUint32(offset + 2, child.version % 2 ** 32)
    if (child.kind === 'leaf') {
      leaves |= 1 << slot
      bytes.set(child.path, offset + VERSION_BYTES)
      bytes.set(child.valueHash, offset + VERSION_BYTES + 32)
      offset += LEAF_BYTES
    } else {
      bytes.set(child.hash, offset + VERSION_BYTES)
      offset += LINK_BYTES
    }
  })
  view.setUint16(0, used)
  view.setUint16(2, leaves)
  assert(offset === size, 'a node has the bytes of its children')
  return bytes
}

function readChild(bytes: Uint8Array, offset: number, isLeaf: boolean): Child {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const version = view.getUint16(offset) * 2 ** 32 + view.getUint32(offset + 2)
  const first = bytes.subarray(offset + VERSION_BYTES, offset + LINK_BYTES)
  if (!isLeaf) return { kind: 'node', version, hash: first }
  return createLeaf({
    version,
    path: first,
    valueHash: bytes.subarray(offset + LINK_BYTES, offset + LEAF_BYTES),
  })
}

/** The node with this hash; undefined if the bytes are of another form or another node's: the store has damaged them. */
export function decodeNode(bytes: Uint8Array, hash: Uint8Array): TreeNode | undefined {
  if (bytes.length < HEAD_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const used = view.getUint16(0)
  const leaves = view.getUint16(2)
  if ((leaves & ~used) !== 0) return undefined
  const slots: (Child | undefined)[] = new Array(SLOTS).fill(undefined)
  let offset = HEAD_BYTES
  for (let slot = 0; slot < SLOTS; slot++) {
    if ((used & (1 << slot)) === 0) continue
    const isLeaf = (leaves & (1 << slot)) !== 0
    const end = offset + (isLeaf ? LEAF_BYTES : LINK_BYTES)
    if (end > bytes.length) return undefined
    slots[slot] = readChild(bytes, offset, isLeaf)
    offset = end
  }
  if (offset !== bytes.length) return undefined
  const node = createNode(slots)
  const whole = node.subtrees[1]
  return whole instanceof Uint8Array && equal(whole, hash) ? node : undefined
}
