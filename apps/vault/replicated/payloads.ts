// The payloads of the replicated sharing's transactions.
import type { Infer } from '../../../vm/codec.ts'
import { array, optional, struct } from '../../../vm/codec-compound.ts'
import { amount, bool, bytes, id32, text, uint } from '../../../vm/codec-scalar.ts'
import {
  accountField,
  BATCH_RECORDS_MAX,
  digestField,
  epochField,
  indexField,
  nonceField,
  pointField,
  schnorrField,
  tagField,
} from '../fields.ts'
import { PLAIN_BOX_SIZE } from '../receipts.ts'
import {
  answerModeCodec,
  BOXES_MAX,
  CLASSES_MAX,
  classField,
  HOLDERS_MAX,
  scalarField,
} from './fields.ts'

export const repInitCodec = struct({
  account: accountField,
  nonce: nonceField,
  /** So many servers hold all classes together; fewer miss one. */
  threshold: uint(HOLDERS_MAX, 2),
  /** The least number of servers that must acknowledge. */
  minimum: uint(HOLDERS_MAX, 2),
  /** Server accounts; the first has index 1. */
  servers: array(accountField, HOLDERS_MAX, 2),
  /** X_c = w_c·B for each class. */
  classKeys: array(pointField, CLASSES_MAX, 2),
  /** E = a·B, one for all boxes of the deal. */
  boxPoint: pointField,
  /** Knowledge of a. */
  boxProof: schnorrField,
  /** w_c for each holder of each class, class by class. */
  boxes: array(bytes(48), BOXES_MAX, 2),
  answers: answerModeCodec,
  /** ISO 4217 code of the amounts of all records and of the fees. */
  currency: text(3, 3, /^[A-Z]{3}$/),
  bond: amount,
})
export type RepInit = Infer<typeof repInitCodec>

export const repComplainKeyCodec = struct({
  account: accountField,
  committee: digestField,
  epoch: epochField,
  index: indexField,
  class: classField,
  /** The box as dealt; state keeps its hash. */
  box: bytes(48),
  /** Z = p·E, which opens the complainant's boxes of this deal to everybody. */
  opening: pointField,
  /** Z and the offered key have the same exponent. */
  proof: schnorrField,
})
export type RepComplainKey = Infer<typeof repComplainKeyCodec>

const repRecordFields = {
  nonce: nonceField,
  /** V_c = f_c·H + g_c·G2 for each class; f_c and g_c follow from the nonce and the key of the class. */
  shares: array(pointField, CLASSES_MAX, 2),
  /** δ, the amount without all f_c. */
  offset: scalarField,
  /** E of the patient's box. */
  ephemeral: pointField,
  tag: tagField,
  policy: id32,
  period: uint(),
  /** A keyed hash of the invoice's number: the same invoice has the same nullifier, and nobody else can tell. */
  nullifier: digestField,
  /** Amount, Σg_c and salt for the patient, under the key behind the tag. */
  box: bytes(PLAIN_BOX_SIZE),
  /** H(salt, document) */
  document: optional(digestField),
  /** The tag is of this record alone: no grant is needed, and no segment counts the record. */
  oneTime: bool,
  /** Knowledge of the exponent of E. */
  boxProof: schnorrField,
}

export const repRecordCodec = struct({
  account: accountField,
  committee: digestField,
  epoch: epochField,
  ...repRecordFields,
  rangeProof: bytes(608),
})
export type RepRecord = Infer<typeof repRecordCodec>

export const repItemCodec = struct(repRecordFields)
export type RepItem = Infer<typeof repItemCodec>

export const repRecordBatchCodec = struct({
  account: accountField,
  committee: digestField,
  epoch: epochField,
  records: array(repItemCodec, BATCH_RECORDS_MAX, 1),
  /** One proof over ΣV_c + δ·H of each record in order; the last is repeated up to 1, 2, 4, 8 or 16. */
  rangeProof: bytes(608, 864),
})
export type RepRecordBatch = Infer<typeof repRecordBatchCodec>

export const repComplainRecordCodec = struct({
  account: accountField,
  committee: digestField,
  epoch: epochField,
  index: indexField,
  record: digestField,
  class: classField,
  /** W_c = w_c·U, from which everybody derives f_c and g_c of this record. */
  seed: pointField,
  /** W_c and X_c have the same exponent. */
  proof: schnorrField,
})
export type RepComplainRecord = Infer<typeof repComplainRecordCodec>

export const repRespondCodec = struct({
  account: accountField,
  committee: digestField,
  query: digestField,
  epoch: epochField,
  index: indexField,
  answers: array(
    struct({
      class: classField,
      /** E1 = e·B */
      first: pointField,
      /** E2 = S_c·H + e·Y */
      second: pointField,
      proof: bytes(128),
    }),
    CLASSES_MAX,
    1,
  ),
})
export type RepRespond = Infer<typeof repRespondCodec>

export const repRespondScalarCodec = struct({
  account: accountField,
  committee: digestField,
  query: digestField,
  epoch: epochField,
  index: indexField,
  answers: array(
    struct({
      class: classField,
      /** E = a·B */
      boxPoint: pointField,
      /** Knowledge of a. */
      boxProof: schnorrField,
      /** S_c and T_c, the sums of f_c and g_c, under the answer key. */
      box: bytes(80),
    }),
    CLASSES_MAX,
    1,
  ),
})
export type RepRespondScalar = Infer<typeof repRespondScalarCodec>

export const repComplainResponseCodec = struct({
  account: accountField,
  committee: digestField,
  query: digestField,
  epoch: epochField,
  /** Whose answer it is. */
  index: indexField,
  class: classField,
  /** The box as it was sent; state keeps its hash. */
  box: bytes(80),
  /** Z = y·E, which opens this one box to everybody. */
  opening: pointField,
  /** Z and the answer key have the same exponent. */
  proof: schnorrField,
  /** Added to the insurer's bond, which is lost if the answer is right. */
  deposit: amount,
})
export type RepComplainResponse = Infer<typeof repComplainResponseCodec>
