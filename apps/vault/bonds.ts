// Bonds stay where they are until the windows of what they stand for are over.
import type { Refusal } from '../../vm/app.ts'
import type { Writer } from '../../vm/state.ts'
import type { AccountId, TimeMs } from '../../vm/types.ts'
import { extendLock, lockBond } from '../bank/money.ts'
import { requireParameters } from './parameters.ts'

/** An account without a bond, where the genesis allows that, has nothing to lock. */
export function lockUntil(state: Writer, owners: readonly AccountId[], untilMs: TimeMs): void {
  const { currency } = requireParameters(state)
  for (const owner of owners) extendLock(state, { owner, currency, untilMs })
}

/** Adds to a bond what its owner stands to lose by this transaction; it is free again with the next block. */
export function lockDeposit(
  state: Writer,
  { owner, amount, timeMs }: { owner: AccountId; amount: bigint; timeMs: TimeMs },
): Refusal | undefined {
  if (amount === 0n) return undefined
  const { currency } = requireParameters(state)
  return lockBond(state, { owner, currency, amount, untilMs: timeMs })
}
