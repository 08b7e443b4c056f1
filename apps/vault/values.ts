// What each value of the vault's state holds.
import type { Infer } from '../../vm/codec.ts'
import { array, choice, named, optional, struct } from '../../vm/codec-compound.ts'
import { amount, bool, hex, id32, oneOf, text, uint } from '../../vm/codec-scalar.ts'
import type { OrganizationId } from '../../vm/types.ts'
import {
  accountField,
  digestField,
  epochField,
  GRANT_POLICIES_MAX,
  GRANT_WRITERS_MAX,
  indexField,
  pointField,
  SERVERS_MAX,
  scopeCodec,
  tagField,
  targetCodec,
  WRITERS_MAX,
} from './fields.ts'
import { OPEN_QUERIES_MAX } from './genesis.ts'
import { faultKindCodec } from './ids.ts'
import { voidReasonCodec } from './payloads.ts'

export const organizationField = hex<OrganizationId>(32)
const sumsFields = {
  ephemeral: pointField,
  ciphertext: pointField,
  commitment: pointField,
} as const

/** ΣR, ΣC and ΣV of some records. */
export const sumsCodec = struct(sumsFields)
export type Sums = Infer<typeof sumsCodec>

export const serverCodec = named(
  'vault-server',
  struct({
    organization: organizationField,
    bond: amount,
    /** From then on it has no more duties: what is asked later is not its business. Null as long as it has not taken leave. */
    leavesMs: optional(uint()),
  }),
)

export const offerCodec = named('vault-offer', struct({ boxKey: pointField }))

export const committeeCodec = named(
  'vault-committee',
  struct({
    account: accountField,
    organization: organizationField,
    /** The newest epoch, whatever becomes of it. */
    epoch: epochField,
    /** The epoch in force when the newest was dealt; null for the first. */
    previous: optional(epochField),
    minimum: uint(SERVERS_MAX),
    currency: text(3, 3),
    dealtMs: uint(),
    /** From then on complaints are refused and acknowledgements accepted. */
    complaintsEndMs: uint(),
    acksEndMs: uint(),
    /** Indices in the order in which they acknowledged. */
    acks: array(indexField, SERVERS_MAX),
    /** The fault that aborted the deal. */
    fault: optional(digestField),
  }),
)
export type CommitteeState = Infer<typeof committeeCodec>

export const dealCodec = named(
  'vault-deal',
  struct({
    threshold: uint(SERVERS_MAX),
    servers: array(accountField, SERVERS_MAX),
    organizations: array(organizationField, SERVERS_MAX),
    commitments: array(pointField, SERVERS_MAX),
    /** K_1 to K_n */
    serverKeys: array(pointField, SERVERS_MAX),
    boxPoint: pointField,
    boxKeys: array(pointField, SERVERS_MAX),
    boxHashes: array(digestField, SERVERS_MAX),
    txId: digestField,
  }),
)
export type DealState = Infer<typeof dealCodec>

export const keysetLinkCodec = named(
  'vault-keyset',
  struct({
    keyset: digestField,
    /** The epoch of the keyset with which the committee began. */
    since: epochField,
    /** Organizations that may write now, in ascending order. */
    writers: array(organizationField, WRITERS_MAX, 1),
  }),
)

/** What the deals of both sharings say about their seats. */
export type Seats = Pick<DealState, 'threshold' | 'servers' | 'organizations'>

export const grantCodec = named(
  'vault-grant',
  struct({
    account: accountField,
    writers: array(organizationField, GRANT_WRITERS_MAX),
    policies: optional(array(id32, GRANT_POLICIES_MAX)),
    expiresAt: uint(),
  }),
)

