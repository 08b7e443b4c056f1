// registry.set-roles: an admin replaces the roles of an account of its organization.
import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { hex } from '../../vm/codec-scalar.ts'
import type { AccountId } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { checkAdminOf, organizationBehind } from './rights.ts'
import { mayGive, roleSet } from './roles.ts'
import { accounts, getAccount, REGISTRY } from './state.ts'

const payload = named('registry.set-roles', struct({ account: hex<AccountId>(32), roles: roleSet }))

export const setRoles = defineTx<Infer<typeof payload>>({
  name: 'registry.set-roles',
  tag: REGISTRY * 256 + 4,
  summary: "Replace the roles of an account of the signing admin's organization.",
  payload,
  example: { account: '0x'.padEnd(66, '1c'), roles: ['doctor', 'researcher'] },
  cost: () => 1,
  authorize: (state, { account, roles }, { signers }) => {
    const found = getAccount(state, account)
    if (found === undefined) return refuse('ACCOUNT_UNKNOWN')
    const refusal = checkAdminOf(state, signers[0], found)
    if (refusal !== undefined) return refusal
    const organization = organizationBehind(state, signers[0], ['admin'])
    if (!mayGive(organization?.kind ?? null, roles)) return refuse('ROLES_NOT_ALLOWED')
    // Who acts stays admin, so an organization never loses its last one.
    return account === signers[0] && !roles.includes('admin') ? refuse('OWN_ADMIN') : undefined
  },
  execute: (state, { account, roles }) => {
    const found = getAccount(state, account)
    assert(found !== undefined, 'roles were not authorized')
    accounts.put(state, { ...found, roles }, account)
    return accept({ recipient: account, kind: 'registry.roles-set', reference: account })
  },
})
