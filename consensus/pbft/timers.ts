// When the timer of a view starts, how long it runs, and how a block shrinks from view to view.
import type { View } from '../../vm/types.ts'
import { honest, quorum } from '../quorum.ts'
import type { State, Step } from '../state.ts'
import type { Timers } from '../types.ts'
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
function timeoutMs(timers: Timers, view: View): number {
  return Math.min(timers.baseTimeoutMs + view * timers.timeoutStepMs, timers.timeoutCapMs)
}

/**
 * View 0: when a block is due here, or others show that one is on its way. A view above 0: when q validators are seen in it or
 * higher (PBFT 4.5.2), so that nobody runs ahead alone. An accepted proposal does not stop it: only the decision or a higher
 * view does.
 */
export function startViewTimer(state: State): Step | null {
  if (state.viewTimer === 'running' || !isExpected(state)) return null
  const { config, view } = state
  return {
    state: { ...state, viewTimer: 'running' },
    effects: [{ kind: 'set-timer', timer: 'view', view, afterMs: timeoutMs(config.timers, view) }],
  }
}

function isExpected(state: State): boolean {
  const n = state.config.validators.length
  if (state.view > 0) {
    return viewsSeen(state).filter((view) => view >= state.view).length >= quorum(n)
  }
  if (state.due || keptOf(state, 'pre-prepare').length > 0) return true
  return keptOf(state, 'prepare').length >= honest(n)
}
