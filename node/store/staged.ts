// A store whose changes gather in memory, where they are read like the rest, until they go to disk in one synced write.
import { assert } from '../../vm/assert.ts'
import type { Store, StoreChange, StorePut } from './port.ts'

export type StagedStore = Pick<Store, 'get' | 'range' | 'write'> & {
  readonly stage: (change: StoreChange) => void
  /** All that was staged, all or nothing. Nothing may be staged before it resolves. */
  readonly flush: () => Promise<void>
}

export function createStagedStore(store: Pick<Store, 'get' | 'range' | 'write'>): StagedStore {
  /** Undefined: to be removed. */
  const staged = new Map<string, Uint8Array | undefined>()

  const merge = (
    stored: readonly StorePut[],
    above: readonly (readonly [string, Uint8Array | undefined])[],
    reverse: boolean,
  ): StorePut[] => {
    const merged = new Map<string, Uint8Array | undefined>(
      stored.map(({ key, value }) => [key, value]),
    )
    for (const [key, value] of above) merged.set(key, value)
    const entries = [...merged].flatMap(([key, value]) =>
      value === undefined ? [] : [{ key, value }],
    )
    entries.sort((left, right) => (left.key < right.key ? -1 : 1))
    return reverse ? entries.reverse() : entries
  }

  return {
    get: (key) => (staged.has(key) ? staged.get(key) : store.get(key)),
    range: async (span) => {
      const { from, below, limit, reverse = false } = span
      if (staged.size === 0) return store.range(span)
      const above = [...staged].filter(([key]) => from <= key && key < below)
      // What is removed above takes places of the page below.
      const removed = above.filter(([, value]) => value === undefined).length
      const stored = await store.range({ ...span, limit: limit + removed })
      return merge(stored, above, reverse).slice(0, limit)
    },
    write: (change) => {
      assert(staged.size === 0, 'what was staged goes to disk first')
      return store.write(change)
    },
    stage: ({ put, remove }) => {
      for (const key of remove) staged.set(key, undefined)
      for (const { key, value } of put) staged.set(key, value)
    },
    flush: async () => {
      if (staged.size === 0) return
      const put: StorePut[] = []
      const remove: string[] = []
      for (const [key, value] of staged) {
        if (value === undefined) remove.push(key)
        else put.push({ key, value })
      }
      await store.write({ put, remove })
      staged.clear()
    },
  }
}
