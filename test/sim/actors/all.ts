// All adversaries of a simulation.
import type { Actor } from './actor.ts'
import { silent } from './silent.ts'

export const allActors: readonly Actor[] = [silent]
