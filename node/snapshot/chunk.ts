// One piece of a state: all values below a prefix of a tree, proven by the hash that the tree has there.
import { compare, equal, toHex } from '../../vm/bytes.ts'
import { plantTree } from '../../vm/state-tree.ts'
import { hashValue, pathOf } from '../../vm/state-tree-hash.ts'
import { createPool, type Leaf } from '../../vm/state-tree-pool.ts'

export type Entry = { readonly key: string; readonly value: Uint8Array }

export type Place = {
  readonly prefix: string
  /** Of what stands there. */
  readonly hash: Uint8Array
}

function leavesOf(entries: readonly Entry[], prefix: string): Leaf[] | undefined {
  const leaves: Leaf[] = []
  for (const { key, value } of entries) {
    const path = pathOf(key)
    const before = leaves.at(-1)
    const isNext = before === undefined || compare(before.path, path) < 0
    if (!isNext || !toHex(path).startsWith(prefix, 2)) return undefined
    leaves.push({ path, valueHash: hashValue(value) })
  }
  return leaves
}

/** Whether these values are all of the place's, and nothing else. */
export function isChunk(entries: readonly Entry[], { prefix, hash }: Place): boolean {
  const leaves = leavesOf(entries, prefix)
  if (leaves === undefined || leaves.length === 0) return false
  const pool = createPool()
  const subtree = plantTree(pool, leaves.map(pool.addLeaf), 4 * prefix.length)
  return equal(pool.hash(subtree), hash)
}
