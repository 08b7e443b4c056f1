// Who acts where: the keyset, plan and progress of an epoch, and the checks that stand before every act in it.
import { isRefusal, type Refusal, type TxContext } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId, Digest } from '../../vm/types.ts'
import { hasRole } from '../registry/state.ts'
import { refuse } from './codes.ts'
import { type Phase, phaseOf, planTable, progressTable } from './state.ts'
import type { PlanState, ProgressState } from './values.ts'

export type EpochPlace = { readonly keyset: Digest; readonly epoch: number }

/** An epoch of a keyset, as it stands. */
type Epoch = { readonly plan: PlanState; readonly run: ProgressState }

export function findEpoch(state: Reader, { keyset, epoch }: EpochPlace): Epoch | Refusal {
  const plan = planTable.get(state, keyset, epoch)
  const run = progressTable.get(state, keyset, epoch)
  return plan === undefined || run === undefined ? refuse('KEYSET_UNKNOWN') : { plan, run }
}

/** For execution: authorize has found it. */
export function requireEpoch(state: Reader, place: EpochPlace): Epoch {
  const found = findEpoch(state, place)
  assert(!isRefusal(found), 'authorize has found the epoch')
  return found
}

/** The acting account is a field of every payload, because proofs speak about it; here it is held against the signers. */
export function requireSigner(account: AccountId, context: TxContext): Refusal | undefined {
  return context.signers.includes(account) ? undefined : refuse('NOT_SIGNER')
}

/** The epoch in which a helper acts, if it has no fault there. */
export function findActing(
  state: Reader,
  acting: EpochPlace & { readonly account: AccountId },
  context: TxContext,
): (Epoch & { readonly phase: Phase }) | Refusal {
  const { account } = acting
  const refusal = requireSigner(account, context)
  if (refusal !== undefined) return refusal
  if (!hasRole(state, account, 'helper')) return refuse('ROLE_MISSING')
  const found = findEpoch(state, acting)
  if (isRefusal(found)) return found
  const { plan, run } = found
  if (run.culprits.includes(account)) return refuse('AT_FAULT')
  return { plan, run, phase: phaseOf(plan, run, context.timeMs) }
}

export function holdsSeat(
  seats: readonly AccountId[],
  seat: { readonly account: AccountId; readonly index: number },
): boolean {
  return seats[seat.index - 1] === seat.account
}
