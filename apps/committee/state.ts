// The committee's state: the only file that knows its keys, and what follows from it at a block time. Nothing is written by time.
import { defineTable, type Reader } from '../../vm/state.ts'
import type { Digest, TimeMs } from '../../vm/types.ts'
import { digestField } from './fields.ts'
import { COMMITTEE } from './tags.ts'
import {
  committeeStateCodec,
  dealingCodec,
  faultStateCodec,
  keysetCodec,
  offerStateCodec,
  type PlanState,
  type ProgressState,
  planCodec,
  progressCodec,
} from './values.ts'

/** set/<keyset> */
export const keysetTable = defineTable(COMMITTEE, 'set', keysetCodec)

/** plan/<keyset>/<epoch>, immutable */
export const planTable = defineTable(COMMITTEE, 'plan', planCodec)

/** run/<keyset>/<epoch> */
export const progressTable = defineTable(COMMITTEE, 'run', progressCodec)

/** offer/<keyset>/<epoch>/<account>, immutable */
export const offerTable = defineTable(COMMITTEE, 'offer', offerStateCodec)

/** deal/<keyset>/<epoch>/<dealer>, immutable */
export const dealingTable = defineTable(COMMITTEE, 'deal', dealingCodec)

/** cm/<keyset>/<epoch>: written by the first acknowledgement, immutable; `activeEpoch` says whether it is in force. */
export const committeeTable = defineTable(COMMITTEE, 'cm', committeeStateCodec)

/** key/<point>: the keyset of a box key; each serves once. */
export const onceTable = defineTable(COMMITTEE, 'key', digestField)

/** fault/<fault> */
export const faultTable = defineTable(COMMITTEE, 'fault', faultStateCodec)

/** bar/<keyset>/<account>: the fault for which the account gets no seat of this keyset any more. */
export const barTable = defineTable(COMMITTEE, 'bar', digestField)

export type Phase = 'offers' | 'deals' | 'complaints' | 'acks' | 'active' | 'aborted'

/**
 * The dealers whose dealings make the key: of a new key all of whom no share was opened, of a resharing the lowest ones as many as it
 * takes. Undefined if there are too few. Final once the complaint window is over.
 */
export function qualifiedOf(plan: PlanState, run: ProgressState): readonly number[] | undefined {
  const standing = run.dealt.filter((dealer) => !run.opened.includes(dealer)).sort((a, b) => a - b)
  if (standing.length < plan.dealings) return undefined
  return plan.previous === null ? standing : standing.slice(0, plan.dealings)
}

/**
 * Where an epoch stands at a block time. A new key is in force as soon as everybody has acknowledged, or at the end of the window with
 * the minimum; a resharing only at the end, so that everybody knows beforehand when the old committee is relieved.
 */
export function phaseOf(plan: PlanState, run: ProgressState, timeMs: TimeMs): Phase {
  if (timeMs < run.offersEndMs) return 'offers'
  if (run.seats.length < plan.minimum) return 'aborted'
  if (timeMs < run.dealsEndMs) return 'deals'
  if (timeMs < run.complaintsEndMs) return 'complaints'
  if (qualifiedOf(plan, run) === undefined) return 'aborted'
  if (plan.previous === null && run.acks.length === plan.members.length) return 'active'
  if (timeMs < run.acksEndMs) return 'acks'
  return run.acks.length >= plan.minimum ? 'active' : 'aborted'
}

/** The epoch in force at that time: the newest if it is active, else the one before it that was; undefined if there is none. */
export function activeEpoch(state: Reader, keyset: Digest, timeMs: TimeMs): number | undefined {
  const found = keysetTable.get(state, keyset)
  if (found === undefined) return undefined
  const plan = planTable.get(state, keyset, found.epoch)
  const run = progressTable.get(state, keyset, found.epoch)
  if (plan !== undefined && run !== undefined && phaseOf(plan, run, timeMs) === 'active')
    return found.epoch
  return found.active ?? undefined
}
