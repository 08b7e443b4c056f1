// When the timer of a view starts, how long it runs, and how a block shrinks from view to view.
import { honest, quorum } from '../../vm/quorum.ts'
import type { ReplicaIndex, View } from '../../vm/types.ts'
import type { Effect } from '../effect.ts'
import type { State, Step } from '../state.ts'
import { primaryOf, type Timers } from '../types.ts'
import { keptOf, viewsSeen } from './tally.ts'

/** How often an undecided replica repeats itself (rule 7). */
export const resendMs = 1_000

/** From this view on a block is empty: no transaction of its own can hold a height for ever. */
export const emptyFromView = 4

/** The part of the block's cost budget that the primary of a view may use. */
export function budgetShare(view: View): number {
  return view >= emptyFromView ? 0 : 1 / 2 ** view
}

/** Linear and capped: doubling without a cap is how peers came to wait for hours. */
function longestMs(timers: Timers, view: View): number {
  return Math.min(timers.baseTimeoutMs + view * timers.timeoutStepMs, timers.timeoutCapMs)
}

/** A primary whose connection is gone is waited for only as long as a connection takes to come back. */
const patienceShare = 8

function timeoutMs({ config, view, lost }: State): number {
  const usual = longestMs(config.timers, view)
  const primary = config.validators[primaryOf(config, view)]
  if (primary === undefined || !lost.has(primary.account)) return usual
  return Math.min(usual, Math.floor(config.timers.baseTimeoutMs / patienceShare))
}

/**
 * The connection to a peer ended or stands again. Who dies closes its connections, so that its turns need not be waited for; who
 * is cut off from the primary alone could not have prepared its block anyway. A link that comes and goes moves the end of the
 * view only to earlier times than a link that stands: nobody holds a view by it.
 */
export function noteLink(state: State, peer: ReplicaIndex, link: 'stands' | 'gone'): Step {
  const account = state.config.validators[peer]?.account
  const isNews = account !== undefined && state.lost.has(account) !== (link === 'gone')
  if (!isNews) return { state, effects: [] }
  const lost = new Set(state.lost)
  if (link === 'gone') lost.add(account)
  else lost.delete(account)
  const next: State = { ...state, lost }
  const isWaited = primaryOf(state.config, state.view) === peer && state.viewTimer !== null
  return { state: next, effects: isWaited ? [setViewTimer(next)] : [] }
}

/** What is left of the time that the view has at most, a clock that was set back included. */
function leftMs({ config, view, viewTimer, nowMs }: State): number {
  const passedMs = viewTimer === null ? 0 : Math.max(0, nowMs - viewTimer.sinceMs)
  return Math.max(0, longestMs(config.timers, view) - passedMs)
}

function setViewTimer(state: State): Effect {
  const afterMs = Math.min(leftMs(state), timeoutMs(state))
  return { kind: 'set-timer', timer: 'view', view: state.view, afterMs }
}

/**
 * View 0: when a block is due here, or others show that one is on its way. A view above 0: when q validators are seen in it or
 * higher (PBFT 4.5.2), so that nobody runs ahead alone. An accepted proposal does not stop it: only the decision or a higher
 * view does.
 */
export function startViewTimer(state: State): Step | null {
  if (state.viewTimer !== null || !isExpected(state)) return null
  const next: State = { ...state, viewTimer: { sinceMs: state.nowMs } }
  return { state: next, effects: [setViewTimer(next)] }
}

function isExpected(state: State): boolean {
  const { engine, validators } = state.config
  const n = validators.length
  if (state.view > 0) {
    return viewsSeen(state).filter((view) => view >= state.view).length >= quorum(n, engine)
  }
  if (state.due || keptOf(state, 'pre-prepare').length > 0) return true
  return keptOf(state, 'prepare').length >= honest(n, engine)
}
