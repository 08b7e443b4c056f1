// Whose bond stands for a record.
import { assert } from '../../vm/assert.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId, Digest } from '../../vm/types.ts'
import { getAccount } from '../registry/state.ts'
import { committeeTable } from './state.ts'

/** The dealer stands for all writers of its organization; a writer of another one stands for itself. */
export function liableFor(
  state: Reader,
  of: { readonly committee: Digest; readonly account: AccountId },
): AccountId {
  const committee = committeeTable.get(state, of.committee)
  assert(committee !== undefined, 'the record has a committee')
  const { organization } = getAccount(state, of.account) ?? {}
  return organization === committee.organization ? committee.account : of.account
}
