// What members of a keyset stand to lose: a bond in the bank, locked while something of theirs can still be complained about.
import type { Reader, Writer } from '../../vm/state.ts'
import type { AccountId, TimeMs } from '../../vm/types.ts'
import { extendLock } from '../bank/money.ts'
import { bondOf } from '../bank/state.ts'
import type { PlanState } from './values.ts'

/** Whether the account has as much in its bond as the keyset asks for. */
export function hasBond(
  state: Reader,
  account: AccountId,
  { currency, amount }: PlanState['bond'],
): boolean {
  return bondOf(state, account, currency).amount >= amount
}

/** A member without a bond, where the keyset asks for none, has nothing to lock. */
export function lockUntil(
  state: Writer,
  { owner, plan, untilMs }: { owner: AccountId; plan: Pick<PlanState, 'bond'>; untilMs: TimeMs },
): void {
  extendLock(state, { owner, currency: plan.bond.currency, untilMs })
}