export const recordStateCodec = named(
  'vault-record-state',
  struct({
    committee: digestField,
    epoch: epochField,
    account: accountField,
    ...sumsFields,
    tag: tagField,
    policy: id32,
    period: uint(),
    /** Null under a one-time tag: the record is in no segment and asked for by its id only. */
    segment: optional(uint()),
    /** The record before it in its segment: a segment can be walked from its last record. */
    previous: optional(digestField),
    /** The record whose negative this is. */
    reverses: optional(digestField),
    boxHash: digestField,
    document: optional(digestField),
    /** From then on the receipt is not disputed. */
    disputesEndMs: uint(),
    height: uint(),
    txId: digestField,
  }),
)
export type RecordState = Infer<typeof recordStateCodec>

export const markCodec = named(
  'vault-mark',
  choice({
    /** Withdrawn before anybody asked. */
    void: [1, struct({ reason: voidReasonCodec })],
    /** Asked for one by one; the pin never goes away. */
    pinned: [2, struct({ set: digestField })],
    /** Found to be bad before anybody asked. */
    bad: [3, struct({ fault: digestField })],
  }),
)

export const segmentCodec = named(
  'vault-segment',
  struct({
    segment: uint(),
    /** Records that are neither void nor pinned one by one. */
    count: uint(),
    /** Those of them that reverse others; they do not count towards the least number of records. */
    reversals: uint(),
    sums: sumsCodec,
    /** The newest record, counted or not. */
    last: optional(digestField),
  }),
)
export type Segment = Infer<typeof segmentCodec>

/** Organizations that one nullifier is kept for; each needs a vault of its own to get there. */
export const INVOICE_OWNERS_MAX = 16

export const invoiceCodec = named(
  'vault-invoice',
  array(struct({ organization: organizationField, record: digestField }), INVOICE_OWNERS_MAX, 1),
)

export const consentCodec = named(
  'vault-consent',
  struct({
    account: accountField,
    committee: digestField,
    insurer: accountField,
    scope: scopeCodec,
    purpose: text(80),
    maxUses: uint(),
    expiresAt: uint(),
    minimum: uint(),
    single: bool,
    overlap: bool,
  }),
)
export type ConsentState = Infer<typeof consentCodec>

export const usesCodec = named('vault-uses', struct({ uses: uint(), revoked: bool }))

export const queryCodec = named(
  'vault-query',
  struct({
    committee: digestField,
    epoch: epochField,
    insurer: accountField,
    answerKey: pointField,
    target: targetCodec,
    set: digestField,
    count: uint(),
    sums: sumsCodec,
    /** Last record of the segment asked for; null when records were named. */
    last: optional(digestField),
    consent: digestField,
    fee: amount,
    currency: text(3, 3),
    height: uint(),
    deadlineMs: uint(),
  }),
)
export type QueryState = Infer<typeof queryCodec>

export const responseCodec = named(
  'vault-response',
  struct({ index: indexField, first: pointField, second: pointField }),
)
export type ResponseState = Infer<typeof responseCodec>

export const progressCodec = named(
  'vault-progress',
  struct({
    status: oneOf({ open: 1, ready: 2, 'timed-out': 3 }),
    responses: array(responseCodec, SERVERS_MAX),
  }),
)

export const resultCodec = named(
  'vault-result',
  struct({
    /** X1 = e·B and C1 = sum·H − e·Y for an e that nobody knows; of scalar answers the identity, and ΣV. */
    mask: pointField,
    masked: pointField,
    indices: array(indexField, SERVERS_MAX),
    height: uint(),
  }),
)
export type ResultState = Infer<typeof resultCodec>

export const settlementCodec = named(
  'vault-settlement',
  struct({ commitment: pointField, txId: digestField }),
)

export const waitingCodec = named(
  'vault-waiting',
  array(struct({ query: digestField, deadlineMs: uint() }), OPEN_QUERIES_MAX),
)

export const faultStateCodec = named(
  'vault-fault',
  struct({
    kind: faultKindCodec,
    object: digestField,
    epoch: epochField,
    culprit: accountField,
    index: uint(SERVERS_MAX),
    txId: digestField,
  }),
)

export const silencesCodec = named('vault-silences', uint())
