// The state trees of all applications in memory: the changes of one block, roots, proofs. They are made anew from the values at a start.
import type { AppList } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { appLeafCodec } from '../../vm/block.ts'
import { equal, toHex } from '../../vm/bytes.ts'
import { encode } from '../../vm/codec.ts'
import { boundRootOf, inclusionPath } from '../../vm/merkle.ts'
import type { StateProof } from '../../vm/proof.ts'
import type { StateKey, Write } from '../../vm/state.ts'
import { findInTree, proveInTree, subtreeAt, type Update, updateTree } from '../../vm/state-tree.ts'
import { pathOf } from '../../vm/state-tree-hash.ts'
import { nodeAt, type TreeNode } from '../../vm/state-tree-node.ts'
import { createPool, isFork, NOTHING, type Pool, type Ref } from '../../vm/state-tree-pool.ts'
import { packTreeProof } from '../../vm/state-tree-proof.ts'
import type { Digest, Height } from '../../vm/types.ts'

/** The root hash of each application's tree, by its tag, in the order of tags. */
export type Roots = ReadonlyMap<number, Uint8Array>

/** What one block changes in the trees. */
export type TreeChange = {
  readonly stateRoot: Digest
  readonly roots: Roots
  readonly writes: readonly Write[]
}

/** Changes that wait for their block to be decided; of older ones the nodes are made again if they are. */
const PENDING_MAX = 8

export function tagsOf(list: AppList): readonly number[] {
  return list.apps.map(({ tag }) => tag).sort((a, b) => a - b)
}

function appLeaves(roots: Roots): Uint8Array[] {
  return [...roots].map(([app, root]) => encode(appLeafCodec, { app, root: toHex(root) }))
}

export function stateRootOf(roots: Roots): Digest {
  return boundRootOf('state-root', appLeaves(roots))
}

/** What stands at a place of a tree; a node if at least two values are below it. */
export type Subtree = { readonly hash: Uint8Array; readonly node: () => TreeNode | undefined }

export type Trees = {
  /** The newest ones that were kept. */
  readonly roots: () => Roots
  /** The trees after the writes; those of now stay as they are. */
  readonly update: (writes: readonly Write[]) => TreeChange
  /** The change is the state from now on. It was made on the newest state. */
  readonly keep: (change: TreeChange) => void
  /** The hash of a key's value; undefined if the key has none. */
  readonly find: (at: StateKey) => Uint8Array | undefined
  readonly subtree: (app: number, prefix: string, version: Height) => Subtree | undefined
  readonly prove: (at: StateKey, value: Uint8Array | undefined) => StateProof
}

type Heads = ReadonlyMap<number, Ref>
type Pending = { readonly heads: Heads; readonly updates: readonly Update[] }

/** The leaves of the writes, by application. */
function leavesOf(pool: Pool, writes: readonly Write[]): ReadonlyMap<number, readonly Ref[]> {
  const leaves = new Map<number, Ref[]>()
  for (const { app, key, value } of writes) {
    const leaf = pool.addEntry(key, value)
    const own = leaves.get(app)
    if (own === undefined) leaves.set(app, [leaf])
    else own.push(leaf)
  }
  return leaves
}

function applyTo(pool: Pool, before: Heads, writes: readonly Write[]): Pending {
  const heads = new Map(before)
  const updates: Update[] = []
  for (const [app, leaves] of leavesOf(pool, writes)) {
    const root = before.get(app)
    assert(root !== undefined, `no application has the tag ${app}`)
    const update = updateTree(pool, root, leaves)
    heads.set(app, update.root)
    updates.push(update)
  }
  return { heads, updates }
}

function rootsOf(pool: Pool, heads: Heads): Roots {
  return new Map([...heads].map(([app, ref]) => [app, pool.hash(ref)]))
}

/** The trees of no values, or those that `start` has planted in a pool. */
export function createTrees(
  tags: readonly number[],
  start: { readonly pool: Pool; readonly heads: Heads } = {
    pool: createPool(),
    heads: new Map(tags.map((tag) => [tag, NOTHING])),
  },
): Trees {
  const { pool } = start
  let heads = start.heads
  let roots = rootsOf(pool, heads)
  let pending = new Map<TreeChange, Pending>()

  const headOf = (app: number): Ref => {
    const head = heads.get(app)
    assert(head !== undefined, `no application has the tag ${app}`)
    return head
  }

  const forget = (change: TreeChange): void => {
    for (const { made } of pending.get(change)?.updates ?? []) pool.giveBack(made)
    pending.delete(change)
  }

  return {
    roots: () => roots,
    update: (writes) => {
      const applied = applyTo(pool, heads, writes)
      const after = rootsOf(pool, applied.heads)
      const change = { stateRoot: stateRootOf(after), roots: after, writes }
      pending.set(change, applied)
      const [oldest] = pending.keys()
      if (pending.size > PENDING_MAX && oldest !== undefined) forget(oldest)
      return change
    },
    keep: (change) => {
      const applied = pending.get(change) ?? applyTo(pool, heads, change.writes)
      pending.delete(change)
      for (const other of pending.keys()) forget(other)
      // Not the same one again, for the reason of those in `replica/blocks.ts`.
      pending = new Map()
      for (const { replaced } of applied.updates) pool.giveBack(replaced)
      heads = applied.heads
      roots = rootsOf(pool, heads)
      const isIts = [...roots].every(([app, root]) =>
        equal(root, change.roots.get(app) as Uint8Array),
      )
      assert(isIts, 'a change is kept on the state that it was made on')
    },
    find: ({ app, key }) => findInTree(pool, headOf(app), pathOf(key)),
    subtree: (app, prefix, version) => {
      const ref = subtreeAt(pool, headOf(app), prefix)
      if (ref === NOTHING) return undefined
      const node = () =>
        isFork(ref) ? nodeAt({ pool, root: headOf(app) }, prefix, version) : undefined
      return { hash: pool.hash(ref), node }
    },
    prove: ({ app, key }, value) => {
      const path = pathOf(key)
      const leaves = appLeaves(roots)
      const index = [...roots.keys()].indexOf(app)
      return {
        value: value ?? null,
        tree: packTreeProof(proveInTree(pool, headOf(app), path), path),
        at: { index, count: leaves.length, path: inclusionPath(leaves, index) },
      }
    },
  }
}
