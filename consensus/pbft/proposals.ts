// The proposal of the current view, and the blocks that this replica knows of.
import type { Digest } from '../../vm/types.ts'
import type { KnownBlock, Proposal, State } from '../state.ts'
import { type ProposedBlock, primaryOf } from '../types.ts'
import { blockOf, isFresh } from '../verify.ts'
import { keptOf } from './tally.ts'

/** What stands to be voted on in this view: the primary's kept pre-prepare, or the own one from its promise on. */
export function currentProposal(state: State): Proposal | null {
  if (state.own?.view === state.view) return state.own
  const kept = state.kept[primaryOf(state.config, state.view)]?.['pre-prepare']
  if (kept === undefined || kept === null || kept.view !== state.view) return null
  return { view: kept.view, block: blockOf(kept), fresh: isFresh(kept) }
}

export function isHeld(state: State, blockId: Digest): boolean {
  return state.blocks.get(blockId)?.held === true
}

export function isValid(state: State, blockId: Digest): boolean {
  return state.blocks.get(blockId)?.valid === true
}

/**
 * Adds what is known of a block. A held block's lengths have been compared with its bytes; an unheld one's are only claimed,
 * so that the newest claim replaces an older one.
 */
export function learn(
  state: State,
  block: ProposedBlock,
  facts: Partial<Omit<KnownBlock, 'block'>> = {},
): State {
  const before = state.blocks.get(block.blockId)
  const known: KnownBlock = {
    block: before?.held ? before.block : block,
    held: before?.held === true || facts.held === true,
    valid: before?.valid === true || facts.valid === true,
  }
  return { ...state, blocks: new Map(state.blocks).set(block.blockId, known) }
}

export function forget(state: State, blockId: Digest): State {
  const blocks = new Map(state.blocks)
  blocks.delete(blockId)
  return { ...state, blocks }
}

/** Keeps the blocks that a kept message or the own certificate names: the bound of this map is that of the messages. */
export function forgetUnnamed(state: State): State {
  const named = new Set<Digest>()
  if (state.prepared !== null) named.add(state.prepared.blockId)
  for (const message of keptOf(state, 'pre-prepare')) named.add(message.blockId)
  for (const { prepared } of keptOf(state, 'view-change')) {
    if (prepared !== null) named.add(prepared.blockId)
  }
  return { ...state, blocks: new Map([...state.blocks].filter(([blockId]) => named.has(blockId))) }
}
