// The order in which a validator may sign the votes of one height.
import type { View } from '../vm/types.ts'
import type { VoteKind } from '../vm/vote.ts'

const ranks = { 'view-change': 0, 'pre-prepare': 1, prepare: 2, commit: 3 } as const

/** Where a vote stands in its height: by view (of a view-change the new one), then by kind. */
export type Rank = { readonly view: View; readonly kind: VoteKind }

/**
 * Negative if `left` comes before `right` within one height. A correct replica signs in strictly rising order (rule 3 and
 * one vote per kind and view in one); the vote lock enforces the same order.
 */
export function compareRanks(left: Rank, right: Rank): number {
  return left.view - right.view || ranks[left.kind] - ranks[right.kind]
}
