// Plants the tree of leaves that come in any order, in pieces, so that a large one keeps no other work waiting.
import { joinTrees, plantTree } from '../../vm/state-tree.ts'
import { sortByPath } from '../../vm/state-tree-order.ts'
import type { Pool, Ref } from '../../vm/state-tree-pool.ts'

/** Lets what waits have its turn. */
export type Turn = () => Promise<void>

const noTurn: Turn = async () => undefined

export function createPlanter(pool: Pool) {
  // By the first byte of their paths: eight steps below the root.
  const groups: Ref[][] = Array.from({ length: 256 }, () => [])
  return {
    add: (key: string, value: Uint8Array): void => {
      const leaf = pool.addEntry(key, value)
      groups[pool.pathByte(leaf, 0)]?.push(leaf)
    },
    /** The tree of all that was added. */
    plant: async (turn = noTurn): Promise<Ref> => {
      const trees: Ref[] = []
      for (const leaves of groups) {
        trees.push(plantTree(pool, sortByPath(pool, leaves), 8))
        if (leaves.length > 0) await turn()
      }
      return joinTrees(pool, trees)
    },
  }
}
