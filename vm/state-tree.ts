// The authenticated key-value tree of one application: a compact sparse Merkle tree over SHA-256 paths, updated in batches.
import { assert } from './assert.ts'
import { compare, equal } from './bytes.ts'
import { bitAt, EMPTY_HASH, nibbleAt } from './state-tree-hash.ts'
import {
  type Child,
  childAt,
  createLeaf,
  createNode,
  hashAt,
  isFork,
  type Leaf,
  linkTo,
  type NodeLink,
  replaceChildren,
  SLOTS,
  type TreeNode,
} from './state-tree-node.ts'
import type { Height } from './types.ts'

/** A tree is what its root is; undefined is the tree without keys. */
export type Root = Child | undefined

export function rootHash(root: Root): Uint8Array {
  return root?.hash ?? EMPTY_HASH
}

/** Loads a node: `prefix` are the hexadecimal digits of the path above it. Throws if the node is missing or damaged. */
export type NodeReader = (link: NodeLink, prefix: string) => TreeNode

/** A key's new value; undefined removes the key. */
export type Change = { readonly path: Uint8Array; readonly valueHash: Uint8Array | undefined }

export type StoredNode = {
  readonly version: Height
  readonly prefix: string
  readonly node: TreeNode
}
/** A node that is no longer part of the tree. */
export type StaleNode = {
  readonly version: Height
  readonly prefix: string
  readonly hash: Uint8Array
}

export type Update = {
  readonly root: Root
  /** Nodes of this version. */
  readonly put: readonly StoredNode[]
  /** Nodes of older versions that the new tree does not have; readers of older versions still need them. */
  readonly stale: readonly StaleNode[]
}

type Work = {
  readonly read: NodeReader
  readonly version: Height
  readonly changes: readonly Change[]
  readonly put: StoredNode[]
  readonly stale: StaleNode[]
}
/** The changes `from` (included) to `to` all lie below the node at `prefix`. */
type Span = { readonly from: number; readonly to: number; readonly prefix: string }

const digits = '0123456789abcdef'

/** Paths are hashes: six bytes order nearly all of them, which is much faster than comparing bytes. */
function sortByPath(changes: readonly Change[]): Change[] {
  const keyed = changes.map((change) => {
    let order = 0
    for (let i = 0; i < 6; i++) order = order * 256 + (change.path[i] ?? 0)
    return { order, change }
  })
  keyed.sort((a, b) => a.order - b.order || compare(a.change.path, b.change.path))
  return keyed.map(({ change }) => change)
}

/** The tree after the changes, in one pass over the nodes above them; the order of the changes does not matter. */
export function updateTree(tree: {
  readonly read: NodeReader
  readonly root: Root
  readonly version: Height
  /** At most one for each path. */
  readonly changes: readonly Change[]
}): Update {
  const changes = sortByPath(tree.changes)
  for (let i = 1; i < changes.length; i++) {
    const [previous, next] = [changes[i - 1], changes[i]]
    assert(previous && next && !equal(previous.path, next.path), 'a path changes once')
  }
  const work: Work = { read: tree.read, version: tree.version, changes, put: [], stale: [] }
  const root = updateChild(work, tree.root, { from: 0, to: changes.length, prefix: '' })
  return { root, put: work.put, stale: work.stale }
}

function updateChild(work: Work, child: Child | undefined, span: Span): Child | undefined {
  if (span.from === span.to) return child
  return child?.kind === 'node' ? updateNode(work, child, span) : grow(work, child, span)
}

function updateNode(work: Work, link: NodeLink, span: Span): Child | undefined {
  const old = work.read(link, span.prefix)
  const children = new Map<number, Child | undefined>()
  eachSlot(work.changes, span, (slot, below) => {
    const before = childAt(old, slot)
    const after = updateChild(work, before, below)
    if (after !== before) children.set(slot, after)
  })
  if (children.size === 0) return link
  const node = replaceChildren(old, children)
  const updated = linkTo(node, work.version)
  work.stale.push({ version: link.version, prefix: span.prefix, hash: link.hash })
  if (updated?.kind === 'node') work.put.push({ version: work.version, prefix: span.prefix, node })
  return updated
}

/** Calls back for each slot that has changes below it. */
function eachSlot(
  changes: readonly Change[],
  span: Span,
  visit: (slot: number, below: Span) => void,
): void {
  const level = span.prefix.length
  let from = span.from
  while (from < span.to) {
    const slot = nibbleAt(changes[from]?.path as Uint8Array, level)
    let to = from + 1
    while (to < span.to && nibbleAt(changes[to]?.path as Uint8Array, level) === slot) to++
    visit(slot, { from, to, prefix: span.prefix + digits[slot] })
    from = to
  }
}

