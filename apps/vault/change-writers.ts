// vault.writers: who writes for a committee over a keyset from now on, by the word of all who write before or after.

import { accept, defineTx, isRefusal, type Refusal, type TxContext } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { sample } from '../../vm/example.ts'
import type { Reader } from '../../vm/state.ts'
import type { OrganizationId } from '../../vm/types.ts'
import { getAccount } from '../registry/state.ts'
import { refuse } from './codes.ts'
import { requireSigner } from './committee.ts'
import { keysetUnits } from './costs.ts'
import { WRITERS_MAX } from './fields.ts'
import { type Writers, writersCodec } from './keyset-payloads.ts'
import { standsFor } from './liable.ts'
import { keysetTable, writerTable } from './state.ts'
import { TAGS } from './tags.ts'
import { admitWriter, areAscending, findAdmins } from './writers.ts'

/** Those who wrote until now and those who will. */
function allWriters(state: Reader, { committee, writers }: Writers): readonly OrganizationId[] {
  const before = keysetTable.get(state, committee)?.writers ?? []
  return [...new Set([...before, ...writers])]
}

/** Whether somebody new has to put up a bond for the organization: it writes for the first time, or its bond is gone. */
function needsBond(state: Reader, { committee }: Writers, organization: OrganizationId): boolean {
  const before = keysetTable.get(state, committee)?.writers ?? []
  const account = writerTable.get(state, committee, organization)
  return !before.includes(organization) || account === undefined || !standsFor(state, account)
}

function authorize(state: Reader, change: Writers, context: TxContext): Refusal | undefined {
  const { account, committee, writers } = change
  const refusal = requireSigner(account, context)
  if (refusal !== undefined) return refusal
  if (keysetTable.get(state, committee) === undefined) return refuse('COMMITTEE_UNKNOWN')
  const all = allWriters(state, change)
  const own = getAccount(state, account)?.organization
  const isOneOfThem = own !== null && own !== undefined && all.includes(own)
  if (!areAscending(writers) || all.length > WRITERS_MAX || !isOneOfThem) return refuse('WRITERS')
  const admins = findAdmins(state, all, context)
  if (isRefusal(admins)) return admins
  return admins.get(own) === account ? undefined : refuse('ADMIN_MISSING')
}

/** Bonds of those who no longer write stand for what they wrote, as long as it can be disputed. */
export const changeWriters = defineTx<Writers>({
  name: 'vault.writers',
  tag: TAGS['vault.writers'],
  summary: 'Names the organizations that write for a committee over a keyset from now on.',
  payload: writersCodec,
  example: {
    account: sample('01'),
    committee: sample('02'),
    writers: [sample('04'), sample('05')],
    bond: '100000',
  },
  cost: () => keysetUnits(WRITERS_MAX),
  authorize,
  execute: (state, change, context) => {
    const { committee, writers, bond } = change
    const admins = findAdmins(state, allWriters(state, change), context)
    if (isRefusal(admins)) return admins
    const { timeMs } = context
    for (const organization of writers) {
      const admin = admins.get(organization)
      assert(admin !== undefined, 'every writer has an admin')
      if (!needsBond(state, change, organization)) continue
      const refusal = admitWriter(state, committee, { organization, admin, bond, timeMs })
      if (refusal !== undefined) return refusal
    }
    const link = keysetTable.get(state, committee)
    assert(link !== undefined, 'authorize has found the committee')
    keysetTable.put(state, { ...link, writers }, committee)
    const changed = { kind: 'vault.writers-changed', reference: committee }
    return accept(...[...admins.values()].map((recipient) => ({ ...changed, recipient })))
  },
})
