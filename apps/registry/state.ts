// What the registry keeps and under which keys; the only file that knows them.
import { assert } from '../../vm/assert.ts'
import type { Codec } from '../../vm/codec.ts'
import { array, named, optional, struct } from '../../vm/codec-compound.ts'
import { bool, hex, id32, oneOf, text, uint } from '../../vm/codec-scalar.ts'
import { EVIDENCE_HEIGHTS_MAX, VALIDATORS_MAX } from '../../vm/limits.ts'
import { defineTable, type Reader, rememberDecoded } from '../../vm/state.ts'
import type {
  AccountId,
  Digest,
  Height,
  Hex,
  OrganizationId,
  PublicKey,
  TimeMs,
} from '../../vm/types.ts'
import { type Validator, validatorsCodec } from '../../vm/validator.ts'
import { type OrganizationKind, organizationKind, type Role, roleSet } from './roles.ts'

/** First byte of the registry's transaction tags and its leaf of the state root. */
export const REGISTRY = 2

/** Keys of one account, revoked ones included; the oldest revoked one makes room. */
export const KEYS_MAX = 16
/** Organizations whose admins vote: a majority of them must fit in the eight signatures of an envelope. */
export const FOUNDERS_MAX = 15

/** Joiners at one time. */
export const CANDIDATES_MAX = 40
/** Proposals that took effect and whose window is still open. */
export const USED_PROPOSALS_MAX = 1_000

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
  /** Whether it has said since that it is back. */
  readonly ready: boolean
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
      struct({
        validator: hex<AccountId>(32),
        length: uint(),
        since: uint(),
        until: uint(),
        ready: bool,
      }),
      VALIDATORS_MAX,
    ),
  }),
)

/** What the registry must know of the genesis parameters. */
export type Settings = {
  /** Evidence is at most so many heights old; the sets of these heights are kept. */
  readonly evidenceHeights: number
}

/** A set that was decided upon and does not certify yet. */
export type PendingSet = {
  /** The first height that it certifies. */
  readonly from: Height
  readonly validators: readonly Validator[]
}

/** A node that may connect and sync before it has a seat: a joiner, or what takes over the seat of its account. */
export type Candidate = Validator & {
  /** The organization with a seat whose admin let it in. */
  readonly sponsor: OrganizationId
  /** Block time at which it last said that it has caught up. */
  readonly readyMs: TimeMs | null
}

const candidateCodec: Codec<Candidate> = named(
  'candidate',
  struct({
    account: hex<AccountId>(32),
    organization: hex<OrganizationId>(32),
    consensusKey: hex<PublicKey>(32),
    peerKey: hex<PublicKey>(32),
    sponsor: hex<OrganizationId>(32),
    readyMs: optional(uint()),
  }),
)

/** org/<organization> */
export const organizations = defineTable(REGISTRY, 'org', organizationCodec)
/** acct/<account> */
export const accounts = rememberDecoded(defineTable(REGISTRY, 'acct', accountCodec))
/** founders: the organizations whose admins vote, in ascending order. */
export const founders = defineTable(
  REGISTRY,
  'founders',
  array(hex<OrganizationId>(32), FOUNDERS_MAX, 1),
)
/** validators: the set that certifies the next block. */
export const validatorSet = rememberDecoded(
  defineTable<readonly Validator[]>(REGISTRY, 'validators', validatorsCodec),
)
/** rotation: whose turn it is, and who missed. */
export const rotations = rememberDecoded(defineTable(REGISTRY, 'rotation', rotationCodec))

/** settings: what the genesis says about the registry's own rules. */
export const settings = rememberDecoded(
  defineTable<Settings>(
    REGISTRY,
    'settings',
    named('registry-settings', struct({ evidenceHeights: uint() })),
  ),
)
/** pending: sets that take effect later, in the order of `from`; two only while a block is executed. */
export const pendingSets = rememberDecoded(
  defineTable<readonly PendingSet[]>(
    REGISTRY,
    'pending',
    array(named('pending-set', struct({ from: uint(), validators: validatorsCodec })), 2),
  ),
)
/** candidates: who may connect without a seat, in the order of admission. */
export const candidates = defineTable<readonly Candidate[]>(
  REGISTRY,
  'candidates',
  array(candidateCodec, CANDIDATES_MAX),
)
/** set-heights: the first heights of the newest sets, ascending; the first one holds for the oldest evidence. */
export const setHeights = rememberDecoded(
  defineTable(REGISTRY, 'set-heights', array(uint(), EVIDENCE_HEIGHTS_MAX + 2, 1)),
)
/** set/<first height>: the set that certifies from this height on. */
export const pastSets = defineTable<readonly Validator[]>(REGISTRY, 'set', validatorsCodec)
/** proposals: those that took effect, until their window is over. */
export const usedProposals = defineTable(
  REGISTRY,
  'proposals',
  array(struct({ id: hex<Digest>(32), untilMs: uint() }), USED_PROPOSALS_MAX),
)
/** suspended/<consensus key>: height of the block that took its seat for evidence; older evidence is used up. */
export const suspensions = defineTable<Height>(REGISTRY, 'suspended', uint())

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

/** Every state has them. */
export function getSettings(state: Reader): Settings {
  const found = settings.get(state)
  assert(found !== undefined, 'the state has no settings')
  return found
}

export function getPending(state: Reader): readonly PendingSet[] {
  return pendingSets.get(state) ?? []
}

export function getCandidates(state: Reader): readonly Candidate[] {
  return candidates.get(state) ?? []
}
