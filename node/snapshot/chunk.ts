// One piece of a state: all values below a prefix of a tree, proven by the hash that the tree has there.
import { compare, equal, toHex } from '../../vm/bytes.ts'
import { plantSubtree, type StoredNode } from '../../vm/state-tree.ts'
import { hashValue, pathOf } from '../../vm/state-tree-hash.ts'
import { type Child, createLeaf, type Leaf } from '../../vm/state-tree-node.ts'
import type { Height } from '../../vm/types.ts'

export type Entry = { readonly key: string; readonly value: Uint8Array }

export type Place = {
  readonly prefix: string
  /** Of what stands there. */
  readonly hash: Uint8Array
  /** For the nodes and leaves that are made of it. */
  readonly version: Height
}

export type Planted = { readonly child: Child; readonly put: readonly StoredNode[] }

function leavesOf(entries: readonly Entry[], { prefix, version }: Place): Leaf[] | undefined {
  const leaves: Leaf[] = []
  for (const { key, value } of entries) {
    const path = pathOf(key)
    const before = leaves.at(-1)
    const isNext = before === undefined || compare(before.path, path) < 0
    if (!isNext || !toHex(path).startsWith(prefix, 2)) return undefined
    leaves.push(createLeaf({ version, path, valueHash: hashValue(value) }))
  }
  return leaves
}

/** The subtree of these values; undefined if they are not all of the place's, and nothing else. */
export function plantChunk(entries: readonly Entry[], place: Place): Planted | undefined {
  const leaves = leavesOf(entries, place)
  if (leaves === undefined) return undefined
  const { child, put } = plantSubtree({ ...place, leaves })
  return child !== undefined && equal(child.hash, place.hash) ? { child, put } : undefined
}
