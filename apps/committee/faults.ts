// The one place where somebody is found at fault, and pays for it.
import type { Writer } from '../../vm/state.ts'
import type { AccountId, Digest } from '../../vm/types.ts'
import { forfeitBond } from '../bank/money.ts'
import { bondOf } from '../bank/state.ts'
import { type Fault, faultId } from './ids.ts'
import { barTable, faultTable } from './state.ts'
import type { PlanState } from './values.ts'

/**
 * Writes down who is at fault, under the one id of that fault, bars the account from later committees of the keyset and takes its whole
 * bond: half of it to whoever showed a bad share, everything else out of existence.
 */
export function recordFault(
  state: Writer,
  fault: Fault,
  found: {
    readonly txId: Digest
    readonly complainant: AccountId
    readonly plan: Pick<PlanState, 'bond'>
  },
): Digest {
  const { txId, complainant, plan } = found
  const { culprit: owner, kind } = fault
  const id = faultId(fault)
  faultTable.put(state, { ...fault, txId }, id)
  barTable.put(state, id, fault.object, owner)
  const { currency } = plan.bond
  const { amount } = bondOf(state, owner, currency)
  const rewarded = kind === 'bad-share' ? complainant : null
  forfeitBond(state, { owner, currency, amount, rewarded })
  return id
}
