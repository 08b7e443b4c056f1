// All attackers: each does what would pay if one rule were not kept, and nothing else.
import type { Actor } from '../actors/actor.ts'
import { foreigner, recaster, shifter } from './forger.ts'
import { mismatcher, runaway } from './others.ts'
import { hasty, repeater, wrongRoot } from './proposer.ts'
import { divider, twoFaced } from './two-faced.ts'
import { forged, free, repeated, stripper, unjustified } from './usurper.ts'

export const allAttackers: readonly Actor[] = [
  ...[twoFaced, divider, unjustified, repeated, forged, free, stripper],
  ...[recaster, shifter, foreigner, runaway, mismatcher, wrongRoot, hasty, repeater],
]
