// Sorts leaves by their paths: as numbers, which is much faster than comparing bytes.
import type { Pool, Ref } from './state-tree-pool.ts'

/** Paths are hashes, so that few have their first bytes in common. */
function sortTies(pool: Pool, leaves: Ref[]): void {
  for (let i = 1; i < leaves.length; i++) {
    const leaf = leaves[i] as Ref
    let at = i
    for (; at > 0 && pool.comparePaths(leaves[at - 1] as Ref, leaf) > 0; at--)
      leaves[at] = leaves[at - 1] as Ref
    leaves[at] = leaf
  }
}

/** The leaves in the order of their paths. */
export function sortByPath(pool: Pool, leaves: readonly Ref[]): readonly Ref[] {
  // The first bytes of a path and a place behind them, as one exact number.
  const bytes = leaves.length <= 2 ** 21 ? 4 : 3
  const scale = 2 ** (53 - 8 * bytes)
  const numbers = new Float64Array(leaves.length)
  for (let place = 0; place < leaves.length; place++) {
    let order = 0
    for (let index = 0; index < bytes; index++)
      order = order * 256 + pool.pathByte(leaves[place] as Ref, index)
    numbers[place] = order * scale + place
  }
  numbers.sort()
  const sorted: Ref[] = []
  for (const number of numbers) sorted.push(leaves[number % scale] as Ref)
  sortTies(pool, sorted)
  return sorted
}
