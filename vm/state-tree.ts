// The authenticated key-value tree of one application: a compact sparse Merkle tree over SHA-256 paths, updated in batches.
import { assert } from './assert.ts'
import { compare, equal } from './bytes.ts'
import { bitAt, nibbleAt } from './state-tree-hash.ts'
import { placesByPath } from './state-tree-order.ts'
import { isFork, isLeaf, type Leaf, NOTHING, type Pool, type Ref } from './state-tree-pool.ts'

/** A key's new value; undefined removes the key. */
export type Change = { readonly path: Uint8Array; readonly valueHash: Uint8Array | undefined }

/** A tree after changes; the tree before them is still there. */
export type Update = {
  readonly root: Ref
  /** Nodes that only the new tree has, and nodes that only the old one has. */
  readonly made: readonly Ref[]
  readonly replaced: readonly Ref[]
}

type Work = {
  readonly pool: Pool
  readonly changes: readonly Change[]
  readonly made: Ref[]
  readonly replaced: Ref[]
}
type Planting = { readonly pool: Pool; readonly made: { readonly push: (ref: Ref) => unknown } }
/** For trees that are kept as a whole. */
const untold = { push: () => 0 }
/** The changes `from` (included) to `to` all lie below a place `depth` steps down. */
type Span = { readonly from: number; readonly to: number; readonly depth: number }

/** The tree after the changes, in one pass over the nodes above them; at most one for each path, in any order. */
export function updateTree(pool: Pool, root: Ref, unsorted: readonly Change[]): Update {
  const order = placesByPath(
    unsorted.length,
    (place, index) => (unsorted[place] as Change).path[index] as number,
  )
  const changes = order.map((place) => unsorted[place] as Change)
  for (let i = 1; i < changes.length; i++) {
    const [previous, next] = [changes[i - 1] as Change, changes[i] as Change]
    if (equal(previous.path, next.path)) assert(false, 'a path changes once')
  }
  const work: Work = { pool, changes, made: [], replaced: [] }
  const next = updateAt(work, root, { from: 0, to: changes.length, depth: 0 })
  return { root: next, made: work.made, replaced: work.replaced }
}

/** The first place of a sorted span that is on the right. */
function split({ from, to }: Span, sideOf: (place: number) => number): number {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sideOf(middle) === 0) low = middle + 1
    else high = middle
  }
  return low
}

function updateAt(work: Work, ref: Ref, span: Span): Ref {
  const { from, to, depth } = span
  if (from === to) return ref
  if (!isFork(ref)) return grow(work, ref, span)
  if (from + 1 === to) return updateOne(work, ref, span)
  const middle = split(span, (place) => bitAt((work.changes[place] as Change).path, depth))
  const [oldLeft, oldRight] = [work.pool.side(ref, 0), work.pool.side(ref, 1)]
  const left = updateAt(work, oldLeft, { from, to: middle, depth: depth + 1 })
  const right = updateAt(work, oldRight, { from: middle, to, depth: depth + 1 })
  if (left === oldLeft && right === oldRight) return ref
  work.replaced.push(ref)
  return join(work, left, right)
}

/** Most of the way down there is a single change: down and up again without looking for where it parts. */
function updateOne(work: Work, top: Ref, { from, to, depth: first }: Span): Ref {
  const { pool, changes, replaced } = work
  const { path } = changes[from] as Change
  const forks: Ref[] = []
  let ref = top
  while (isFork(ref)) {
    forks.push(ref)
    ref = pool.side(ref, bitAt(path, first + forks.length - 1))
  }
  let next = grow(work, ref, { from, to, depth: first + forks.length })
  if (next === ref) return top
  for (let at = forks.length - 1; at >= 0; at--) {
    const fork = forks[at] as Ref
    replaced.push(fork)
    const bit = bitAt(path, first + at)
    next = bit === 0 ? join(work, next, pool.side(fork, 1)) : join(work, pool.side(fork, 0), next)
  }
  return next
}

/** A leaf that is alone rises: this is what keeps the tree compact. */
function join(work: Planting, left: Ref, right: Ref): Ref {
  if (right === NOTHING && !isFork(left)) return left
  if (left === NOTHING && !isFork(right)) return right
  const fork = work.pool.addFork(left, right)
  work.made.push(fork)
  return fork
}

/** The change of one leaf. */
function replaceLeaf({ pool, made, replaced }: Work, old: Ref, { path, valueHash }: Change): Ref {
  if (valueHash !== undefined && pool.hasValue(old, valueHash)) return old
  replaced.push(old)
  if (valueHash === undefined) return NOTHING
  const leaf = pool.addLeaf({ path, valueHash })
  made.push(leaf)
  return leaf
}

