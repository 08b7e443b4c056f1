// Rule 7: streams lose messages, so an undecided replica repeats itself and a decided one answers.
import type { AccountId, Height, ReplicaIndex, TimeMs } from '../../vm/types.ts'
import type { Effect } from '../effect.ts'
import type { Message } from '../message.ts'
import type { State, Step } from '../state.ts'
import { fetchOf } from './new-view.ts'
import { isHeld } from './proposals.ts'
import { resendMs } from './timers.ts'

/** The newest own message of each kind, in the order of signing. */
function ownMessages(state: State): readonly Message[] {
  const kept = state.config.self === null ? undefined : state.kept[state.config.self]
  if (kept === undefined) return []
  return [kept['view-change'], kept['pre-prepare'], kept.prepare, kept.commit].filter(
    (message) => message !== null,
  )
}

/** To everybody, now and every second; what is being fetched is asked for again too, with newer sources. */
export function resendToAll(state: State): Step {
  const messages = ownMessages(state)
  const effects: Effect[] = [{ kind: 'set-timer', timer: 'resend', afterMs: resendMs }]
  if (messages.length > 0) effects.push({ kind: 'broadcast', messages })
  const wanted = new Set(state.fetching.filter((blockId) => !isHeld(state, blockId)))
  if (state.execution !== null) wanted.add(state.execution.blockId)
  for (const blockId of wanted) effects.push(fetchOf(state, blockId))
  return { state, effects }
}

/** To one validator, on every new connection. */
export function resendTo(state: State, to: ReplicaIndex): Step {
  const messages = ownMessages(state)
  return { state, effects: messages.length === 0 ? [] : [{ kind: 'send', to, messages }] }
}

type Asker = { readonly from: ReplicaIndex; readonly height: Height; readonly nowMs: TimeMs }

/** With the decided block and its certificate, at most once a second for each peer. */
export function answer(state: State, { from, height, nowMs }: Asker): Step {
  const account = state.config.validators[from]?.account
  if (account === undefined) return { state, effects: [] }
  const last = state.answeredMs.get(account)
  if (last !== undefined && nowMs - last < resendMs) return { state, effects: [] }
  const answeredMs = new Map<AccountId, TimeMs>(state.answeredMs).set(account, nowMs)
  return {
    state: { ...state, answeredMs },
    effects: [{ kind: 'send-decided', to: from, height }],
  }
}
