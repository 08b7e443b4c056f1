// Makes the state trees from the stored values.
import { createPool, type Ref } from '../../vm/state-tree-pool.ts'
import { afterPrefix, stateKey } from '../store/keys.ts'
import type { StoreReads } from '../store/port.ts'
import { createPlanter, type Turn } from './planter.ts'
import { createTrees, type Trees } from './tree.ts'
import { contentOf } from './values.ts'

/** Values that are read at once. */
const PAGE = 1_024

/** Every value once. Whether they are the right ones is said by the roots. */
export async function loadTrees(
  store: StoreReads,
  tags: readonly number[],
  turn?: Turn,
): Promise<Trees> {
  const pool = createPool()
  const heads = new Map<number, Ref>()
  for (const app of tags) {
    const prefix = stateKey({ app, key: '' })
    const below = afterPrefix(prefix)
    const planter = createPlanter(pool)
    for (let from = prefix; ; ) {
      const page = await store.range({ from, below, limit: PAGE })
      for (const { key, value } of page) planter.add(key.slice(prefix.length), contentOf(value))
      const last = page.at(-1)
      if (last === undefined) break
      // A space sorts before every character of a key.
      from = `${last.key} `
    }
    heads.set(app, await planter.plant(turn))
  }
  return createTrees(tags, { pool, heads })
}
