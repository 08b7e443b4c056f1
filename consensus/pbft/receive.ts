// Keeping what arrives: the newest message of each validator and kind, and reporting what no correct one would sign.
import { assert } from '../../vm/assert.ts'
import { sameBody } from '../../vm/vote.ts'
import type { Effect } from '../effect.ts'
import type { Triage } from '../engine.ts'
import type { Message } from '../message.ts'
import { decidingVote } from '../phases.ts'
import type { Kept, State, Step } from '../state.ts'
import type { Verified } from '../verified.ts'
import { blockOf } from '../verify.ts'
import { learn } from './proposals.ts'

export const nothingKept: Kept = {
  'pre-prepare': null,
  prepare: null,
  commit: null,
  'view-change': null,
}

/** Rule 5: one kept message per validator and kind, the one of the highest view. */
export function receive(state: State, message: Verified): Step {
  const kept = state.kept[message.signer]
  assert(kept !== undefined, 'a verified message has a member as signer')
  if (message.signer === state.config.self) return { state, effects: [] }
  const evidence = findEvidence(state, kept, message)
  const effects: readonly Effect[] = evidence === null ? [] : [{ kind: 'evidence', ...evidence }]
  const before = kept[message.kind]
  if (before !== null && before.view >= message.view) return { state, effects }
  return { state: keep(state, message), effects }
}

/** An own message, signed and durable; a loop that feeds two of them back in another order does no harm. */
export function keepOwn(state: State, message: Verified): State {
  assert(message.signer === state.config.self, 'only own messages are signed here')
  const before = state.kept[message.signer]?.[message.kind] ?? null
  return before !== null && before.view >= message.view ? state : keep(state, message)
}

/** Replaces the kept message of its signer and kind. */
function keep(state: State, message: Verified): State {
  const kept = state.kept.map((slots, validator) =>
    validator === message.signer ? { ...slots, [message.kind]: message } : slots,
  )
  const next = { ...state, kept }
  return message.kind === 'pre-prepare' ? learn(next, blockOf(message)) : next
}

type Evidence = Omit<Extract<Effect, { kind: 'evidence' }>, 'kind'>

/**
 * Two bodies for one kind and view; or amnesia: a vote that decides (a commit, a seal) in a view and a view-change to a higher one
 * that reports nothing as high. Only signed bodies count, never attachments. A message that is older than the kept one of its
 * kind may still contradict one of another kind.
 */
function findEvidence({ config }: State, kept: Kept, message: Message): Evidence | null {
  const before = kept[message.kind]
  if (before !== null && before.view === message.view && !sameBody(before, message)) {
    return { fault: 'equivocation', first: before, second: message }
  }
  const binding = decidingVote[config.engine]
  if (message.kind !== binding && message.kind !== 'view-change') return null
  const vote = message.kind === binding ? message : kept[binding]
  const change = message.kind === 'view-change' ? message : kept['view-change']
  if (vote === null || change === null || change.view <= vote.view) return null
  if (change.prepared !== null && change.prepared.view >= vote.view) return null
  return { fault: 'amnesia', first: vote, second: change }
}

/** Spares the signatures of what says nothing new: every undecided replica repeats itself each second. */
export function triage(state: State, message: Message): Triage {
  const { height, self } = state.config
  if (message.height < height) return 'answer'
  if (message.height > height) return 'later'
  if (state.outcome !== null) return 'answer'
  const kept = state.kept[message.signer]
  if (kept === undefined || message.signer === self) return 'drop'
  const before = kept[message.kind]
  if (before === null || message.view > before.view) return 'take'
  if (message.view === before.view && sameBody(before, message)) return 'drop'
  return findEvidence(state, kept, message) === null ? 'drop' : 'take'
}
