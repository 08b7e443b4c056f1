// All broken rules.
import { engineRules } from './engine-rules.ts'
import { journalRules } from './journal-rules.ts'
import type { Mutant } from './mutant.ts'
import { nodeRules } from './node-rules.ts'
import { poaRules } from './poa-rules.ts'
import { viewRules } from './view-rules.ts'

export const rules: readonly Mutant[] = [
  ...engineRules,
  ...viewRules,
  ...journalRules,
  ...nodeRules,
  ...poaRules,
]
