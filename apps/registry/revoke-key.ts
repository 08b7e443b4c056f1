// registry.revoke-key: the account itself, or an admin of its organization, revokes one of its keys.
import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { hex } from '../../vm/codec-scalar.ts'
import type { AccountId, PublicKey } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { activeKey, isKeyActive, revoked } from './keys.ts'
import { exampleAccount } from './new-account.ts'
import { checkAdminOf } from './rights.ts'
import { accounts, getAccount, REGISTRY } from './state.ts'

const payload = named(
  'registry.revoke-key',
  struct({ account: hex<AccountId>(32), publicKey: hex<PublicKey>(32) }),
)

export const revokeKey = defineTx<Infer<typeof payload>>({
  name: 'registry.revoke-key',
  tag: REGISTRY * 256 + 6,
  summary: 'Revoke a key of the signing account, or of an account of its organization.',
  payload,
  example: { account: exampleAccount.id, publicKey: exampleAccount.publicKey },
  cost: () => 1,
  authorize: (state, { account, publicKey }, { signers, timeMs }) => {
    const found = getAccount(state, account)
    if (found === undefined) return refuse('ACCOUNT_UNKNOWN')
    const own = account === signers[0]
    const refusal = own ? undefined : checkAdminOf(state, signers[0], found)
    if (refusal !== undefined) return refusal
    if (activeKey(found.keys, publicKey, timeMs) === undefined) return refuse('KEY_UNKNOWN')
    // An admin may lock an account of its organization; nobody locks itself out by mistake.
    const others = revoked(found.keys, publicKey).some((key) => isKeyActive(key, timeMs))
    return own && !others ? refuse('KEY_LAST') : undefined
  },
  execute: (state, { account, publicKey }) => {
    const found = getAccount(state, account)
    assert(found !== undefined, 'a revocation was not authorized')
    accounts.put(state, { ...found, keys: revoked(found.keys, publicKey) }, account)
    return accept({ recipient: account, kind: 'registry.key-revoked', reference: publicKey })
  },
})
