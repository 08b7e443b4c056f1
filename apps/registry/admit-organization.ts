// registry.admit-organization: the founding organizations vote a new one in, with its first account.
import { accept, defineTx } from '../../vm/app.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { hex } from '../../vm/codec-scalar.ts'
import type { OrganizationId } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import {
  checkNewAccount,
  exampleAccount,
  newAccountCost,
  newAccountFields,
  putNewAccount,
  verifyNewAccount,
} from './new-account.ts'
import { checkVotes } from './rights.ts'
import { mayGive, organizationKind, roleSet } from './roles.ts'
import { getOrganization, organizationName, organizations, REGISTRY } from './state.ts'

const payload = named(
  'registry.admit-organization',
  struct({
    id: hex<OrganizationId>(32),
    name: organizationName,
    kind: organizationKind,
    /** It admits all others of the organization, so it must be admin. */
    account: struct({ ...newAccountFields, roles: roleSet }),
  }),
)

export const admitOrganization = defineTx<Infer<typeof payload>>({
  name: 'registry.admit-organization',
  tag: REGISTRY * 256 + 1,
  summary: 'Admit an organization with its first account; a majority of the founders signs.',
  payload,
  example: {
    id: '0x'.padEnd(66, '0a'),
    name: 'Sample insurance',
    kind: 'insurer',
    account: { ...exampleAccount, roles: ['insurer', 'admin'] },
  },
  cost: ({ account }) => 1 + newAccountCost(account),
  verify: ({ payload: { account }, crypto }) => verifyNewAccount(account, crypto),
  authorize: (state, { id, kind, account }, { signers }) => {
    const refusal = checkVotes(state, signers)
    if (refusal !== undefined) return refusal
    if (getOrganization(state, id) !== undefined) return refuse('ORGANIZATION_EXISTS')
    if (!mayGive(kind, account.roles) || !account.roles.includes('admin'))
      return refuse('ROLES_NOT_ALLOWED')
    return checkNewAccount(state, account)
  },
  execute: (state, { id, name, kind, account }, { timeMs }) => {
    organizations.put(state, { name, kind, status: 'active', founding: false }, id)
    putNewAccount(state, account, { organization: id, roles: account.roles, timeMs })
    return accept({ recipient: account.id, kind: 'registry.admitted', reference: id })
  },
})
