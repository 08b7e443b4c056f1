// Where a run of the main job has its homes, and what is out of the ordinary in it.
import type { HelperSettingsFile } from '../agents/helper/settings.ts'
import type { HospitalSettingsFile } from '../agents/hospital/settings.ts'

export type HelperFraud = NonNullable<HelperSettingsFile['cheat']>
type HospitalFraud = NonNullable<HospitalSettingsFile['cheat']>

/** Who does what wrong, by name. */
export type Frauds = {
  readonly helpers: ReadonlyMap<string, HelperFraud>
  readonly hospitals: ReadonlyMap<string, HospitalFraud>
}

export const honest: Frauds = { helpers: new Map(), hospitals: new Map() }

export type Stage = {
  /** Of agents and clients. */
  readonly home: string
  /** Minor units for each question. */
  readonly fee: bigint
  /** How helpers with replicated keys answer. */
  readonly answers: 'masked' | 'scalar'
  readonly frauds: Frauds
}

const QUERY_FEE = 100n

export function mainStage(home: string): Stage {
  return { home, fee: QUERY_FEE, answers: 'masked', frauds: honest }
}
