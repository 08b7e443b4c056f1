// The state trees of all applications in memory: the changes of one block, roots, proofs. They are made anew from the values at a start.
import type { AppList } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { appLeafCodec } from '../../vm/block.ts'
import { equal, toHex } from '../../vm/bytes.ts'
import { encode } from '../../vm/codec.ts'
import { boundRootOf, inclusionPath } from '../../vm/merkle.ts'
import type { StateProof } from '../../vm/proof.ts'
import type { StateKey, Write } from '../../vm/state.ts'
import { type Change, findInTree, proveInTree, subtreeAt, updateTree } from '../../vm/state-tree.ts'
import { hashValue, pathOf } from '../../vm/state-tree-hash.ts'
import { nodeAt, type TreeNode } from '../../vm/state-tree-node.ts'
import { createPool, isFork, NOTHING, type Pool, type Ref } from '../../vm/state-tree-pool.ts'
import { packTreeProof } from '../../vm/state-tree-proof.ts'
import type { Digest, Height } from '../../vm/types.ts'
import { createCache } from './cache.ts'

/** The root hash of each application's tree, by its tag, in the order of tags. */
export type Roots = ReadonlyMap<number, Uint8Array>

/** What one block changes in the trees. */
export type TreeChange = {
  readonly stateRoot: Digest
  readonly roots: Roots
  readonly changes: ReadonlyMap<number, readonly Change[]>
}

/** Few, so that a key that is not among them costs no more than the hash that it needs then. */
const PATHS_KEPT = 8_192
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
type Pending = { readonly heads: Heads; readonly made: Ref[]; readonly replaced: Ref[] }

function applyTo(pool: Pool, before: Heads, changes: TreeChange['changes']): Pending {
  const heads = new Map(before)
  const made: Ref[] = []
  const replaced: Ref[] = []
  for (const [app, own] of changes) {
    const root = before.get(app)
    assert(root !== undefined, `no application has the tag ${app}`)
    const update = updateTree(pool, root, own)
    heads.set(app, update.root)
    for (const ref of update.made) made.push(ref)
    for (const ref of update.replaced) replaced.push(ref)
  }
  return { heads, made, replaced }
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
  const pending = new Map<TreeChange, Pending>()
  const paths = createCache<Uint8Array>(PATHS_KEPT)

  const pathTo = (key: string): Uint8Array => {
    let path = paths.get(key)
    if (path === undefined) {
      path = pathOf(key)
      paths.set(key, path)
    }
    return path
  }

  const headOf = (app: number): Ref => {
    const head = heads.get(app)
    assert(head !== undefined, `no application has the tag ${app}`)
    return head
  }

  const changesOf = (writes: readonly Write[]): TreeChange['changes'] => {
    const changes = new Map<number, Change[]>()
    for (const { app, key, value } of writes) {
      const change = {
        path: pathTo(key),
        valueHash: value === undefined ? undefined : hashValue(value),
      }
      const own = changes.get(app)
      if (own === undefined) changes.set(app, [change])
      else own.push(change)
    }
    return changes
  }

  const forget = (change: TreeChange): void => {
    pool.giveBack(pending.get(change)?.made ?? [])
    pending.delete(change)
  }

  return {
    roots: () => roots,
    update: (writes) => {
      const changes = changesOf(writes)
      const applied = applyTo(pool, heads, changes)
      const after = rootsOf(pool, applied.heads)
      const change = { stateRoot: stateRootOf(after), roots: after, changes }
      pending.set(change, applied)
      const [oldest] = pending.keys()
      if (pending.size > PENDING_MAX && oldest !== undefined) forget(oldest)
      return change
    },
    keep: (change) => {
      const applied = pending.get(change) ?? applyTo(pool, heads, change.changes)
      pending.delete(change)
      for (const other of [...pending.keys()]) forget(other)
      pool.giveBack(applied.replaced)
      heads = applied.heads
      roots = rootsOf(pool, heads)
      const isIts = [...roots].every(([app, root]) =>
        equal(root, change.roots.get(app) as Uint8Array),
      )
      assert(isIts, 'a change is kept on the state that it was made on')
    },
    find: ({ app, key }) => findInTree(pool, headOf(app), pathTo(key)),
    subtree: (app, prefix, version) => {
      const ref = subtreeAt(pool, headOf(app), prefix)
      if (ref === NOTHING) return undefined
      const node = () =>
        isFork(ref) ? nodeAt({ pool, root: headOf(app) }, prefix, version) : undefined
      return { hash: pool.hash(ref), node }
    },
    prove: ({ app, key }, value) => {
      const path = pathTo(key)
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
