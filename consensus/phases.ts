// In what the two engines differ besides the counting: how many phases of votes a block takes.
import type { EngineKind } from '../vm/quorum.ts'

/**
 * PBFT prepares a block and then commits it: a quorum of prepares is what a view-change must report, a quorum of commits decides.
 * PoA has the first phase alone: a prepare is the authority's seal, its own newest seal is what a view-change must report, and a
 * majority of seals decides.
 */
export const decidingVote = { pbft: 'commit', poa: 'prepare' } as const

/** How many prepares prove what a view-change reports, in a set whose quorum is `quorum`. */
export function proofSize(engine: EngineKind, quorum: number): number {
  return engine === 'pbft' ? quorum : 1
}
