// registry.admit-account: an admin admits an account of its own organization.
import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { refuse } from './codes.ts'
import {
  checkNewAccount,
  exampleAccount,
  newAccountCost,
  newAccountFields,
  putNewAccount,
  verifyNewAccount,
} from './new-account.ts'
import { organizationBehind } from './rights.ts'
import { mayGive, roleSet } from './roles.ts'
import { REGISTRY } from './state.ts'

const payload = named('registry.admit-account', struct({ ...newAccountFields, roles: roleSet }))

export const admitAccount = defineTx<Infer<typeof payload>>({
  name: 'registry.admit-account',
  tag: REGISTRY * 256 + 2,
  summary: "Admit an account of the signing admin's organization.",
  payload,
  example: { ...exampleAccount, roles: ['doctor'] },
  cost: (account) => 1 + newAccountCost(account),
  verify: ({ payload: account, crypto }) => verifyNewAccount(account, crypto),
  authorize: (state, account, { signers }) => {
    const organization = organizationBehind(state, signers[0], ['admin'])
    if (organization === undefined) return refuse('NOT_ADMIN')
    if (!mayGive(organization.kind, account.roles)) return refuse('ROLES_NOT_ALLOWED')
    return checkNewAccount(state, account)
  },
  execute: (state, account, { signers, timeMs }) => {
    const organization = organizationBehind(state, signers[0], ['admin'])
    assert(organization !== undefined, 'an admission was not authorized')
    putNewAccount(state, account, {
      organization: organization.id,
      roles: account.roles,
      timeMs,
    })
    return accept({
      recipient: account.id,
      kind: 'registry.admitted',
      reference: organization.id,
    })
  },
})
