// The payloads of all transactions of the vault: what goes over the wire, apart from what it means.
import type { Infer } from '../../vm/codec.ts'
import { array, optional, struct } from '../../vm/codec-compound.ts'
import { amount, bool, bytes, hex, id32, oneOf, text, uint } from '../../vm/codec-scalar.ts'
import type { OrganizationId } from '../../vm/types.ts'
import {
  accountField,
  BATCH_RECORDS_MAX,
  digestField,
  epochField,
  GRANT_POLICIES_MAX,
  GRANT_WRITERS_MAX,
  indexField,
  nonceField,
  pointField,
  QUERY_RECORDS_MAX,
  SERVERS_MAX,
  SET_TAGS_MAX,
  schnorrField,
  scopeCodec,
  tagField,
  targetCodec,
} from './fields.ts'
import { payoutCodec } from './patient-payloads.ts'
import { SEEDED_BOX_SIZE } from './receipts.ts'

export const serverRegisterCodec = struct({ account: accountField, bond: amount })

export const serverLeaveCodec = struct({ account: accountField })

export const serverOfferCodec = struct({
  account: accountField,
  committee: digestField,
  epoch: epochField,
  /** P = p·B, used for the boxes of this epoch only. */
  boxKey: pointField,
  /** Knowledge of p. */
  proof: schnorrField,
})
export type ServerOffer = Infer<typeof serverOfferCodec>

/** A polynomial as its dealer publishes it, and who gets a share. */
const dealtFields = {
  threshold: uint(SERVERS_MAX, 2),
  /** The least number of servers that must acknowledge. */
  minimum: uint(SERVERS_MAX, 2),
  /** Server accounts; the first has index 1. */
  servers: array(accountField, SERVERS_MAX, 2),
  /** A_0 to A_{t-1}, the polynomial in the exponent. */
  commitments: array(pointField, SERVERS_MAX, 2),
  /** E = a·B, one for all boxes of the deal. */
  boxPoint: pointField,
  /** Knowledge of a. */
  boxProof: schnorrField,
  /** Knowledge of the key behind A_0. */
  secretProof: schnorrField,
  /** The share of each server under its offered key. */
  boxes: array(bytes(48), SERVERS_MAX, 2),
} as const

export const initCodec = struct({
  account: accountField,
  nonce: nonceField,
  ...dealtFields,
  /** ISO 4217 code of the amounts of all records and of the fees. */
  currency: text(3, 3, /^[A-Z]{3}$/),
  bond: amount,
})
export type Init = Infer<typeof initCodec>

export const reshareCodec = struct({
  account: accountField,
  committee: digestField,
  /** The next one. */
  epoch: epochField,
  ...dealtFields,
  /** Added to what the dealer's bond holds. */
  bond: amount,
})
export type Reshare = Infer<typeof reshareCodec>

export const complainCodec = struct({
  account: accountField,
  committee: digestField,
  epoch: epochField,
  index: indexField,
  /** The box as dealt; state keeps its hash. */
  box: bytes(48),
  /** Z = p·E, which opens this one box to everybody. */
  opening: pointField,
  /** Z and the offered key have the same exponent. */
  proof: schnorrField,
})
export type Complain = Infer<typeof complainCodec>

export const ackCodec = struct({
  account: accountField,
  committee: digestField,
  epoch: epochField,
  index: indexField,
  /** Hash over the committee's public keys as the server derived them. */
  keysHash: digestField,
})
export type Ack = Infer<typeof ackCodec>

/** What one record consists of besides its proof. */
const recordFields = {
  nonce: nonceField,
  /** r·B */
  ephemeral: pointField,
  /** amount·H + r·K */
  ciphertext: pointField,
  /** amount·H + r·G2 */
  commitment: pointField,
  tag: tagField,
  policy: id32,
  period: uint(),
  /** A keyed hash of the invoice's number: the same invoice has the same nullifier, and nobody else can tell. */
  nullifier: digestField,
  /** Amount and seed of r and salt for the patient, under the key behind the tag. */
  box: bytes(SEEDED_BOX_SIZE),
  /** H(salt, document) */
  document: optional(digestField),
  /** The tag is of this record alone: no grant is needed, and no segment counts the record. */
  oneTime: bool,
} as const

