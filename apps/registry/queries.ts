// Read-only views of the registry for RPC.
import { defineQuery, type Query, type QueryReader } from '../../vm/app.ts'
import { type Codec, decode } from '../../vm/codec.ts'
import { array, named, optional, struct } from '../../vm/codec-compound.ts'
import { hex, id32, uint } from '../../vm/codec-scalar.ts'
import type { Table } from '../../vm/state.ts'
import type { AccountId, Hex, OrganizationId } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import {
  accountFields,
  accounts,
  getAccount,
  getOrganization,
  organizationFields,
  organizations,
  REGISTRY,
} from './state.ts'
import { rotation, validators } from './validator-queries.ts'

/** Entries of one page. */
const PAGE_MAX = 200
const PAGE_DEFAULT = 50

const accountView = named('account-view', struct({ id: hex<AccountId>(32), ...accountFields }))
const organizationView = named(
  'organization-view',
  struct({ id: hex<OrganizationId>(32), ...organizationFields }),
)

const account = defineQuery({
  name: 'registry.account',
  summary: 'One account: organization, roles, status and keys.',
  parameters: struct({ account: hex<AccountId>(32) }),
  result: accountView,
  example: { account: '0x'.padEnd(66, '1c') },
  run: (state, { account: id }) => {
    const found = getAccount(state, id)
    return found === undefined ? refuse('ACCOUNT_UNKNOWN') : { id, ...found }
  },
})

const organization = defineQuery({
  name: 'registry.organization',
  summary: 'One organization: name, kind, status.',
  parameters: struct({ organization: hex<OrganizationId>(32) }),
  result: organizationView,
  example: { organization: '0x'.padEnd(66, '0a') },
  run: (state, { organization: id }) => {
    const found = getOrganization(state, id)
    return found === undefined ? refuse('ORGANIZATION_UNKNOWN') : { id, ...found }
  },
})

const page = struct({
  /** The last id of the page before. */
  after: optional(id32),
  limit: optional(uint(PAGE_MAX, 1)),
})

async function list<V, R>(
  state: QueryReader,
  table: Table<V> & { readonly value: Codec<V> },
  span: {
    readonly after: Hex | null
    readonly limit: number | null
    readonly view: (id: Hex, value: V) => R
  },
): Promise<{ readonly items: readonly R[]; readonly next: Hex | null }> {
  const limit = span.limit ?? PAGE_DEFAULT
  const prefix = table.key('').key
  const found = await state.list({
    app: REGISTRY,
    prefix,
    ...(span.after === null ? {} : { after: table.key(span.after).key }),
    limit: limit + 1,
  })
  const ids = found.map(({ key }) => key.slice(prefix.length) as Hex)
  return {
    items: found
      .slice(0, limit)
      .map(({ value }, index) => span.view(ids[index] as Hex, decode(table.value, value))),
    next: found.length > limit ? (ids[limit - 1] as Hex) : null,
  }
}

const accountList = defineQuery({
  name: 'registry.accounts',
  summary: 'All accounts by id, page by page.',
  parameters: page,
  result: struct({ items: array(accountView, PAGE_MAX), next: optional(id32) }),
  example: { limit: 20 },
  run: (state, { after, limit }) =>
    list(state, accounts, { after, limit, view: (id, value) => ({ id, ...value }) }),
})

const organizationList = defineQuery({
  name: 'registry.organizations',
  summary: 'All organizations by id, page by page.',
  parameters: page,
  result: struct({ items: array(organizationView, PAGE_MAX), next: optional(id32) }),
  example: { limit: 20 },
  run: (state, { after, limit }) =>
    list(state, organizations, { after, limit, view: (id, value) => ({ id, ...value }) }),
})

export const queries: readonly Query[] = [
  account,
  organization,
  accountList,
  organizationList,
  validators,
  rotation,
]
