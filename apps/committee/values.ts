// What each value of the committee's state holds.
import type { Infer } from '../../vm/codec.ts'
import { array, named, optional, struct } from '../../vm/codec-compound.ts'
import { hex, uint } from '../../vm/codec-scalar.ts'
import type { OrganizationId } from '../../vm/types.ts'
import {
  accountField,
  bondCodec,
  commitmentsField,
  digestField,
  epochField,
  indexField,
  keyCodec,
  MEMBERS_MAX,
  PURPOSES_MAX,
  pointField,
  purposeCodec,
  windowsCodec,
} from './fields.ts'
import { faultKindCodec } from './ids.ts'

const organizationField = hex<OrganizationId>(32)
const indices = array(indexField, MEMBERS_MAX)

export const keysetCodec = named(
  'committee-keyset',
  struct({
    /** Who started it. */
    sponsor: accountField,
    /** The newest epoch, whatever became of it. */
    epoch: epochField,
    /** The epoch in force when the newest one began; null if none was. */
    active: optional(epochField),
  }),
)
export type KeysetState = Infer<typeof keysetCodec>

export const planCodec = named(
  'committee-plan',
  struct({
    /** The epoch that is reshared; null for a new key. */
    previous: optional(epochField),
    /** The least number of dealings, of which a resharing takes exactly so many. */
    dealings: uint(MEMBERS_MAX, 2),
    purposes: array(purposeCodec, PURPOSES_MAX, 1),
    bond: bondCodec,
    threshold: uint(MEMBERS_MAX, 2),
    minimum: uint(MEMBERS_MAX, 2),
    members: array(accountField, MEMBERS_MAX, 2),
    organizations: array(organizationField, MEMBERS_MAX, 2),
    windows: windowsCodec,
    startedMs: uint(),
    txId: digestField,
  }),
)
export type PlanState = Infer<typeof planCodec>

export const progressCodec = named(
  'committee-progress',
  struct({
    offersEndMs: uint(),
    dealsEndMs: uint(),
    complaintsEndMs: uint(),
    acksEndMs: uint(),
    /** Members in the order of their offers: the first has index 1. */
    seats: array(accountField, MEMBERS_MAX),
    /** Indices of those who dealt. */
    dealt: indices,
    /** Dealers of whom a share was opened; their dealings count no more. */
    opened: indices,
    /** Accounts with a fault in this epoch. */
    culprits: array(accountField, 2 * MEMBERS_MAX),
    /** Seats in the order in which they acknowledged. */
    acks: indices,
  }),
)
export type ProgressState = Infer<typeof progressCodec>

export const offerStateCodec = named('committee-offer', struct({ boxKey: pointField }))

export const dealingCodec = named(
  'committee-dealing',
  struct({
    account: accountField,
    boxPoint: pointField,
    polynomials: array(commitmentsField, PURPOSES_MAX, 1),
    boxHashes: array(digestField, MEMBERS_MAX, 2),
    txId: digestField,
  }),
)
export type DealingState = Infer<typeof dealingCodec>

export const committeeStateCodec = named(
  'committee-state',
  struct({
    threshold: uint(MEMBERS_MAX, 2),
    /** In the order of their seats, which are never renumbered. */
    members: array(accountField, MEMBERS_MAX, 2),
    /** Whose dealings made it. */
    qualified: array(indexField, MEMBERS_MAX, 2),
    keys: array(keyCodec, PURPOSES_MAX, 1),
  }),
)
export type CommitteeState = Infer<typeof committeeStateCodec>

export const faultStateCodec = named(
  'committee-fault',
  struct({
    kind: faultKindCodec,
    object: digestField,
    epoch: epochField,
    culprit: accountField,
    index: indexField,
    txId: digestField,
  }),
)
