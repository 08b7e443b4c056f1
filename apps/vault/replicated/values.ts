// What each value of the replicated sharing's state holds.
import type { Infer } from '../../../vm/codec.ts'
import { array, choice, named, optional, struct } from '../../../vm/codec-compound.ts'
import { bool, hex, uint } from '../../../vm/codec-scalar.ts'
import type { OrganizationId } from '../../../vm/types.ts'
import { accountField, digestField, indexField, nonceField, pointField } from '../fields.ts'
import {
  answerModeCodec,
  BOXES_MAX,
  CLASSES_MAX,
  classField,
  HOLDERS_MAX,
  scalarField,
} from './fields.ts'

export const repDealCodec = named(
  'vault-rep-deal',
  struct({
    threshold: uint(HOLDERS_MAX),
    servers: array(accountField, HOLDERS_MAX),
    organizations: array(hex<OrganizationId>(32), HOLDERS_MAX),
    classKeys: array(pointField, CLASSES_MAX),
    boxPoint: pointField,
    boxKeys: array(pointField, HOLDERS_MAX),
    boxHashes: array(digestField, BOXES_MAX),
    answers: answerModeCodec,
    txId: digestField,
  }),
)
export type RepDealState = Infer<typeof repDealCodec>

/** Points of each class and the offset: of one record, or their sums over several. */
const classSumsFields = { shares: array(pointField, CLASSES_MAX), offset: scalarField } as const

export const classSumsCodec = named('vault-rep-sums', struct(classSumsFields))
export type ClassSums = Infer<typeof classSumsCodec>

export const recordSharesCodec = named(
  'vault-rep-shares',
  struct({
    ...classSumsFields,
    nonce: nonceField,
    /** From then on a complaint is not rewarded. */
    complaintsEndMs: uint(),
  }),
)

export const askedSetCodec = named(
  'vault-rep-set',
  struct({
    /** A server has answered a query for the set. */
    answered: bool,
    /** The fault of a record in it. */
    fault: optional(digestField),
  }),
)

export const repAnswerCodec = named(
  'vault-rep-answer',
  choice({
    masked: [
      1,
      struct({ class: classField, index: indexField, first: pointField, second: pointField }),
    ],
    scalar: [2, struct({ class: classField, index: indexField })],
  }),
)
export type RepAnswer = Infer<typeof repAnswerCodec>

export const repProgressCodec = named(
  'vault-rep-progress',
  struct({
    /** Later than the query's own if an answer was found to be wrong. */
    deadlineMs: uint(),
    /** One for each class that is answered, in the order in which they came. */
    answers: array(repAnswerCodec, CLASSES_MAX),
  }),
)

export const scalarBoxCodec = named(
  'vault-rep-scalar-box',
  struct({
    boxPoint: pointField,
    boxHash: digestField,
    /** The insurer complains before. */
    complaintsEndMs: uint(),
  }),
)
