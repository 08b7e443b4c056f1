// What the registry keeps and under which keys; the only file that knows them.
import { assert } from '../../vm/assert.ts'
import type { Codec } from '../../vm/codec.ts'
import { array, named, optional, struct } from '../../vm/codec-compound.ts'
import { bool, hex, id32, oneOf, text, uint } from '../../vm/codec-scalar.ts'
import { VALIDATORS_MAX } from '../../vm/limits.ts'
import { defineTable, type Reader } from '../../vm/state.ts'
import type { AccountId, Height, Hex, OrganizationId, PublicKey, TimeMs } from '../../vm/types.ts'
import { type Validator, validatorsCodec } from '../../vm/validator.ts'
import { type OrganizationKind, organizationKind, type Role, roleSet } from './roles.ts'

/** First byte of the registry's transaction tags and its leaf of the state root. */
export const REGISTRY = 2

/** Keys of one account, revoked ones included; the oldest revoked one makes room. */
export const KEYS_MAX = 16
/** Organizations whose admins vote: a majority of them must fit in the eight signatures of an envelope. */
export const FOUNDERS_MAX = 15

export const statusCodec = oneOf({ active: 1, suspended: 2 })
export type Status = 'active' | 'suspended'

export type Organization = {
  readonly name: string
  readonly kind: OrganizationKind
  readonly status: Status
  /** Whether its admins vote on organizations; fixed with the genesis. */
  readonly founding: boolean
}

export const organizationName = text(60, 1)

export const organizationFields = {
  name: organizationName,
  kind: organizationKind,
  status: statusCodec,
  founding: bool,
}

export const organizationCodec: Codec<Organization> = named(
  'organization',
  struct(organizationFields),
)

/** An Ed25519 key of an account: it signs from `fromMs` to `untilMs`, both included, unless revoked. */
export type AccountKey = {
  readonly publicKey: PublicKey
  readonly status: 'active' | 'revoked'
  readonly fromMs: TimeMs
  readonly untilMs: TimeMs | null
}

export type Account = {
  /** None for patients and their family. */
  readonly organization: OrganizationId | null
  readonly roles: readonly Role[]
  readonly status: Status
  /** Oldest first. */
  readonly keys: readonly AccountKey[]
  /** The ristretto255 point to which others encrypt. */
  readonly encryptionKey: Hex | null
}

const accountKeyCodec: Codec<AccountKey> = named(
  'account-key',
  struct({
    publicKey: hex<PublicKey>(32),
    status: oneOf({ active: 1, revoked: 2 }),
    fromMs: uint(),
    untilMs: optional(uint()),
  }),
)

export const accountFields = {
  organization: optional(hex<OrganizationId>(32)),
  roles: roleSet,
  status: statusCodec,
  keys: array(accountKeyCodec, KEYS_MAX, 1),
  encryptionKey: optional(id32),
}

export const accountCodec: Codec<Account> = named('account', struct(accountFields))

/** That a validator missed its turn; it goes when the validator proposes a block. */
export type Miss = {
  readonly validator: AccountId
  /** Heights of the newest skip; the next miss doubles it. */
  readonly length: number
  /** Height of the newest miss. */
  readonly since: Height
  /** Last height at which the validator has no turn in view 0; below the current one the skip is over. */
  readonly until: Height
}

export type Rotation = {
  /** Whose turn view 0 of the next block is. */
  readonly due: AccountId
  /** In the order of `since`. */
  readonly misses: readonly Miss[]
}

export const rotationCodec: Codec<Rotation> = named(
  'rotation',
  struct({
    due: hex<AccountId>(32),
    misses: array(
      struct({ validator: hex<AccountId>(32), length: uint(), since: uint(), until: uint() }),
      VALIDATORS_MAX,
    ),
  }),
)

/** org/<organization> */
export const organizations = defineTable(REGISTRY, 'org', organizationCodec)
/** acct/<account> */
export const accounts = defineTable(REGISTRY, 'acct', accountCodec)
/** founders: the organizations whose admins vote, in ascending order. */
export const founders = defineTable(
  REGISTRY,
  'founders',
  array(hex<OrganizationId>(32), FOUNDERS_MAX, 1),
)
/** validators: the set that certifies the next block. */
export const validatorSet = defineTable<readonly Validator[]>(
  REGISTRY,
  'validators',
  validatorsCodec,
)
/** rotation: whose turn it is, and who missed. */
export const rotations = defineTable(REGISTRY, 'rotation', rotationCodec)

/** Cheaper than reading the account: nothing is decoded. */
export function accountExists(state: Reader, account: AccountId): boolean {
  return state.get(accounts.key(account)) !== undefined
}

export function getAccount(state: Reader, account: AccountId): Account | undefined {
  return accounts.get(state, account)
}

export function getOrganization(
  state: Reader,
  organization: OrganizationId,
): Organization | undefined {
  return organizations.get(state, organization)
}

/** Whether the account has the role; account and organization must be active. */
export function hasRole(state: Reader, account: AccountId, role: Role): boolean {
  const found = getAccount(state, account)
  if (found === undefined || !found.roles.includes(role)) return false
  return isActive(state, found)
}

/** Whether the account itself and its organization, if it has one, are active. */
export function isActive(state: Reader, account: Account): boolean {
  if (account.status !== 'active') return false
  if (account.organization === null) return true
  return getOrganization(state, account.organization)?.status === 'active'
}

/** The set that certifies the next block; every state has one. */
export function getValidators(state: Reader): readonly Validator[] {
  const set = validatorSet.get(state)
  assert(set !== undefined, 'the state has no validator set')
  return set
}

/** Every state has one. */
export function getRotation(state: Reader): Rotation {
  const rotation = rotations.get(state)
  assert(rotation !== undefined, 'the state has no rotation')
  return rotation
}
