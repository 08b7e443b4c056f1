// The store in memory, for tests and throw-away chains.
import type { Store, StoreReads } from './port.ts'

type Entries = ReadonlyMap<string, Uint8Array>

function createReads(entries: () => Entries): StoreReads & { readonly forget: () => void } {
  // Sorted keys, made when a range is asked for and dropped when keys come or go.
  let sorted: string[] | undefined
  return {
    get: (key) => entries().get(key),
    range: async ({ from, below, limit, reverse = false }) => {
      sorted ??= [...entries().keys()].sort((a, b) => (a < b ? -1 : 1))
      const keys = sorted.filter((key) => from <= key && key < below)
      if (reverse) keys.reverse()
      return keys.slice(0, limit).map((key) => ({ key, value: entries().get(key) as Uint8Array }))
    },
    forget: () => {
      sorted = undefined
    },
  }
}

export function createMemoryStore(): Store {
  let entries = new Map<string, Uint8Array>()
  let isShared = false
  const { get, range, forget } = createReads(() => entries)
  return {
    get,
    range,
    view: () => {
      const shared = entries
      isShared = true
      const reads = createReads(() => shared)
      return { get: reads.get, range: reads.range, close: async () => undefined }
    },
    write: async ({ put, remove }) => {
      if (isShared) entries = new Map(entries)
      isShared = false
      for (const key of remove) entries.delete(key)
      for (const { key, value } of put) entries.set(key, Uint8Array.from(value))
      forget()
    },
    close: async () => {},
  }
}
