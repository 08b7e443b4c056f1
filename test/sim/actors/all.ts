// All adversaries of a simulation.
import type { Actor } from './actor.ts'
import { silent } from './silent.ts'
import { splitPrepares, twoCommits, twoPrepares } from './two-votes.ts'

export const allActors: readonly Actor[] = [silent, twoPrepares, twoCommits, splitPrepares]
