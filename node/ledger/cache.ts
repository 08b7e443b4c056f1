// A cache that forgets what was not used for longest, in two generations: no bookkeeping per use beyond a map.

export type Cache<V> = {
  readonly get: (key: string) => V | undefined
  readonly set: (key: string, value: V) => void
  readonly remove: (key: string) => void
}

/** Holds values of up to `max` in all, by `sizeOf`; what was used recently stays at least until half of that came after it. */
export function createCache<V>(max: number, sizeOf: (value: V) => number = () => 1): Cache<V> {
  let young = new Map<string, V>()
  let old = new Map<string, V>()
  let size = 0
  const set = (key: string, value: V): void => {
    const replaced = young.get(key)
    size += sizeOf(value) - (replaced === undefined ? 0 : sizeOf(replaced))
    young.set(key, value)
    if (size <= max / 2) return
    old = young
    young = new Map()
    size = 0
  }
  return {
    set,
    remove: (key) => {
      const found = young.get(key)
      if (found !== undefined) size -= sizeOf(found)
      young.delete(key)
      old.delete(key)
    },
    get: (key) => {
      const found = young.get(key)
      if (found !== undefined) return found
      const older = old.get(key)
      if (older !== undefined) set(key, older)
      return older
    },
  }
}
