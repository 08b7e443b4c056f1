// Opens the ledger in a store: block 0 in a new one, checks in an old one; then everything the node asks of it.
import type { Genesis } from '../../genesis/build.ts'
import type { AppList } from '../../vm/app.ts'
import { createRules, type Rules } from '../../vm/rules.ts'
import type { Digest } from '../../vm/types.ts'
import { clearArea, otherArea } from '../store/areas.ts'
import { headKey } from '../store/keys.ts'
import type { Store } from '../store/port.ts'
import { createAreaImport } from './adopt.ts'
import { readBase } from './base.ts'
import { changeOf } from './commit.ts'
import { convertStore } from './convert.ts'
import { genesisBlock } from './genesis.ts'
import { createHistory } from './history.ts'
import { createHeld } from './kept.ts'
import { createNewest, type Newest, openArea } from './newest.ts'
import type { Turn } from './planter.ts'
import { createProofs } from './proofs.ts'
import { buildBlock, executeProposal, type Ground } from './propose.ts'
import { checkStart } from './start-check.ts'
import { tagsOf } from './tree.ts'
import { createTrim } from './trim.ts'
import type { Ledger, Place, StateImport } from './types.ts'

export type LedgerParts = {
  readonly store: Store
  readonly genesis: Genesis
  readonly list: AppList
  /** So many blocks stay whole; undefined keeps every block. */
  readonly keepBlocks?: number | undefined
  /** Called between pieces of work on all values. */
  readonly turn?: Turn | undefined
}

async function openNewest(parts: LedgerParts, rules: Rules): Promise<Newest> {
  const { store, genesis, turn } = parts
  const votesMax = rules.parameters.evidenceHeights
  const base = await convertStore(store, readBase(store))
  // What an import that did not end has left.
  await clearArea(store, otherArea(base.area))
  const area = await openArea(parts, base.area, tagsOf(rules.list))
  const first = genesisBlock(rules, genesis)
  const history = createHistory(area.store)
  if (area.store.get(headKey) === undefined && history.header(0) === undefined) {
    const proof = { certificateBytes: new Uint8Array(), isNewSet: true, votes: [], votesMax }
    await area.store.write(changeOf(first, proof))
    area.trees.keep(first.tree)
  }
  const head = checkStart({ ...area, history, first, lowest: base.lowest })
  const { windowMs } = rules.parameters
  return createNewest({ store, turn, area, base, votesMax, windowMs, head })
}

/** Throws GENESIS_MISMATCH for the data of another chain, STORE_DAMAGED if the newest records do not fit together. */
export async function openLedger(parts: LedgerParts): Promise<Ledger> {
  const { store, genesis, list, keepBlocks } = parts
  const { chainId, engine, parameters } = genesis
  const rules = createRules({ chainId, engine, parameters, list })
  const newest = await openNewest(parts, rules)
  const { head, reads } = newest
  const lowest = () => newest.base().lowest
  const history = createHistory(reads, lowest)
  const state = () => newest.stateAt(head().header.height)
  const { windowMs } = parameters
  const held = createHeld(store, parts.turn)
  const trim = createTrim({
    ...{ reads, base: newest.base, history, head, held: held.lowest, keepBlocks, windowMs },
  })

  /** A write can be read before it is durable: until then the block is of no height that is here. */
  const place = (id: Digest): Place | undefined => {
    const found = history.place(id)
    return found === undefined || found.height > head().header.height ? undefined : found
  }
  const contains = (id: Digest): boolean => place(id) !== undefined
  const isInWindow = (id: Digest): boolean => newest.mayHoldId(id) && contains(id)
  const ground = (): Ground => ({
    ...{ rules, contains: isInWindow, head: head(), state: state() },
    updateTrees: (writes) => newest.trees().update(writes),
  })

  return {
    ...{ rules, head, state, contains, isInWindow, lowest },
    queryState: state,
    build: (plan) => buildBlock(ground(), plan),
    execute: (proposal) => executeProposal(ground(), proposal),
    commit: newest.commit,
    stage: newest.stage,
    flush: newest.flush,
    keep: held.keep,
    beginImport: () => beginImport(store, newest),
    trim: async () => {
      const due = await trim()
      if (due !== undefined) await newest.change(due.change, due.base)
    },
    ...history,
    receipts: (height) => newest.receiptsOf(height) ?? history.receipts(height),
    place,
    ...createProofs(history, lowest),
    proveState: (at) => {
      const { height } = head().header
      const proof = newest.trees().prove(at, state().get(at))
      return { height, proof }
    },
  }
}

async function beginImport(store: Store, newest: Newest): Promise<StateImport> {
  const area = await createAreaImport(store, newest.base())
  return {
    put: area.put,
    finish: async (adoption) => {
      if (adoption.head.header.height <= newest.head().header.height) return
      await newest.adopt(adoption, () => area.finish(adoption))
    },
  }
}