/** The subtree of the changes where there was at most one leaf. */
function grow(work: Work, old: Ref, { from, to, depth }: Span): Ref {
  const { pool, changes, made } = work
  const leaves: Ref[] = []
  // Whether the old leaf, if there is one, comes behind all that were looked at.
  let isWaiting = old !== NOTHING
  for (let i = from; i < to; i++) {
    const change = changes[i] as Change
    const { path, valueHash } = change
    if (isWaiting && pool.isPath(old, path)) {
      isWaiting = false
      const leaf = replaceLeaf(work, old, change)
      if (leaf !== NOTHING) leaves.push(leaf)
      continue
    }
    if (isWaiting && compare(pool.leaf(old).path, path) < 0) {
      isWaiting = false
      leaves.push(old)
    }
    if (valueHash === undefined) continue
    const leaf = pool.addLeaf({ path, valueHash })
    made.push(leaf)
    leaves.push(leaf)
  }
  if (isWaiting) leaves.push(old)
  return plant(work, leaves, { from: 0, to: leaves.length, depth })
}

/** A new subtree of leaves in the order of their paths. */
function plant(work: Planting, leaves: ArrayLike<Ref>, span: Span): Ref {
  const { from, to, depth } = span
  if (to - from <= 1) return from === to ? NOTHING : (leaves[from] as Ref)
  const middle = split(span, (place) => {
    const byte = work.pool.pathByte(leaves[place] as Ref, depth >> 3)
    return (byte >> (7 - (depth & 7))) & 1
  })
  const left = plant(work, leaves, { from, to: middle, depth: depth + 1 })
  return join(work, left, plant(work, leaves, { from: middle, to, depth: depth + 1 }))
}

/** The part of a tree `depth` steps down that holds these leaves and no others; they are in the order of their paths. */
export function plantTree(pool: Pool, leaves: ArrayLike<Ref>, depth = 0): Ref {
  return plant({ pool, made: untold }, leaves, { from: 0, to: leaves.length, depth })
}

/** The tree above trees that stand side by side; their number is a power of two. */
export function joinTrees(pool: Pool, trees: readonly Ref[]): Ref {
  let level = trees
  while (level.length > 1) {
    const above: Ref[] = []
    for (let at = 0; at < level.length; at += 2)
      above.push(join({ pool, made: untold }, level[at] as Ref, level[at + 1] as Ref))
    level = above
  }
  return level[0] ?? NOTHING
}

/** What stands at a place that is named by hexadecimal digits of paths. */
export function subtreeAt(pool: Pool, root: Ref, prefix: string): Ref {
  let ref = root
  for (let level = 0; level < prefix.length; level++) {
    if (!isFork(ref)) return NOTHING
    const digit = Number.parseInt(prefix.charAt(level), 16)
    for (let bit = 3; bit >= 0 && isFork(ref); bit--)
      ref = pool.side(ref, ((digit >> bit) & 1) === 1 ? 1 : 0)
    if (isLeaf(ref) && nibbleAt(pool.leaf(ref).path, level) !== digit) return NOTHING
  }
  return ref
}

/** Where the way to a path ends: nothing, or a leaf, not always the path's own. */
function endOf(pool: Pool, root: Ref, path: Uint8Array): Ref {
  let ref = root
  for (let depth = 0; isFork(ref); depth++) ref = pool.side(ref, bitAt(path, depth))
  return ref
}

/** The hash of a path's value, if the tree has it. */
export function findInTree(pool: Pool, root: Ref, path: Uint8Array): Uint8Array | undefined {
  const ref = endOf(pool, root, path)
  return ref !== NOTHING && pool.isPath(ref, path) ? pool.leaf(ref).valueHash : undefined
}

/** What leads from a path's place to the root. */
export type TreeProof = {
  /** Of the other subtree at each step, from the root downwards. */
  readonly siblings: readonly Uint8Array[]
  /** The leaf at the place: the path's own, another one that shows its absence, or none. */
  readonly leaf: Leaf | undefined
}

export function proveInTree(pool: Pool, root: Ref, path: Uint8Array): TreeProof {
  const siblings: Uint8Array[] = []
  let ref = root
  for (let depth = 0; isFork(ref); depth++) {
    const bit = bitAt(path, depth)
    siblings.push(pool.hash(pool.side(ref, bit === 0 ? 1 : 0)))
    ref = pool.side(ref, bit)
  }
  return { siblings, leaf: ref === NOTHING ? undefined : pool.leaf(ref) }
}
