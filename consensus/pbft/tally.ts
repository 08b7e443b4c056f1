// Counting kept messages: quorums of one view and block, and the views that validators are seen in.
import { quorum } from '../../vm/quorum.ts'
import type { ReplicaIndex, View } from '../../vm/types.ts'
import type { Commit, Prepare } from '../message.ts'
import type { Kept, State } from '../state.ts'
import type { Verified } from '../verified.ts'

type BlockVotes = { readonly prepare: Verified<Prepare>; readonly commit: Verified<Commit> }

/** Kept messages of one kind, at most one of each validator. */
export function keptOf<Kind extends keyof Kept>(
  state: State,
  kind: Kind,
): readonly NonNullable<Kept[Kind]>[] {
  const found: NonNullable<Kept[Kind]>[] = []
  for (const kept of state.kept) {
    const message = kept[kind]
    if (message !== null) found.push(message)
  }
  return found
}

/**
 * A quorum of votes of one kind for one block in one and the same view, the highest such view up to `viewMax`; rule 4: votes
 * of different views are never added. Exactly a quorum, the first by signer.
 */
export function findQuorum<Kind extends keyof BlockVotes>(
  state: State,
  kind: Kind,
  viewMax: View = Number.POSITIVE_INFINITY,
): readonly BlockVotes[Kind][] | undefined {
  const groups = new Map<string, BlockVotes[Kind][]>()
  for (const vote of keptOf(state, kind) as readonly BlockVotes[Kind][]) {
    if (vote.view > viewMax) continue
    const key = `${vote.view}/${vote.blockId}`
    groups.set(key, [...(groups.get(key) ?? []), vote])
  }
  const size = quorum(state.config.validators.length, state.config.engine)
  return [...groups.values()]
    .filter((votes) => votes.length >= size)
    .toSorted((left, right) => (right[0]?.view ?? 0) - (left[0]?.view ?? 0))[0]
    ?.slice(0, size)
}

/** Rule 5: the highest view of any valid kept message of this height; 0 of a validator that was not heard. */
export function viewSeen(state: State, validator: ReplicaIndex): View {
  if (validator === state.config.self) return state.view
  const kept = state.kept[validator]
  if (kept === undefined) return 0
  return Math.max(0, ...Object.values(kept).map((message) => message?.view ?? 0))
}

/** The highest view of every validator, the own one included. */
export function viewsSeen(state: State): readonly View[] {
  return state.config.validators.map((_, validator) => viewSeen(state, validator))
}
