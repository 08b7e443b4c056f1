// All checkers of a simulation.
import { boundCheckers } from './bounds.ts'
import { chainCheckers } from './chain.ts'
import type { Checker } from './checker.ts'
import { conductCheckers } from './conduct.ts'
import { ledgerCheckers } from './ledger.ts'
import { progressCheckers } from './progress.ts'
import { setCheckers } from './sets.ts'
import { traceCheckers } from './traces.ts'
import { voteCheckers } from './votes.ts'

export const allCheckers: readonly Checker[] = [
  ...chainCheckers,
  ...voteCheckers,
  ...traceCheckers,
  ...progressCheckers,
  ...setCheckers,
  ...ledgerCheckers,
  ...conductCheckers,
  ...boundCheckers,
]
