// The exhaustive model's guards over everything that was ever signed: an oracle for each signature of a correct replica.
import { type EngineKind, quorum } from '../../vm/quorum.ts'
import type { Digest, ReplicaIndex } from '../../vm/types.ts'
import type { Report, Vote } from '../../vm/vote.ts'

type Signed = { readonly index: ReplicaIndex; readonly vote: Vote }

/**
 * The network is the set of all votes: a replica may have received whatever subset suits it, so that loss, order and delay need
 * no state. Byzantine replicas (`liars`) have signed whatever helps. `judge` says what the model would not allow; `sign` adds.
 */
export function createModel(n: number, kind: EngineKind, liars: number) {
  const all: Signed[] = []
  const size = quorum(n, kind)
  const votes = (what: Vote['kind'], view: number, index?: ReplicaIndex) =>
    all.flatMap(({ index: by, vote }) =>
      vote.kind === what && vote.view === view && by === (index ?? by) && by >= liars
        ? [{ by, vote }]
        : [],
    )
  const named = (vote: Vote): Digest | null => (vote.kind === 'view-change' ? null : vote.blockId)
  const count = (what: 'prepare' | 'commit', view: number, id: Digest) =>
    liars +
    new Set(votes(what, view).flatMap(({ by, vote }) => (named(vote) === id ? [by] : []))).size

  /** Prepared with a quorum; a seal needs no company to bind. */
  const isCertified = ({ view, blockId }: Report, index: ReplicaIndex): boolean =>
    kind === 'pbft'
      ? count('prepare', view, blockId) >= size
      : votes('prepare', view, index).some(({ vote }) => named(vote) === blockId)

  const reports = (view: number): readonly (Report | null)[] =>
    votes('view-change', view).map(({ vote }) =>
      vote.kind === 'view-change' ? vote.prepared : null,
    )

  const isJustified = (view: number, id: Digest): boolean => {
    if (view === 0) return true
    for (let highest = -1; highest < view; highest++) {
      const fitting = reports(view).filter((report) => {
        if (report === null || report.view < highest) return true
        return report.view === highest && report.blockId === id
      })
      const isNamed = highest < 0 || liars > 0 || fitting.some((report) => report?.view === highest)
      const isProven = highest < 0 || kind === 'poa' || count('prepare', highest, id) >= size
      if (isNamed && isProven && liars + fitting.length >= size) return true
    }
    return false
  }

  const viewOf = (index: ReplicaIndex): number =>
    Math.max(0, ...all.flatMap(({ index: by, vote }) => (by === index ? [vote.view] : [])))

  /** What a view-change may not fall behind: the certificate under each own commit, report or seal. */
  const bound = (index: ReplicaIndex): number =>
    Math.max(
      -1,
      ...all.flatMap(({ index: by, vote }) => {
        if (by !== index) return []
        if (vote.kind === 'view-change') return [vote.prepared?.view ?? -1]
        return vote.kind === (kind === 'pbft' ? 'commit' : 'prepare') ? [vote.view] : []
      }),
    )

  const fault = (index: ReplicaIndex, vote: Vote): string | null => {
    const primary = vote.view % n
    if (vote.kind === 'view-change') {
      if (vote.view <= viewOf(index)) return 'a view-change backwards'
      if ((vote.prepared?.view ?? -1) < bound(index)) return 'a report below what it signed'
      if (vote.prepared !== null && !isCertified(vote.prepared, index)) return 'an unproven report'
      return null
    }
    if (vote.view < viewOf(index)) return 'a vote below its view'
    if (vote.view > 0 && votes('view-change', vote.view, index).length === 0)
      return 'no view-change'
    if (vote.kind === 'commit') {
      if (kind === 'poa') return 'a commit'
      return count('prepare', vote.view, vote.blockId) >= size ? null : 'a commit without a quorum'
    }
    if (!isJustified(vote.view, vote.blockId)) return `an unjustified ${vote.kind}`
    if (vote.kind === 'pre-prepare') return primary === index ? null : 'a usurped proposal'
    const proposed = votes('pre-prepare', vote.view, primary)
    const isProposed =
      primary < liars || proposed.some(({ vote: own }) => named(own) === vote.blockId)
    return isProposed ? null : 'a prepare of what was not proposed'
  }

  return {
    /** Null if the model allows it. */
    judge: fault,
    sign: (index: ReplicaIndex, vote: Vote): void => {
      all.push({ index, vote })
    },
  }
}
