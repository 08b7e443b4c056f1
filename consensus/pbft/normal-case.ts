// The normal case: pre-prepare, prepare, commit, decision (PBFT section 4.2).
import type { ReplicaIndex } from '../../vm/types.ts'
import { formCertificate, signersOf } from '../certificate.ts'
import type { Prepare } from '../message.ts'
import { decidingVote } from '../phases.ts'
import type { Execution, State, Step } from '../state.ts'
import { primaryOf } from '../types.ts'
import type { Verified } from '../verified.ts'
import { maySign, promise } from './promise.ts'
import { currentProposal, isValid } from './proposals.ts'
import { findQuorum } from './tally.ts'

/**
 * Rule 4 (PBFT 4.2, "committed-local"): a quorum of kept commits of any single view decides, also when this replica is in a
 * later view by now; with PoA a majority of kept seals. The block itself need not be here.
 */
export function decide(state: State): Step | null {
  const { engine, validators, self } = state.config
  const votes = findQuorum(state, decidingVote[engine])
  if (votes === undefined) return null
  const certificate = formCertificate(votes, validators.length)
  const signers = signersOf(certificate, validators.length) ?? []
  return {
    state: { ...state, outcome: certificate, execution: null, viewTimer: null },
    effects: [
      { kind: 'clear-timer', timer: 'view' },
      { kind: 'clear-timer', timer: 'resend' },
      { kind: 'decided', certificate, sources: signers.filter((signer) => signer !== self) },
    ],
  }
}

/**
 * Rule 4, last part (PBFT 4.2, "prepared"): q prepares of one view up to the current one become this replica's prepared
 * certificate. Of an older view they lead to no commit: the commit would be below a view-change already signed. With PoA the
 * own seal alone binds: it may be one of a majority.
 */
export function raisePrepared(state: State): Step | null {
  const prepares = binding(state)
  const [first] = prepares
  if (first === undefined) return null
  if (state.prepared !== null && first.view <= state.prepared.view) return null
  const prepared = formCertificate(prepares, state.config.validators.length)
  return { state: { ...state, prepared }, effects: [] }
}

function binding(state: State): readonly Verified<Prepare>[] {
  const { engine, self } = state.config
  if (engine === 'pbft') return findQuorum(state, 'prepare', state.view) ?? []
  const seal = self === null ? undefined : state.kept[self]?.prepare
  return seal === undefined || seal === null ? [] : [seal]
}

/** Rule 8: one execution per view, of the proposal that was accepted in it; two overlays at most. */
export function startExecution(state: State): Step | null {
  const proposal = currentProposal(state)
  if (proposal === null || !maySign(state, 'prepare')) return null
  const { block, fresh } = proposal
  const { execution, prepared } = state
  if (isValid(state, block.blockId)) return null
  if (execution?.view === state.view && execution.blockId === block.blockId) return null
  const keep = prepared !== null && prepared.blockId !== block.blockId ? prepared.blockId : null
  const started: Execution = { view: state.view, blockId: block.blockId }
  return {
    state: { ...state, execution: started },
    effects: [
      {
        kind: 'execute',
        view: state.view,
        block: state.blocks.get(block.blockId)?.block ?? block,
        fresh,
        keep,
        sources: sourcesOf(state, started),
      },
    ],
  }
}

/** Rule 8: the primary of the view, then everyone who signed a prepare for the block or proposed it when it was prepared. */
export function sourcesOf(state: State, { view, blockId }: Execution): readonly ReplicaIndex[] {
  const sources = new Set([primaryOf(state.config, view)])
  for (const kept of state.kept) {
    if (kept.prepare?.blockId === blockId) sources.add(kept.prepare.signer)
    const certificate = kept['view-change']?.certificate
    if (certificate?.blockId !== blockId) continue
    for (const signer of signersOf(certificate, state.kept.length) ?? []) sources.add(signer)
    sources.add(primaryOf(state.config, certificate.view))
  }
  return [...sources].filter((source) => source !== state.config.self)
}

/**
 * A backup that accepted the pre-prepare of its view and found every root equal prepares it (PBFT 4.2); so does the primary,
 * whose pre-prepare is not a prepare.
 */
export function sendPrepare(state: State): Step | null {
  const { self, height } = state.config
  const proposal = currentProposal(state)
  if (self === null || proposal === null || !maySign(state, 'prepare')) return null
  const { blockId } = proposal.block
  const known = state.blocks.get(blockId)
  if (known === undefined || !known.valid) return null
  return promise(state, {
    message: { kind: 'prepare', height, view: state.view, blockId, signer: self },
    block: known.block,
  })
}

/**
 * A replica with a prepared certificate of its current view commits (PBFT 4.2). Its own prepare counts if it was sent, but is
 * not asked for: the block need not be here.
 */
export function sendCommit(state: State): Step | null {
  const { prepared, view } = state
  const { self, height } = state.config
  if (self === null || prepared === null || prepared.view !== view) return null
  if (!maySign(state, 'commit')) return null
  return promise(state, {
    message: { kind: 'commit', height, view, blockId: prepared.blockId, signer: self },
    certificate: prepared,
  })
}
