// Who may ask for what: admins of an organization, and the votes of the founding organizations.
import type { Refusal } from '../../vm/app.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId, OrganizationId } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import {
  type Account,
  founders,
  getAccount,
  getOrganization,
  hasRole,
  type Organization,
} from './state.ts'

/** The organization of an active account that has one of the roles. */
export function organizationBehind(
  state: Reader,
  signer: AccountId | undefined,
  roles: readonly ('admin' | 'hospital')[],
): (Organization & { readonly id: OrganizationId }) | undefined {
  if (signer === undefined || !roles.some((role) => hasRole(state, signer, role))) return undefined
  const id = getAccount(state, signer)?.organization ?? null
  const organization = id === null ? undefined : getOrganization(state, id)
  return id === null || organization === undefined ? undefined : { id, ...organization }
}

/** Refuses all but an admin of the organization to which the account belongs; nobody is admin of a patient. */
export function checkAdminOf(
  state: Reader,
  signer: AccountId | undefined,
  account: Account,
): Refusal | undefined {
  const own = organizationBehind(state, signer, ['admin'])
  return own === undefined || own.id !== account.organization ? refuse('NOT_ADMIN') : undefined
}

/**
 * An organization has one vote however many admins it admits, else it could make itself a majority. Suspended ones neither vote nor
 * count, else those that remain could never act.
 */
export function checkVotes(state: Reader, signers: readonly AccountId[]): Refusal | undefined {
  const entitled = (founders.get(state) ?? []).filter(
    (id) => getOrganization(state, id)?.status === 'active',
  )
  const voters = new Set(signers.map((signer) => organizationBehind(state, signer, ['admin'])?.id))
  const votes = entitled.filter((id) => voters.has(id)).length
  return votes > entitled.length / 2 ? undefined : refuse('VOTES_MISSING')
}
