// The state trees of all applications over the store: nodes, the changes of one block, roots, proofs.
import type { AppList } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { appLeafCodec } from '../../vm/block.ts'
import { toHex } from '../../vm/bytes.ts'
import { encode } from '../../vm/codec.ts'
import { boundRootOf, inclusionPath } from '../../vm/merkle.ts'
import type { StateProof } from '../../vm/proof.ts'
import type { StateKey, Write } from '../../vm/state.ts'
import {
  type Change,
  findLeaf,
  type NodeReader,
  proveInTree,
  type Root,
  rootHash,
  type StaleNode,
  subtreeAt,
  updateTree,
} from '../../vm/state-tree.ts'
import { hashValue, pathOf } from '../../vm/state-tree-hash.ts'
import {
  type Child,
  decodeNode,
  encodeNode,
  type Leaf,
  type TreeNode,
} from '../../vm/state-tree-node.ts'
import { packTreeProof } from '../../vm/state-tree-proof.ts'
import type { Digest, Height } from '../../vm/types.ts'
import { nodeKey } from '../store/keys.ts'
import type { StoreReads } from '../store/port.ts'
import { createCache } from './cache.ts'
import { CHECKSUM_BYTES, damaged, sealInPlace, unseal } from './records.ts'

/** The tree of each application, by its tag, in the order of tags. */
export type Roots = ReadonlyMap<number, Root>

export type StaleOfApp = StaleNode & { readonly app: number }

/** What one block changes in the trees. */
export type TreeChange = {
  readonly stateRoot: Digest
  readonly roots: Roots
  readonly put: readonly { readonly key: string; readonly node: TreeNode }[]
  readonly stale: readonly StaleOfApp[]
}

/** How many nodes stay decoded in memory; the upper four levels of a million keys are about 4,400. */
const NODES_KEPT = 32_768
const PATHS_KEPT = 65_536

export function emptyRoots(list: AppList): Roots {
  const tags = list.apps.map(({ tag }) => tag).sort((a, b) => a - b)
  return new Map(tags.map((tag) => [tag, undefined]))
}

function appLeaves(roots: Roots): Uint8Array[] {
  return [...roots].map(([app, root]) => encode(appLeafCodec, { app, root: toHex(rootHash(root)) }))
}

export function stateRootOf(roots: Roots): Digest {
  return boundRootOf('state-root', appLeaves(roots))
}

export type Trees = {
  readonly update: (roots: Roots, version: Height, writes: readonly Write[]) => TreeChange
  readonly leaf: (roots: Roots, at: StateKey) => Leaf | undefined
  /** What stands at a prefix of an application's tree, with its node if it is one. */
  readonly subtree: (
    roots: Roots,
    app: number,
    prefix: string,
  ) => { readonly child: Child | undefined; readonly node: TreeNode | undefined }
  readonly prove: (roots: Roots, at: StateKey, value: Uint8Array | undefined) => StateProof
  /** Nodes that were just written are the next ones to be read. */
  readonly keep: (change: TreeChange) => void
}

export function createTrees(store: StoreReads): Trees {
  const nodes = createCache<TreeNode>(NODES_KEPT)
  const paths = createCache<Uint8Array>(PATHS_KEPT)

  const readerOf =
    (app: number): NodeReader =>
    (link, prefix) => {
      const key = nodeKey(app, { version: link.version, prefix })
      const known = nodes.get(key)
      if (known !== undefined) return known
      const record = store.get(key)
      // The hash comes from the parent node, so a decoded node is the right one, whatever the store did; the checksum covers the
      // versions, which are not hashed.
      const node = record && decodeNode(unseal(key, record), link.hash)
      if (node === undefined)
        throw damaged(`the tree node ${key} is ${record ? 'not what its parent names' : 'missing'}`)
      nodes.set(key, node)
      return node
    }

  const pathTo = (key: string): Uint8Array => {
    let path = paths.get(key)
    if (path === undefined) {
      path = pathOf(key)
      paths.set(key, path)
    }
    return path
  }

  const rootOf = (roots: Roots, app: number): Root => {
    assert(roots.has(app), `no application has the tag ${app}`)
    return roots.get(app)
  }

  const update: Trees['update'] = (roots, version, writes) => {
    const changes = new Map<number, Change[]>()
    for (const { app, key, value } of writes) {
      const valueHash = value === undefined ? undefined : hashValue(value)
      const own = changes.get(app)
      if (own === undefined) changes.set(app, [{ path: pathTo(key), valueHash }])
      else own.push({ path: pathTo(key), valueHash })
    }
    const next = new Map(roots)
    const put: { key: string; node: TreeNode }[] = []
    const stale: StaleOfApp[] = []
    for (const [app, own] of changes) {
      const root = rootOf(roots, app)
      const tree = updateTree({ read: readerOf(app), root, version, changes: own })
      next.set(app, tree.root)
      for (const name of tree.put) put.push({ key: nodeKey(app, name), node: name.node })
      for (const name of tree.stale) stale.push({ app, ...name })
    }
    return { stateRoot: stateRootOf(next), roots: next, put, stale }
  }

  return {
    update,
    leaf: (roots, { app, key }) => findLeaf(readerOf(app), rootOf(roots, app), pathTo(key)),
    subtree: (roots, app, prefix) => subtreeAt(readerOf(app), rootOf(roots, app), prefix),
    prove: (roots, { app, key }, value) => {
      const path = pathTo(key)
      const proof = proveInTree(readerOf(app), rootOf(roots, app), path)
      const leaves = appLeaves(roots)
      const index = [...roots.keys()].indexOf(app)
      return {
        value: value ?? null,
        tree: packTreeProof(proof, path),
        at: { index, count: leaves.length, path: inclusionPath(leaves, index) },
      }
    },
    keep: (change) => {
      for (const { app, ...name } of change.stale) nodes.remove(nodeKey(app, name))
      for (const { key, node } of change.put) nodes.set(key, node)
    },
  }
}

export function encodeChange(change: TreeChange): { key: string; value: Uint8Array }[] {
  return change.put.map(({ key, node }) => ({
    key,
    value: sealInPlace(key, encodeNode(node, CHECKSUM_BYTES)),
  }))
}
