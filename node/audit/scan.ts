// All entries of a store in key order, a page at a time.
import { afterPrefix } from '../store/keys.ts'
import type { StorePut, StoreReads } from '../store/port.ts'

const PAGE = 512

/** Entries whose key begins with `prefix`; all entries if it is empty. */
export async function* scan(store: StoreReads, prefix: string): AsyncGenerator<StorePut> {
  const below = prefix === '' ? '\x7f' : afterPrefix(prefix)
  let from = prefix
  for (;;) {
    const page = await store.range({ from, below, limit: PAGE })
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    // A space sorts before every character that a key may have: the next key is the first from here on.
    from = `${last.key} `
  }
}

export async function countKeys(store: StoreReads, prefix: string): Promise<number> {
  let count = 0
  for await (const _ of scan(store, prefix)) count++
  return count
}
