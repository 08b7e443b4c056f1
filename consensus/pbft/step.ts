// The one switch of an engine: each input to its rule, then all rules until they rest.
import { assertNever } from '../../vm/assert.ts'
import type { ReplicaIndex } from '../../vm/types.ts'
import type { Engine } from '../engine.ts'
import type { Input } from '../input.ts'
import type { State, Step } from '../state.ts'
import { takeFetched, takeJudgement } from './judgement.ts'
import { takeProposal } from './new-view.ts'
import { progress, type Rules } from './progress.ts'
import { keepOwn, receive, triage } from './receive.ts'
import { answer, resendTo, resendToAll } from './resend.ts'
import { begin } from './start.ts'
import { noteLink } from './timers.ts'
import { enterView } from './view-change.ts'

/** An engine is its rules: inputs, messages and timers are the same for all. */
export function createEngine(rules: Rules): Engine<State> {
  return {
    start: (start) => progress(rules, begin(start)),
    step: (state, input) =>
      state.outcome === null
        ? progress(rules, apply({ ...state, nowMs: input.nowMs }, input))
        : applyDecided(state, input),
    triage,
  }
}

function apply(state: State, input: Input): Step {
  switch (input.kind) {
    case 'message':
      return receive(state, input.message)
    case 'stale':
      return answer(state, input)
    case 'signed':
      return { state: keepOwn(state, input.message), effects: [] }
    case 'due':
      return { state: { ...state, due: true }, effects: [] }
    case 'proposal':
      return takeProposal(state, input)
    case 'executed':
      return takeJudgement(state, input)
    case 'fetched':
      return takeFetched(state, input.block)
    case 'timeout':
      if (input.timer === 'resend') return resendToAll(state)
      return isRunning(state, input.view)
        ? enterView(state, state.view + 1)
        : { state, effects: [] }
    case 'connected':
      return welcome(state, input.peer)
    case 'disconnected':
      return noteLink(state, input.peer, 'gone')
    case 'synced':
      return conclude(state)
    default:
      return assertNever(input)
  }
}

function welcome(state: State, peer: ReplicaIndex): Step {
  const linked = noteLink(state, peer, 'stands')
  const resent = resendTo(linked.state, peer)
  return { state: resent.state, effects: [...linked.effects, ...resent.effects] }
}

/** A height that is over answers whoever still works on it, and takes note of links for the next one. */
function applyDecided(state: State, input: Input): Step {
  if (input.kind === 'stale') return answer(state, input)
  if (input.kind === 'connected') return noteLink(state, input.peer, 'stands')
  if (input.kind === 'disconnected') return noteLink(state, input.peer, 'gone')
  if (input.kind !== 'message') return { state, effects: [] }
  return answer(state, { ...input, height: state.config.height })
}

function isRunning(state: State, view: number): boolean {
  return state.viewTimer !== null && state.view === view
}

function conclude(state: State): Step {
  return {
    state: { ...state, outcome: 'synced', execution: null, viewTimer: null },
    effects: [
      { kind: 'clear-timer', timer: 'view' },
      { kind: 'clear-timer', timer: 'resend' },
    ],
  }
}
