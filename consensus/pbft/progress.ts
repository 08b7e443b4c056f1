// Applies the rules to a state until none of them has anything left to do.
import { assert } from '../../vm/assert.ts'
import type { State, Step } from '../state.ts'

/** Null if the rule does not apply to the state. */
export type Rule = (state: State) => Step | null

/** In order: whatever is higher up is done before anything below it. */
export type Rules = { readonly replica: readonly Rule[]; readonly observer: readonly Rule[] }

/** Far above what one input can set off; each rule makes itself inapplicable. */
const stepsMax = 1_000

export function progress(rules: Rules, { state, effects }: Step): Step {
  const all = [...effects]
  let current = state
  for (let count = 0; current.outcome === null; count++) {
    assert(count < stepsMax, 'the rules come to rest')
    const next = applyFirst(rules, current)
    if (next === null) break
    current = next.state
    all.push(...next.effects)
  }
  return { state: current, effects: all }
}

function applyFirst(rules: Rules, state: State): Step | null {
  for (const rule of state.config.self === null ? rules.observer : rules.replica) {
    const step = rule(state)
    if (step !== null) return step
  }
  return null
}
