// The keys of a kept state in the order of their paths: the store has them in their own order, the tree by their hashes.

import { toHex } from '../../vm/bytes.ts'
import { pathOf } from '../../vm/state-tree-hash.ts'
import type { KeptState } from '../ledger/types.ts'

/** Six bytes of a path: its order among others, but for a few that are told apart when they are looked at. */
const ORDER_DIGITS = 12

type Named = { readonly order: number; readonly key: string }

function orderOf(key: string): number {
  const path = pathOf(key)
  let order = 0
  for (let i = 0; i < ORDER_DIGITS / 2; i++) order = order * 256 + (path[i] ?? 0)
  return order
}

/** The first place whose order is not below. */
function lowerBound(sorted: readonly Named[], order: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as Named).order < order) low = middle + 1
    else high = middle
  }
  return low
}

export type KeyIndex = {
  /** How many keys may be below the prefix; a few more than there are if it is long. */
  readonly count: (app: number, prefix: string) => number
  /** Keys below the prefix, in the order of their paths. */
  readonly below: (app: number, prefix: string) => readonly string[]
}

/** Reads every key once, with pauses; about 100 bytes of memory for each. */
export async function createKeyIndex(state: KeptState): Promise<KeyIndex> {
  const byApp = new Map<number, readonly Named[]>()
  for (const app of state.roots.keys()) {
    const named: Named[] = []
    let after: string | undefined
    for (;;) {
      const page = await state.keys(app, after)
      for (const key of page) named.push({ order: orderOf(key), key })
      after = page.at(-1)
      if (after === undefined) break
    }
    byApp.set(
      app,
      named.sort((left, right) => left.order - right.order),
    )
  }
  const span = (app: number, prefix: string) => {
    const sorted = byApp.get(app) ?? []
    const digits = prefix.slice(0, ORDER_DIGITS)
    const scale = 16 ** (ORDER_DIGITS - digits.length)
    const first = Number.parseInt(digits || '0', 16) * scale
    return { sorted, from: lowerBound(sorted, first), to: lowerBound(sorted, first + scale) }
  }
  return {
    count: (app, prefix) => {
      const { from, to } = span(app, prefix)
      return to - from
    },
    below: (app, prefix) => {
      const { sorted, from, to } = span(app, prefix)
      return sorted
        .slice(from, to)
        .map(({ key }) => ({ key, path: toHex(pathOf(key)) }))
        .filter(({ path }) => path.startsWith(prefix, 2))
        .sort((left, right) => (left.path < right.path ? -1 : 1))
        .map(({ key }) => key)
    },
  }
}
