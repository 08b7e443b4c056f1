// The authenticated key-value tree of one application: a compact sparse Merkle tree over SHA-256 paths, updated in batches.
import { assert } from './assert.ts'
import { bitAt, nibbleAt } from './state-tree-hash.ts'
import { sortByPath } from './state-tree-order.ts'
import { isFork, isLeaf, type Leaf, NOTHING, type Pool, type Ref } from './state-tree-pool.ts'

/** A tree after changes; the tree before them is still there. */
export type Update = {
  readonly root: Ref
  /** Nodes that only the new tree has, and nodes that only the old one has. */
  readonly made: readonly Ref[]
  readonly replaced: readonly Ref[]
}

type Work = {
  readonly pool: Pool
  /** Leaves in the order of their paths. */
  readonly changes: readonly Ref[]
  readonly made: Ref[]
  readonly replaced: Ref[]
  /** Changes whose leaves come into no tree. */
  readonly unused: Ref[]
}
type Planting = { readonly pool: Pool; readonly made: { readonly push: (ref: Ref) => unknown } }
/** For trees that are kept as a whole. */
const untold = { push: () => 0 }
/** The changes `from` (included) to `to` all lie below a place `depth` steps down. */
type Span = { readonly from: number; readonly to: number; readonly depth: number }

/**
 * The tree after the changes, in one pass over the nodes above them. A change is a leaf, without a value if the key goes; there is
 * at most one for each path, in any order.
 */
export function updateTree(pool: Pool, root: Ref, unsorted: readonly Ref[]): Update {
  const changes = sortByPath(pool, unsorted)
  for (let i = 1; i < changes.length; i++) {
    const isAgain = pool.comparePaths(changes[i - 1] as Ref, changes[i] as Ref) === 0
    if (isAgain) assert(false, 'a path changes once')
  }
  const work: Work = { pool, changes, made: [], replaced: [], unused: [] }
  const next = updateAt(work, root, { from: 0, to: changes.length, depth: 0 })
  pool.giveBack(work.unused)
  return { root: next, made: work.made, replaced: work.replaced }
}

/** The first of the sorted leaves of a span that is on the right. */
function split(pool: Pool, leaves: ArrayLike<Ref>, { from, to, depth }: Span): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (pool.bit(leaves[middle] as Ref, depth) === 0) low = middle + 1
    else high = middle
  }
  return low
}

function updateAt(work: Work, ref: Ref, span: Span): Ref {
  const { from, to, depth } = span
  if (from === to) return ref
  if (!isFork(ref)) return grow(work, ref, span)
  if (from + 1 === to) return updateOne(work, ref, span)
  const middle = split(work.pool, work.changes, span)
  const oldLeft = work.pool.side(ref, 0)
  const oldRight = work.pool.side(ref, 1)
  const left = updateAt(work, oldLeft, { from, to: middle, depth: depth + 1 })
  const right = updateAt(work, oldRight, { from: middle, to, depth: depth + 1 })
  if (left === oldLeft && right === oldRight) return ref
  work.replaced.push(ref)
  return join(work, left, right)
}

/** Most of the way down there is a single change: down and up again without looking for where it parts. */
function updateOne(work: Work, top: Ref, { from, to, depth: first }: Span): Ref {
  const { pool, changes, replaced } = work
  const change = changes[from] as Ref
  const forks: Ref[] = []
  let ref = top
  while (isFork(ref)) {
    forks.push(ref)
    ref = pool.side(ref, pool.bit(change, first + forks.length - 1))
  }
  let next = grow(work, ref, { from, to, depth: first + forks.length })
  if (next === ref) return top
  for (let at = forks.length - 1; at >= 0; at--) {
    const fork = forks[at] as Ref
    replaced.push(fork)
    const bit = pool.bit(change, first + at)
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

/** What takes the place of an old leaf; a leaf without a value leaves nothing. */
function replaceLeaf({ pool, made, replaced, unused }: Work, old: Ref, change: Ref): Ref {
  const isGone = !pool.hasValue(change)
  const isSame = old !== NOTHING && !isGone && pool.haveSameValue(old, change)
  if (isGone || isSame) unused.push(change)
  else made.push(change)
  if (isSame) return old
  if (old !== NOTHING) replaced.push(old)
  return isGone ? NOTHING : change
}

/** The subtree of the changes where there was at most one leaf. */
function grow(work: Work, old: Ref, { from, to, depth }: Span): Ref {
  const leaves: Ref[] = []
  // The old leaf, until a change is its own or comes behind it.
  let waiting = old
  for (let i = from; i < to; i++) {
    const change = work.changes[i] as Ref
    const order = waiting === NOTHING ? 1 : work.pool.comparePaths(waiting, change)
    if (order < 0) leaves.push(waiting)
    const leaf = replaceLeaf(work, order === 0 ? waiting : NOTHING, change)
    if (leaf !== NOTHING) leaves.push(leaf)
    if (order <= 0) waiting = NOTHING
  }
  if (waiting !== NOTHING) leaves.push(waiting)
  return plant(work, leaves, { from: 0, to: leaves.length, depth })
}

/** A new subtree of leaves in the order of their paths. */
function plant(work: Planting, leaves: ArrayLike<Ref>, span: Span): Ref {
  const { from, to, depth } = span
  if (to - from <= 1) return from === to ? NOTHING : (leaves[from] as Ref)
  const middle = split(work.pool, leaves, span)
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
