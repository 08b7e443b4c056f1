// What the node found out about blocks: executed, or fetched whole.
import type { Digest, View } from '../../vm/types.ts'
import type { Judgement } from '../input.ts'
import type { State, Step } from '../state.ts'
import { type ProposedBlock, primaryOf } from '../types.ts'
import { currentProposal, forget, isHeld, learn } from './proposals.ts'
import { enterView } from './view-change.ts'

type Executed = { readonly view: View; readonly blockId: Digest; readonly judgement: Judgement }

export function takeJudgement(state: State, executed: Executed): Step {
  const { execution } = state
  const { view, blockId, judgement } = executed
  const asked = execution?.view === view && execution.blockId === blockId
  switch (judgement) {
    case 'valid':
      return takeValid(state, executed)
    case 'invalid':
      return asked ? rejectProposal(state, blockId) : { state, effects: [] }
    case 'unavailable':
      return asked ? dropCopy(state, blockId) : { state, effects: [] }
  }
}

/** True also of a view that was left: the block stays valid, whoever proposes it again. */
function takeValid(state: State, { view, blockId }: Executed): Step {
  const known = state.blocks.get(blockId)
  const finished = state.execution?.view === view && state.execution.blockId === blockId
  const next = finished ? { ...state, execution: null } : state
  if (known === undefined) return { state: next, effects: [] }
  return { state: learn(next, known.block, { held: true, valid: true }), effects: [] }
}

/** Rule 6: a signed id that is proven invalid makes a replica leave the view at once. */
function rejectProposal(state: State, blockId: Digest): Step {
  if (currentProposal(state)?.block.blockId !== blockId) return { state, effects: [] }
  return enterView(state, state.view + 1)
}

/**
 * Rule 6, second part: a bad or useless attachment proves nothing; the copy takes no slot, and another copy of the same
 * pre-prepare is accepted. The own pre-prepare stays, and its block is asked for again with the next re-send.
 */
function dropCopy(state: State, blockId: Digest): Step {
  const primary = primaryOf(state.config, state.view)
  if (primary === state.config.self) return { state, effects: [] }
  const kept = state.kept.map((slots, validator) =>
    validator === primary && slots['pre-prepare']?.blockId === blockId
      ? { ...slots, 'pre-prepare': null }
      : slots,
  )
  const next: State = { ...state, kept, execution: null }
  return { state: isHeld(next, blockId) ? next : forget(next, blockId), effects: [] }
}

/** Rule 8: a block that is now here whole; an execution that had given up on its bytes starts again. */
export function takeFetched(state: State, block: ProposedBlock): Step {
  const fetching = state.fetching.filter((blockId) => blockId !== block.blockId)
  const waited = state.execution?.blockId === block.blockId
  const execution = waited ? null : state.execution
  return { state: learn({ ...state, fetching, execution }, block, { held: true }), effects: [] }
}
