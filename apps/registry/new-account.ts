// What every admission of an account has in common: the fields, the check of the keys, the first record.
import type { Refusal, Verdict } from '../../vm/app.ts'
import { fromHex } from '../../vm/bytes.ts'
import { optional } from '../../vm/codec-compound.ts'
import { hex, id32 } from '../../vm/codec-scalar.ts'
import type { CryptoSuite } from '../../vm/crypto/suite.ts'
import { isAcceptableKey } from '../../vm/sign.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { AccountId, Hex, OrganizationId, PublicKey, TimeMs } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import type { Role } from './roles.ts'
import { accountExists, accounts } from './state.ts'

/** Verification units of an Ed25519 key: a multiplication by the group order, on the reference implementation. */
export const KEY_COST = 14
/** Verification units of a ristretto255 point. */
const ENCRYPTION_KEY_COST = 2

export const newAccountFields = {
  /** 32 random bytes that its owner chose. */
  id: hex<AccountId>(32),
  publicKey: hex<PublicKey>(32),
  encryptionKey: optional(id32),
}

export type NewAccount = {
  readonly id: AccountId
  readonly publicKey: PublicKey
  readonly encryptionKey: Hex | null
}

export const exampleAccount = {
  id: '0x'.padEnd(66, '1c'),
  publicKey: '0x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  encryptionKey: null,
}

export function newAccountCost({ encryptionKey }: NewAccount): number {
  return KEY_COST + (encryptionKey === null ? 0 : ENCRYPTION_KEY_COST)
}

export function verifyKey(publicKey: PublicKey): Verdict {
  return isAcceptableKey(fromHex(publicKey)) ? { ok: true } : refuse('KEY_UNACCEPTABLE')
}

/** Possession of the keys is not proven: who registers a key that is not its own can do nothing with it. */
export function verifyNewAccount(account: NewAccount, { group }: CryptoSuite): Verdict {
  const { publicKey, encryptionKey } = account
  if (encryptionKey !== null) {
    const point = group.decode(fromHex(encryptionKey))
    if (point === undefined || group.isIdentity(point)) return refuse('ENCRYPTION_KEY_UNACCEPTABLE')
  }
  return verifyKey(publicKey)
}

export function checkNewAccount(state: Reader, { id }: NewAccount): Refusal | undefined {
  return accountExists(state, id) ? refuse('ACCOUNT_EXISTS') : undefined
}

export function putNewAccount(
  state: Writer,
  { id, publicKey, encryptionKey }: NewAccount,
  membership: {
    readonly organization: OrganizationId | null
    readonly roles: readonly Role[]
    readonly timeMs: TimeMs
  },
): void {
  const { organization, roles, timeMs } = membership
  const key = { publicKey, status: 'active', fromMs: timeMs, untilMs: null } as const
  accounts.put(state, { organization, roles, status: 'active', keys: [key], encryptionKey }, id)
}
