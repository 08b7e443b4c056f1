// The store in memory, for tests and throw-away chains.
import type { Store } from './port.ts'

export function createMemoryStore(): Store {
  const entries = new Map<string, Uint8Array>()
  // Sorted keys, made when a range is asked for and dropped when keys come or go.
  let sorted: string[] | undefined
  return {
    get: (key) => entries.get(key),
    range: async ({ from, below, limit, reverse = false }) => {
      sorted ??= [...entries.keys()].sort((a, b) => (a < b ? -1 : 1))
      const keys = sorted.filter((key) => from <= key && key < below)
      if (reverse) keys.reverse()
      return keys.slice(0, limit).map((key) => ({ key, value: entries.get(key) as Uint8Array }))
    },
    write: async ({ put, remove }) => {
      for (const key of remove) entries.delete(key)
      for (const { key, value } of put) entries.set(key, Uint8Array.from(value))
      sorted = undefined
    },
    close: async () => {},
  }
}
