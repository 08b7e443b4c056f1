// The option --engine of every verb that makes a genesis file.
import { type EngineKind, engineKind } from '../../vm/quorum.ts'
import { checked } from './files.ts'

export const engineFlag = [
  '--engine <engine>',
  'pbft, or poa: faster, and safe against crashes only',
  'pbft',
] as const

/** Throws EpioneError INPUT_INVALID for another word. */
export function engineFrom(word: string): EngineKind {
  return checked('--engine', () => engineKind.fromJson(word))
}
