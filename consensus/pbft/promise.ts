// The one gate for everything that this replica signs: strictly rising in (view, kind), with what it rests on.
import { assert } from '../../vm/assert.ts'
import type { View } from '../../vm/types.ts'
import type { VoteKind } from '../../vm/vote.ts'
import type { PreparedCertificate } from '../certificate.ts'
import type { Unsigned } from '../message.ts'
import type { State, Step } from '../state.ts'
import type { ProposedBlock } from '../types.ts'
import { compareRanks } from '../vote.ts'

/**
 * Rule 3: after a view-change for v nothing below v is signed, and nothing is signed twice. The vote lock refuses the same
 * votes; asked here first, it is never reached by one that it would refuse.
 */
export function maySign(state: State, kind: VoteKind, view: View = state.view): boolean {
  if (state.config.self === null || view < state.view) return false
  return state.promised === null || compareRanks({ view, kind }, state.promised) > 0
}

type Promised = {
  readonly message: Unsigned
  readonly certificate?: PreparedCertificate | null
  readonly block?: ProposedBlock
}

export function promise(state: State, promised: Promised): Step {
  const { message, certificate = null, block = null } = promised
  assert(maySign(state, message.kind, message.view), `${message.kind} out of order`)
  assert(message.signer === state.config.self, 'a replica promises for itself')
  return {
    state: { ...state, promised: { view: message.view, kind: message.kind } },
    effects: [{ kind: 'promise', message, certificate, block }],
  }
}
