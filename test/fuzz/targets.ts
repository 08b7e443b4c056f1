// The table of all that is fuzzed.
import type { Target } from './target.ts'
import { cryptoTargets } from './targets-crypto.ts'
import { diskTargets } from './targets-disk.ts'
import { textTargets } from './targets-text.ts'
import { wireTargets } from './targets-wire.ts'

export const targets: readonly Target[] = [
  ...wireTargets,
  ...textTargets,
  ...diskTargets,
  ...cryptoTargets,
]
