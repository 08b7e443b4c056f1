// Which engine orders a chain, how many of n validators it lets be faulty, and how many decide: the only place.
import { assertNever } from './assert.ts'
import type { Infer } from './codec.ts'
import { oneOf } from './codec-scalar.ts'

/**
 * Named by the genesis, so that everybody who counts signatures knows. `pbft` bears Byzantine validators; `poa` bears crashes
 * and delays only: one validator that lies can fork it.
 */
export const engineKind = oneOf({ pbft: 1, poa: 2 })
export type EngineKind = Infer<typeof engineKind>

/** f: the most faulty validators that n can bear. PBFT section 2: n >= 3f + 1; crashes alone: n >= 2f + 1. */
export function faults(n: number, engine: EngineKind): number {
  switch (engine) {
    case 'pbft':
      return Math.floor((n - 1) / 3)
    case 'poa':
      return Math.floor((n - 1) / 2)
    default:
      // A caller without types that names none must not be given the weaker one.
      return assertNever(engine)
  }
}

/**
 * PBFT: q = ceil((n + f + 1) / 2). Two quorums share at least f + 1 validators, so at least one correct one, and n - f correct
 * ones are enough; 2f + 1 is the same number only if n = 3f + 1. PoA: floor(n / 2) + 1, since two majorities share one
 * validator and none of them lies.
 */
export function quorum(n: number, engine: EngineKind): number {
  const f = faults(n, engine)
  return engine === 'poa' ? Math.floor(n / 2) + 1 : Math.ceil((n + f + 1) / 2)
}

/** Among so many validators at least one is correct. PBFT: f + 1. PoA: one, because nobody lies. */
export function honest(n: number, engine: EngineKind): number {
  const f = faults(n, engine)
  return engine === 'pbft' ? f + 1 : 1
}
