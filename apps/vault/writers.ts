// Organizations that write for a committee over a keyset: an admin of each signs, and puts up a bond for it.
import type { Refusal, TxContext } from '../../vm/app.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { AccountId, Digest, OrganizationId, TimeMs } from '../../vm/types.ts'
import { getAccount, hasRole } from '../registry/state.ts'
import { lockDeposit } from './bonds.ts'
import { refuse } from './codes.ts'
import { standsFor } from './liable.ts'
import { writerTable } from './state.ts'

/** Whether organizations are named once each, in the one order that they have. */
export function areAscending(organizations: readonly OrganizationId[]): boolean {
  return organizations.every((id, place) => place === 0 || (organizations[place - 1] ?? '') < id)
}

/** For each organization the first of the signers that is an admin of it; a refusal if one has none. */
export function findAdmins(
  state: Reader,
  organizations: readonly OrganizationId[],
  { signers }: Pick<TxContext, 'signers'>,
): ReadonlyMap<OrganizationId, AccountId> | Refusal {
  const admins = new Map<OrganizationId, AccountId>()
  for (const signer of signers) {
    const organization = getAccount(state, signer)?.organization
    if (!organization || admins.has(organization) || !hasRole(state, signer, 'admin')) continue
    admins.set(organization, signer)
  }
  return organizations.every((id) => admins.has(id)) ? admins : refuse('ADMIN_MISSING')
}

/** From now on the admin's bond, to which it adds, stands for what its organization writes for the committee. */
export function admitWriter(
  state: Writer,
  committee: Digest,
  writer: {
    readonly organization: OrganizationId
    readonly admin: AccountId
    readonly bond: bigint
    readonly timeMs: TimeMs
  },
): Refusal | undefined {
  const { organization, admin: owner, bond: amount, timeMs } = writer
  const refusal = lockDeposit(state, { owner, amount, timeMs })
  if (refusal !== undefined) return refusal
  if (!standsFor(state, owner)) return refuse('BOND_TOO_SMALL')
  writerTable.put(state, owner, committee, organization)
  return undefined
}
