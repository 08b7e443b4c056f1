// Two areas for the state: one that is read, and one in which a state that is fetched grows until it takes over.
import type { Store, StoreChange, StoreReads } from './port.ts'

/** In the second area the letter of state values is a capital. */
export type Area = 'lower' | 'upper'

const LETTER = 's'

export function otherArea(area: Area): Area {
  return area === 'lower' ? 'upper' : 'lower'
}

/** Also of the end of a range of them. */
function isOfState(key: string): boolean {
  return key.charAt(0) === LETTER && key.length > 1
}

/** The key under which the store has a key of the state in this area; other keys stay as they are. */
function inArea(area: Area, key: string): string {
  return area === 'lower' || !isOfState(key) ? key : key.charAt(0).toUpperCase() + key.slice(1)
}

export function changeInArea(area: Area, change: StoreChange): StoreChange {
  if (area === 'lower') return change
  const { put, remove } = change
  return {
    put: put.map(({ key, value }) => ({ key: inArea(area, key), value })),
    remove: remove.map((key) => inArea(area, key)),
  }
}

/** Reads with the keys that the ledger knows; a range is of one kind of record. */
export function readsInArea(reads: StoreReads, area: Area): StoreReads {
  return {
    get: (key) => reads.get(inArea(area, key)),
    range: async ({ from, below, ...rest }) => {
      const span = { from: inArea(area, from), below: inArea(area, below), ...rest }
      const found = await reads.range(span)
      if (span.from === from) return found
      return found.map(({ key, value }) => ({ key: from.charAt(0) + key.slice(1), value }))
    },
  }
}

/** Keys of one removal. */
const PAGE = 4_096

/** Removes the state of an area. */
export async function clearArea(store: Pick<Store, 'range' | 'write'>, area: Area): Promise<void> {
  const from = inArea(area, `${LETTER}/`)
  for (;;) {
    const page = await store.range({ from, below: `${from.charAt(0)}0`, limit: PAGE })
    if (page.length === 0) return
    await store.write({ put: [], remove: page.map(({ key }) => key) })
  }
}
