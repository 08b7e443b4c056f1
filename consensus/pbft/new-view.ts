// The primary's turn: what to propose, and in a view above 0 the justification for it (rules 1 and 8).
import { quorum } from '../../vm/quorum.ts'
import type { Digest } from '../../vm/types.ts'
import type { Effect } from '../effect.ts'
import type { Justification, ViewChange } from '../message.ts'
import type { State, Step } from '../state.ts'
import { type ProposedBlock, primaryOf } from '../types.ts'
import { highestReports } from '../verify.ts'
import { sourcesOf } from './normal-case.ts'
import { maySign, promise } from './promise.ts'
import { isHeld, learn } from './proposals.ts'
import { keptOf } from './tally.ts'
import { budgetShare } from './timers.ts'

function isPrimary(state: State): boolean {
  return primaryOf(state.config, state.view) === state.config.self && maySign(state, 'pre-prepare')
}

function changesOf(state: State): readonly ViewChange[] {
  return keptOf(state, 'view-change').filter((change) => change.view === state.view)
}

/** View 0 (PBFT 4.2): a block is asked for when one is due here. */
export function proposeFirst(state: State): Step | null {
  if (state.view !== 0 || !isPrimary(state) || !state.due || state.asked !== null) return null
  return ask(state, null)
}

/**
 * A view above 0 (PBFT 4.4): with q view-changes for it that count, the primary proposes again the block of the highest report
 * among them, byte for byte; if none reports one, it is free and asks for a fresh block at once.
 */
export function proposeAgain(state: State): Step | null {
  if (state.view === 0 || !isPrimary(state) || state.asked !== null) return null
  const chosen = justify(state)
  if (chosen === null) return null
  const reported = chosen.certificate?.blockId
  const known = reported === undefined ? undefined : state.blocks.get(reported)
  return known === undefined ? ask(state, chosen) : preprepare(state, known.block, chosen)
}

/**
 * The q highest reports that count: null ones, and those whose block this replica holds. A report of the highest view with
 * another id, which only more than f liars can prove, may not be among them (rule 1).
 */
function justify(state: State): Justification | null {
  const countable = changesOf(state)
    .filter(({ prepared }) => prepared === null || isHeld(state, prepared.blockId))
    .toSorted((left, right) => (right.prepared?.view ?? -1) - (left.prepared?.view ?? -1))
  const [report] = highestReports(countable.map((change) => change.prepared))
  const agreeing = countable.filter(
    ({ prepared }) =>
      prepared === null || prepared.view !== report?.view || prepared.blockId === report.blockId,
  )
  const chosen = chooseQuorum(state, agreeing)
  if (chosen === null) return null
  return {
    viewChanges: chosen.map(({ signer, prepared, signature }) => ({ signer, prepared, signature })),
    certificate: agreeing[0]?.certificate ?? null,
  }
}

/** The first q; with PoA the own one is among them, as the own seal is among those that this replica answers for. */
function chooseQuorum(state: State, agreeing: readonly ViewChange[]): readonly ViewChange[] | null {
  const { engine, self, validators } = state.config
  const size = quorum(validators.length, engine)
  const own = agreeing.filter(({ signer }) => engine === 'poa' && signer === self)
  if (agreeing.length < size || (engine === 'poa' && own.length === 0)) return null
  const others = agreeing.filter((change) => !own.includes(change))
  return [...others.slice(0, size - own.length), ...own]
}

/** Rule 8: a reporting view-change counts for a primary once it holds that block; so it fetches those it lacks. */
export function fetchReported(state: State): Step | null {
  if (state.view === 0 || !isPrimary(state) || state.asked !== null) return null
  const wanted = changesOf(state)
    .map((change) => change.prepared?.blockId)
    .filter((blockId) => blockId !== undefined)
    .filter((blockId) => !isHeld(state, blockId) && !state.fetching.includes(blockId))
  const [blockId] = wanted
  if (blockId === undefined) return null
  return {
    state: { ...state, fetching: [...state.fetching, blockId] },
    effects: [fetchOf(state, blockId)],
  }
}

export function fetchOf(state: State, blockId: Digest): Effect {
  return { kind: 'fetch', blockId, sources: sourcesOf(state, { view: state.view, blockId }) }
}

function ask(state: State, justification: Justification | null): Step {
  const { view } = state
  return {
    state: { ...state, asked: { view, justification } },
    effects: [
      {
        kind: 'propose',
        view,
        share: budgetShare(view),
        leaveOut: state.failed,
        mayBeEmpty: view > 0,
      },
    ],
  }
}

/** The node's answer: a fresh block, executed here, under the justification that was chosen when it was asked for. */
export function takeProposal(state: State, proposal: { view: number; block: ProposedBlock }): Step {
  const { asked } = state
  if (asked === null || asked.view !== proposal.view || !isPrimary(state)) {
    return { state, effects: [] }
  }
  const known = learn(state, proposal.block, { held: true, valid: true })
  return preprepare(known, proposal.block, asked.justification)
}

function preprepare(state: State, block: ProposedBlock, chosen: Justification | null): Step {
  const { self, height } = state.config
  if (self === null) return { state, effects: [] }
  const { view } = state
  const fresh = chosen === null || chosen.certificate === null
  const next: State = { ...state, asked: null, own: { view, block, fresh } }
  return promise(next, {
    message: {
      ...block,
      kind: 'pre-prepare',
      height,
      view,
      signer: self,
      justification: chosen,
    },
  })
}
