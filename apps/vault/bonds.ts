// Bonds stay where they are until the windows of what they stand for are over.
import type { Refusal } from '../../vm/app.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { AccountId, TimeMs } from '../../vm/types.ts'
import { extendLock, lockBond } from '../bank/money.ts'
import { requireParameters } from './parameters.ts'
import { serverTable } from './state.ts'
import type { QueryState } from './values.ts'

/** An account without a bond, where the genesis allows that, has nothing to lock. */
export function lockUntil(state: Writer, owners: readonly AccountId[], untilMs: TimeMs): void {
  const { currency } = requireParameters(state)
  for (const owner of owners) extendLock(state, { owner, currency, untilMs })
}

/** As `lockUntil`, of those servers that still have duties: the vaults of before have no hold on who has left. */
export function lockServers(
  state: Writer,
  servers: readonly AccountId[],
  { timeMs, untilMs }: { readonly timeMs: TimeMs; readonly untilMs: TimeMs },
): void {
  lockUntil(
    state,
    servers.filter((server) => hasDuties(state, server, timeMs)),
    untilMs,
  )
}

/** Whether what is asked at that time is a server's business. */
export function hasDuties(state: Reader, server: AccountId, timeMs: TimeMs): boolean {
  const leavesMs = serverTable.get(state, server)?.leavesMs ?? null
  return leavesMs === null || timeMs < leavesMs
}

/** When a query was opened. */
export function openedMs(state: Reader, { deadlineMs }: Pick<QueryState, 'deadlineMs'>): TimeMs {
  return deadlineMs - requireParameters(state).queryDeadlineMs
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
