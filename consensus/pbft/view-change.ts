// Leaving a view: by its timer, by an invalid proposal, or after others (PBFT section 4.4; rules 3, 5 and 6).
import { assert } from '../../vm/assert.ts'
import { honest } from '../../vm/quorum.ts'
import type { View } from '../../vm/types.ts'
import type { State, Step } from '../state.ts'
import type { ProposedTransaction } from '../types.ts'
import { raisePrepared } from './normal-case.ts'
import { promise } from './promise.ts'
import { currentProposal, forgetUnnamed } from './proposals.ts'
import { keptOf, viewSeen } from './tally.ts'
import { emptyFromView } from './timers.ts'

/**
 * Moves to `view` and promises the view-change for it first (rule 5), reporting the highest block prepared below it. Whoever
 * leaves view 0 shares the transactions it waits for: the primary may never have had them.
 */
export function enterView(state: State, view: View): Step {
  assert(view > state.view, 'views only rise')
  const { self, height } = state.config
  assert(self !== null, 'an observer follows no views')
  assert(!isSealing(state), 'a seal is signed before its view is left')
  const raised = raisePrepared({ ...state, view: view - 1 })?.state ?? state
  const next: State = forgetUnnamed({
    ...raised,
    view,
    viewTimer: null,
    execution: null,
    asked: null,
    fetching: [],
    failed: withFailed(state),
  })
  const { prepared } = next
  const report = prepared && { view: prepared.view, blockId: prepared.blockId }
  const promised = promise(next, {
    message: {
      kind: 'view-change',
      height,
      view,
      prepared: report,
      signer: self,
      certificate: prepared,
    },
    certificate: prepared,
  })
  return {
    state: promised.state,
    effects: [
      { kind: 'clear-timer', timer: 'view' },
      ...(state.view === 0 ? [{ kind: 'share-transactions' } as const] : []),
      ...promised.effects,
    ],
  }
}

/** Whether a seal that a view-change must report is not back from its signing; the loop feeds it back before anything else. */
function isSealing({ config, promised, kept }: State): boolean {
  if (config.engine !== 'poa' || promised?.kind !== 'prepare' || config.self === null) return false
  return kept[config.self]?.prepare?.view !== promised.view
}

/** What the proposal of the view that is left held; views that propose empty blocks need no such list. */
function withFailed(state: State): State['failed'] {
  const proposal = currentProposal(state)
  if (proposal === null || state.view >= emptyFromView) return state.failed
  const ids = proposal.block.transactions.map((transaction: ProposedTransaction) => transaction.id)
  return [...new Set([...state.failed, ...ids])]
}

/**
 * Rule 5 (PBFT 4.5.2): with f + 1 validators in higher views, at least one of them correct, a replica follows to the
 * (f + 1)-th highest of those views: f liars can neither drag it nor run away with it.
 */
export function followOthers(state: State): Step | null {
  const { validators, engine, self } = state.config
  const views = validators
    .map((_, validator) => viewSeen(state, validator))
    .filter((view, validator) => validator !== self && view > state.view)
    .toSorted((left, right) => right - left)
  const view = views[honest(validators.length, engine) - 1]
  return view === undefined ? null : enterView(state, view)
}

/** Rule 5, second part: a pre-prepare of a higher view proves by its justification that q validators are there. */
export function followPrimary(state: State): Step | null {
  const views = keptOf(state, 'pre-prepare').map((message) => message.view)
  const view = Math.max(...views, state.view)
  return view === state.view ? null : enterView(state, view)
}
