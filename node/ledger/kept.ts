// The state of one block, held while the chain goes on, for nodes that fetch it.
import type { Height } from '../../vm/types.ts'
import { readsInArea } from '../store/areas.ts'
import { headKey, stateKey } from '../store/keys.ts'
import type { Store } from '../store/port.ts'
import { readBase } from './base.ts'
import { createHistory } from './history.ts'
import type { Turn } from './planter.ts'
import { damaged, readHeadRecord } from './records.ts'
import { requireRoots } from './start-check.ts'
import { loadTrees } from './tree-load.ts'
import type { KeptState } from './types.ts'
import { contentOf } from './values.ts'

/** The longest that a state is held. Pruned blocks are older than what a joiner with such a state still needs. */
export const HELD_MS = 600_000
/** Keys of one page. */
const PAGE = 2_048

function keepState(store: Store, turn: Turn | undefined): KeptState {
  const view = store.view()
  const { area } = readBase(view)
  const reads = readsInArea(view, area)
  const record = reads.get(headKey)
  if (record === undefined) throw damaged('there is no head')
  const { height, trees: names } = readHeadRecord(record)
  const roots = new Map(names.map(({ app, root }) => [app, root]))
  const history = createHistory(reads)
  const sealed = history.header(height)
  const certificateBytes = history.certificate(height)
  if (sealed === undefined || certificateBytes === undefined)
    throw damaged(`the head ${height} is missing`)
  return {
    head: { ...sealed, certificateBytes },
    roots,
    trees: async () => {
      const trees = await loadTrees(reads, [...roots.keys()], turn)
      requireRoots(trees.roots(), roots)
      return trees
    },
    value: (at) => {
      const value = reads.get(stateKey(at))
      return value && contentOf(value)
    },
    keys: async (app, after) => {
      const base = stateKey({ app, key: '' })
      // A space sorts before every character of a key.
      const from = after === undefined ? base : `${base}${after} `
      const below = `${base.slice(0, -1)}0`
      const found = await reads.range({ from, below, limit: PAGE })
      return found.map(({ key }) => key.slice(base.length))
    },
    close: view.close,
  }
}

/** The states that are held now. */
export function createHeld(store: Store, turn?: Turn) {
  const held = new Set<KeptState>()
  return {
    keep: (): KeptState => {
      const state = keepState(store, turn)
      const counted: KeptState = {
        ...state,
        close: () => {
          held.delete(counted)
          return state.close()
        },
      }
      held.add(counted)
      return counted
    },
    /** The lowest height of one. */
    lowest: (): Height | undefined =>
      held.size === 0 ? undefined : Math.min(...[...held].map(({ head }) => head.header.height)),
  }
}
