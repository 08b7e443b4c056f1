// Applies the rules to a state until none of them has anything left to do.
import { assert } from '../../vm/assert.ts'
import type { State, Step } from '../state.ts'
import { fetchReported, proposeAgain, proposeFirst } from './new-view.ts'
import { decide, raisePrepared, sendCommit, sendPrepare, startExecution } from './normal-case.ts'
import { startViewTimer } from './timers.ts'
import { followOthers, followPrimary } from './view-change.ts'

/** Null if the rule does not apply to the state. */
type Rule = (state: State) => Step | null

/** In order: whatever is higher up is done before anything below it. */
const rules: readonly Rule[] = [
  decide,
  followOthers,
  followPrimary,
  raisePrepared,
  proposeFirst,
  fetchReported,
  proposeAgain,
  startExecution,
  sendPrepare,
  sendCommit,
  startViewTimer,
]

const observerRules: readonly Rule[] = [decide]

/** Far above what one input can set off; each rule makes itself inapplicable. */
const stepsMax = 1_000

export function progress({ state, effects }: Step): Step {
  const all = [...effects]
  let current = state
  for (let count = 0; current.outcome === null; count++) {
    assert(count < stepsMax, 'the rules come to rest')
    const next = applyFirst(current)
    if (next === null) break
    current = next.state
    all.push(...next.effects)
  }
  return { state: current, effects: all }
}

function applyFirst(state: State): Step | null {
  for (const rule of state.config.self === null ? observerRules : rules) {
    const step = rule(state)
    if (step !== null) return step
  }
  return null
}
