// One organization's secrets and its public card, all from one random seed.
import type { OrganizationKind, Role } from '../apps/registry/roles.ts'
import { assert } from '../vm/assert.ts'
import { asciiBytes, toHex } from '../vm/bytes.ts'
import { digest, hash } from '../vm/hash.ts'
import { publicKeyOf, SEED_SIZE } from '../vm/sign.ts'
import type { AccountId, Hex, PublicKey, TimeMs } from '../vm/types.ts'
import type { Card } from './cards.ts'

export type MemberPlan = {
  /** Of the organization, and of its validator. */
  readonly name: string
  readonly kind: OrganizationKind
  /** Whether it runs a validator; then one of its accounts has that role. */
  readonly validator: boolean
  readonly accounts: readonly { readonly name: string; readonly roles: readonly Role[] }[]
}

/** An Ed25519 key pair; whoever has the seed has the key. */
export type KeyPair = { readonly seed: Hex; readonly publicKey: PublicKey }

export type AccountKeys = KeyPair & {
  readonly name: string
  readonly account: AccountId
  readonly roles: readonly Role[]
}

export type ValidatorKeys = {
  readonly name: string
  readonly account: AccountId
  readonly consensus: KeyPair
  readonly peer: KeyPair
}

/** Everything of one organization; secret. */
export type Member = {
  readonly card: Card
  readonly accounts: readonly AccountKeys[]
  readonly validator: ValidatorKeys | undefined
}

/** Where a member's secrets come from: 32 random bytes that nobody else has. */
export type MemberOrigin = {
  readonly seed: Uint8Array
  readonly timeMs: TimeMs
  readonly addresses?: readonly string[]
}

/** The seed has a fixed length, so seed and label together have one reading. */
function keyPair(seed: Uint8Array, label: string): KeyPair {
  const secret = hash('member-key', seed, asciiBytes(label))
  return { seed: toHex(secret), publicKey: toHex(publicKeyOf(secret)) }
}

function identifier(seed: Uint8Array, label: string): Hex {
  return digest('member-id', seed, asciiBytes(label))
}

export function accountKeys(
  seed: Uint8Array,
  { name, roles }: MemberPlan['accounts'][number],
): AccountKeys {
  const label = `account/${name}`
  return { name, roles, account: identifier(seed, label), ...keyPair(seed, label) }
}

export function createMember(plan: MemberPlan, origin: MemberOrigin): Member {
  const { seed, timeMs, addresses = [] } = origin
  assert(seed.length === SEED_SIZE, `a seed has ${SEED_SIZE} bytes`)
  const { name, kind } = plan
  const accounts = plan.accounts.map((account) => accountKeys(seed, account))
  const seat = plan.validator
    ? accounts.find(({ roles }) => roles.includes('validator'))
    : undefined
  assert(seat !== undefined || !plan.validator, `${name} has no account with the role validator`)
  const validator = seat && {
    name,
    account: seat.account,
    consensus: keyPair(seed, 'consensus'),
    peer: keyPair(seed, 'peer'),
  }
  const card: Card = {
    version: 1,
    organization: { id: identifier(seed, 'organization'), name, kind },
    accounts: accounts.map(({ account, roles, publicKey }) => ({
      id: account,
      roles,
      publicKeys: [publicKey],
      encryptionKey: null,
    })),
    validator:
      validator === undefined
        ? null
        : {
            name,
            account: validator.account,
            consensusKey: validator.consensus.publicKey,
            peerKey: validator.peer.publicKey,
            addresses,
          },
    timeMs,
    salt: identifier(seed, 'salt'),
  }
  return { card, accounts, validator }
}
