// registry.set-organization-status: the founding organizations suspend an organization, or make it active again.
import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { hex } from '../../vm/codec-scalar.ts'
import type { OrganizationId } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { checkVotes } from './rights.ts'
import { getOrganization, organizations, REGISTRY, statusCodec } from './state.ts'

const payload = named(
  'registry.set-organization-status',
  struct({ organization: hex<OrganizationId>(32), status: statusCodec }),
)

export const setOrganizationStatus = defineTx<Infer<typeof payload>>({
  name: 'registry.set-organization-status',
  tag: REGISTRY * 256 + 9,
  summary: 'Suspend an organization with all its accounts; a majority of the founders signs.',
  payload,
  example: { organization: '0x'.padEnd(66, '0a'), status: 'suspended' },
  cost: () => 1,
  authorize: (state, { organization, status }, { signers }) => {
    const refusal = checkVotes(state, signers)
    if (refusal !== undefined) return refusal
    const found = getOrganization(state, organization)
    if (found === undefined) return refuse('ORGANIZATION_UNKNOWN')
    return found.status === status ? refuse('STATUS_SAME') : undefined
  },
  execute: (state, { organization, status }) => {
    const found = getOrganization(state, organization)
    assert(found !== undefined, 'a status was not authorized')
    organizations.put(state, { ...found, status }, organization)
    return accept({ recipient: organization, kind: `registry.${status}`, reference: organization })
  },
})