/** The subtree of the changes where there was at most one leaf. */
function grow(work: Work, old: Leaf | undefined, span: Span): Child | undefined {
  const leaves: Leaf[] = []
  let kept = old
  for (let i = span.from; i < span.to; i++) {
    const { path, valueHash } = work.changes[i] as Change
    if (old !== undefined && equal(old.path, path)) {
      kept = undefined
      if (valueHash !== undefined && equal(old.valueHash, valueHash)) leaves.push(old)
      else if (valueHash !== undefined)
        leaves.push(createLeaf({ version: work.version, path, valueHash }))
    } else if (valueHash !== undefined) {
      leaves.push(createLeaf({ version: work.version, path, valueHash }))
    }
  }
  if (kept !== undefined) leaves.push(kept)
  return plant(work, leaves, span.prefix)
}

/** A new subtree of these leaves. */
function plant(
  work: Pick<Work, 'version' | 'put'>,
  leaves: readonly Leaf[],
  prefix: string,
): Child | undefined {
  if (leaves.length <= 1) return leaves[0]
  const groups: Leaf[][] = Array.from({ length: SLOTS }, () => [])
  for (const leaf of leaves) groups[nibbleAt(leaf.path, prefix.length)]?.push(leaf)
  const node = createNode(groups.map((group, slot) => plant(work, group, prefix + digits[slot])))
  work.put.push({ version: work.version, prefix, node })
  return linkTo(node, work.version)
}

/** The part of a tree below a prefix that holds these leaves and no others; at most one for each path, in the order of paths. */
export function plantSubtree(part: {
  readonly leaves: readonly Leaf[]
  readonly prefix: string
  readonly version: Height
}): { readonly child: Child | undefined; readonly put: readonly StoredNode[] } {
  const { leaves, prefix, version } = part
  for (const [place, leaf] of leaves.entries()) {
    const before = leaves[place - 1]
    assert(before === undefined || compare(before.path, leaf.path) < 0, 'leaves come in order')
  }
  const put: StoredNode[] = []
  const child = plant({ version, put }, leaves, prefix)
  return { child, put }
}

/** What stands at a prefix, with the node below it if it is one. */
export function subtreeAt(
  read: NodeReader,
  root: Root,
  prefix: string,
): { readonly child: Child | undefined; readonly node: TreeNode | undefined } {
  let child = root
  for (let level = 0; level < prefix.length; level++) {
    if (child?.kind !== 'node') return { child: undefined, node: undefined }
    const slot = digits.indexOf(prefix.charAt(level))
    child = childAt(read(child, prefix.slice(0, level)), slot)
  }
  return { child, node: child?.kind === 'node' ? read(child, prefix) : undefined }
}

/** The leaf of a path, if the tree has it. */
export function findLeaf(read: NodeReader, root: Root, path: Uint8Array): Leaf | undefined {
  let child = root
  let prefix = ''
  while (child?.kind === 'node') {
    const slot = nibbleAt(path, prefix.length)
    const node = read(child, prefix)
    child = childAt(node, slot)
    prefix += digits[slot]
  }
  return child !== undefined && equal(child.path, path) ? child : undefined
}

/** What leads from a path's place to the root. */
export type TreeProof = {
  /** Of the other subtree at each step, from the root downwards. */
  readonly siblings: readonly Uint8Array[]
  /** The leaf at the place: the path's own, another one that shows its absence, or none. */
  readonly leaf: Leaf | undefined
}

export function proveInTree(read: NodeReader, root: Root, path: Uint8Array): TreeProof {
  const siblings: Uint8Array[] = []
  let child = root
  let prefix = ''
  while (child?.kind === 'node') {
    const node = read(child, prefix)
    let place = 1
    for (let step = 0; step < 4 && isFork(node, place); step++) {
      const bit = bitAt(path, 4 * prefix.length + step)
      siblings.push(hashAt(node, 2 * place + 1 - bit))
      place = 2 * place + bit
    }
    if (!isFork(node, place)) return { siblings, leaf: leafBelow(node, place) }
    const slot = place - SLOTS
    child = childAt(node, slot)
    prefix += digits[slot]
  }
  return { siblings, leaf: child }
}

/** The leaf that has risen to this place, if there is one. */
function leafBelow(node: TreeNode, place: number): Leaf | undefined {
  let [first, last] = [place, place]
  while (first < SLOTS) [first, last] = [2 * first, 2 * last + 1]
  for (let at = first; at <= last; at++) {
    const child = childAt(node, at - SLOTS)
    if (child?.kind === 'leaf') return child
  }
  return undefined
}
