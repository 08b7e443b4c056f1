// registry.rotate-key: an account adds a key, and revokes the one that it replaces.
import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, optional, struct } from '../../vm/codec-compound.ts'
import { hex, uint } from '../../vm/codec-scalar.ts'
import type { AccountId, PublicKey } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { activeKey, added, revoked } from './keys.ts'
import { exampleAccount, KEY_COST, verifyKey } from './new-account.ts'
import { accounts, getAccount, REGISTRY } from './state.ts'

const payload = named(
  'registry.rotate-key',
  struct({
    publicKey: hex<PublicKey>(32),
    /** The last block time at which it signs; for ever if none is given. */
    untilMs: optional(uint()),
    /** An active key of the account, perhaps the one that signs, that is revoked at once. */
    replaces: optional(hex<PublicKey>(32)),
  }),
)

export const rotateKey = defineTx<Infer<typeof payload>>({
  name: 'registry.rotate-key',
  tag: REGISTRY * 256 + 5,
  summary: 'Add a key to the signing account, and revoke the one that it replaces.',
  payload,
  example: { publicKey: exampleAccount.publicKey, untilMs: null, replaces: null },
  cost: () => 1 + KEY_COST,
  verify: ({ payload: { publicKey } }) => verifyKey(publicKey),
  authorize: (state, { publicKey, untilMs, replaces }, { signers, timeMs }) => {
    const keys = getAccount(state, signers[0] as AccountId)?.keys
    if (keys === undefined) return refuse('ACCOUNT_UNKNOWN')
    if (untilMs !== null && untilMs < timeMs) return refuse('KEY_VALIDITY')
    if (keys.some((key) => key.publicKey === publicKey)) return refuse('KEY_EXISTS')
    if (replaces !== null && activeKey(keys, replaces, timeMs) === undefined)
      return refuse('KEY_UNKNOWN')
    const key = { publicKey, status: 'active', fromMs: timeMs, untilMs } as const
    return added(revoked(keys, replaces), key) === undefined ? refuse('KEYS_FULL') : undefined
  },
  execute: (state, { publicKey, untilMs, replaces }, { signers, timeMs }) => {
    const account = signers[0] as AccountId
    const found = getAccount(state, account)
    assert(found !== undefined, 'a key was not authorized')
    const key = { publicKey, status: 'active', fromMs: timeMs, untilMs } as const
    const keys = added(revoked(found.keys, replaces), key)
    assert(keys !== undefined, 'a key was not authorized')
    accounts.put(state, { ...found, keys }, account)
    return accept({ recipient: account, kind: 'registry.key-added', reference: publicKey })
  },
})