export const recordCodec = struct({
  account: accountField,
  committee: digestField,
  epoch: epochField,
  ...recordFields,
  /** Short form: challenge and two responses. */
  proof: bytes(96),
  rangeProof: bytes(608),
})
export type VaultRecord = Infer<typeof recordCodec>

export const batchItemCodec = struct({
  ...recordFields,
  /** Short form: challenge and two responses. */
  proof: bytes(96),
})
export type BatchItem = Infer<typeof batchItemCodec>

export const recordBatchCodec = struct({
  account: accountField,
  committee: digestField,
  epoch: epochField,
  records: array(batchItemCodec, BATCH_RECORDS_MAX, 1),
  /** One proof over the commitments in order; the last is repeated up to 1, 2, 4, 8 or 16. */
  rangeProof: bytes(608, 864),
})
export type RecordBatch = Infer<typeof recordBatchCodec>

/** Why a record is withdrawn; a fixed list, so that a reason cannot carry information about the amount. */
export const voidReasonCodec = oneOf({ error: 1, duplicate: 2, 'wrong-patient': 3, withdrawn: 4 })

export const voidCodec = struct({
  account: accountField,
  record: digestField,
  reason: voidReasonCodec,
})
export type Void = Infer<typeof voidCodec>

export const consentWriterCodec = struct({
  account: accountField,
  tag: tagField,
  /** Organizations that may add records under the tag; none revokes. */
  writers: array(hex<OrganizationId>(32), GRANT_WRITERS_MAX),
  /** Policies that they may add to; null for all. */
  policies: optional(array(id32, GRANT_POLICIES_MAX)),
  expiresAt: uint(),
  /** Knowledge of the key behind the tag. */
  proof: schnorrField,
})
export type ConsentWriter = Infer<typeof consentWriterCodec>

export const consentGrantCodec = struct({
  account: accountField,
  nonce: nonceField,
  committee: digestField,
  insurer: accountField,
  scope: scopeCodec,
  purpose: text(80, 1),
  maxUses: uint(1_000_000, 1),
  expiresAt: uint(),
  /**
   * The least number of records of one sum, if that is more than the genesis says: records of nothing count too, and nobody but
   * writer and patient sees which they are.
   */
  minimum: uint(QUERY_RECORDS_MAX),
  /** Waives the least number of records of the genesis. */
  single: bool,
  /** Lets a query by records overlap with others. */
  overlap: bool,
  /** Knowledge of the keys behind all tags, aggregated. */
  proof: schnorrField,
})
export type ConsentGrant = Infer<typeof consentGrantCodec>

export const consentRevokeCodec = struct({
  account: accountField,
  consent: digestField,
  /** So many tags are behind the consent, and so much the proof costs. */
  tags: uint(SET_TAGS_MAX, 1),
  /** Knowledge of the keys behind all tags of the consent, aggregated. */
  proof: schnorrField,
})
export type ConsentRevoke = Infer<typeof consentRevokeCodec>

export const queryOpenCodec = struct({
  account: accountField,
  committee: digestField,
  epoch: epochField,
  target: targetCodec,
  /** Y = y·B, new for each query. */
  answerKey: pointField,
  /** Knowledge of y. */
  proof: schnorrField,
  consent: digestField,
  fee: amount,
})
export type QueryOpen = Infer<typeof queryOpenCodec>

export const queryRespondCodec = struct({
  account: accountField,
  committee: digestField,
  query: digestField,
  epoch: epochField,
  index: indexField,
  /** E1 = e·B */
  first: pointField,
  /** E2 = k_i·ΣR + e·Y */
  second: pointField,
  proof: bytes(96),
})
export type QueryRespond = Infer<typeof queryRespondCodec>

export const querySettleCodec = struct({
  account: accountField,
  query: digestField,
  /** W = sum·H + s·G2 */
  commitment: pointField,
  /** W opens to what the result encrypts. */
  proof: bytes(128),
  /** What follows from the patient's policy; null if nothing is paid by it. */
  payout: optional(payoutCodec),
})
export type QuerySettle = Infer<typeof querySettleCodec>

export const queryTimeoutCodec = struct({ account: accountField, query: digestField })
