// Who writes for a committee, and whose bond stands for what was written.
import { assert } from '../../vm/assert.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId, Digest, OrganizationId } from '../../vm/types.ts'
import { bondOf } from '../bank/state.ts'
import { getAccount } from '../registry/state.ts'
import { requireParameters } from './parameters.ts'
import { committeeTable, keysetTable, repDealTable, writerTable } from './state.ts'

type Writing = { readonly committee: Digest; readonly account: AccountId }

/** The organization for which the account may write: the dealer's, or one of those that a keyset's committee names. */
export function writerOrganization(state: Reader, of: Writing): OrganizationId | undefined {
  const organization = getAccount(state, of.account)?.organization
  if (organization === null || organization === undefined) return undefined
  const dealer = committeeTable.get(state, of.committee)?.organization
  const writers = keysetTable.get(state, of.committee)?.writers ?? [dealer]
  return writers.includes(organization) ? organization : undefined
}

/** The dealer stands for all writers of its organization; with a keyset each organization has an account that does. */
export function liableFor(state: Reader, of: Writing): AccountId {
  const committee = committeeTable.get(state, of.committee)
  assert(committee !== undefined, 'the record has a committee')
  const { organization } = getAccount(state, of.account) ?? {}
  const writer = organization && writerTable.get(state, of.committee, organization)
  return writer ?? committee.account
}

/** Whether the bond of an account is enough to stand for what an organization writes. */
export function standsFor(state: Reader, account: AccountId): boolean {
  const { currency, dealerBondMin } = requireParameters(state)
  return bondOf(state, account, currency).amount >= dealerBondMin
}

/**
 * A writer whose bond was taken or released writes no more until there is a new one. Not so in replicated committees: their servers
 * convict an owner while it still writes, and its right records should not be lost with the wrong one; they stand without a bond.
 */
export function isCovered(state: Reader, of: Writing): boolean {
  const { committee: id } = of
  const committee = committeeTable.get(state, id)
  const isReplicated = committee && repDealTable.get(state, id, committee.epoch) !== undefined
  return isReplicated || standsFor(state, liableFor(state, of))
}
