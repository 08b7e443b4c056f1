// registry.set-status: an admin suspends an account of its organization, or makes it active again.
import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { hex } from '../../vm/codec-scalar.ts'
import type { AccountId } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { checkAdminOf } from './rights.ts'
import { accounts, getAccount, REGISTRY, statusCodec } from './state.ts'

const payload = named(
  'registry.set-status',
  struct({ account: hex<AccountId>(32), status: statusCodec }),
)

export const setStatus = defineTx<Infer<typeof payload>>({
  name: 'registry.set-status',
  tag: REGISTRY * 256 + 7,
  summary: "Suspend an account of the signing admin's organization, or make it active again.",
  payload,
  example: { account: '0x'.padEnd(66, '1c'), status: 'suspended' },
  cost: () => 1,
  authorize: (state, { account, status }, { signers }) => {
    const found = getAccount(state, account)
    if (found === undefined) return refuse('ACCOUNT_UNKNOWN')
    const refusal = checkAdminOf(state, signers[0], found)
    if (refusal !== undefined) return refusal
    if (account === signers[0]) return refuse('OWN_ADMIN')
    return found.status === status ? refuse('STATUS_SAME') : undefined
  },
  execute: (state, { account, status }) => {
    const found = getAccount(state, account)
    assert(found !== undefined, 'a status was not authorized')
    accounts.put(state, { ...found, status }, account)
    return accept({ recipient: account, kind: `registry.${status}`, reference: account })
  },
})
