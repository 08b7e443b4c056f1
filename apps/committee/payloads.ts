// The payloads of all transactions of the committee: what goes over the wire, apart from what it means.
import type { Infer } from '../../vm/codec.ts'
import { array, struct } from '../../vm/codec-compound.ts'
import { uint } from '../../vm/codec-scalar.ts'
import {
  accountField,
  bondCodec,
  boxField,
  commitmentsField,
  digestField,
  epochField,
  indexField,
  keyCodec,
  MEMBERS_MAX,
  nonceField,
  PURPOSES_MAX,
  pointField,
  purposeCodec,
  schnorrField,
  windowsCodec,
} from './fields.ts'

/** Who is to hold shares, and how many of them it takes. */
const sizeFields = {
  threshold: uint(MEMBERS_MAX, 2),
  /** The least number of seats, of dealings that stand, and of acknowledgements. */
  minimum: uint(MEMBERS_MAX, 2),
  members: array(accountField, MEMBERS_MAX, 2),
  windows: windowsCodec,
} as const

export const startCodec = struct({
  account: accountField,
  nonce: nonceField,
  /** 1, or one more than that of an attempt which came to nothing. */
  epoch: epochField,
  purposes: array(purposeCodec, PURPOSES_MAX, 1),
  bond: bondCodec,
  ...sizeFields,
})
export type Start = Infer<typeof startCodec>

export const reshareCodec = struct({
  account: accountField,
  keyset: digestField,
  /** One more than the newest. */
  epoch: epochField,
  ...sizeFields,
})
export type Reshare = Infer<typeof reshareCodec>

export const offerCodec = struct({
  account: accountField,
  keyset: digestField,
  epoch: epochField,
  /** P = p·B, used for the boxes of this epoch only. */
  boxKey: pointField,
  /** Knowledge of p. */
  proof: schnorrField,
})
export type Offer = Infer<typeof offerCodec>

export const dealCodec = struct({
  account: accountField,
  keyset: digestField,
  epoch: epochField,
  /** The dealer's seat; in a resharing its seat in the committee that hands over. */
  index: indexField,
  /** Who holds the seats, in order. */
  recipients: array(accountField, MEMBERS_MAX, 2),
  /** E = a·B, one for all boxes of the dealing. */
  boxPoint: pointField,
  /** Knowledge of a. */
  boxProof: schnorrField,
  /** One for each purpose, in the order of the plan. */
  polynomials: array(
    struct({
      purpose: purposeCodec,
      commitments: commitmentsField,
      /** Knowledge of the constant term. */
      proof: schnorrField,
    }),
    PURPOSES_MAX,
    1,
  ),
  /** The shares of each seat under its offered key. */
  boxes: array(boxField, MEMBERS_MAX, 2),
})
export type Deal = Infer<typeof dealCodec>

export const complainCodec = struct({
  account: accountField,
  keyset: digestField,
  epoch: epochField,
  /** The seat of who complains. */
  index: indexField,
  /** Whose dealing it is about. */
  dealer: indexField,
  /** The box as dealt; state keeps its hash. */
  box: boxField,
  /** Z = p·E, which opens this one box to everybody. */
  opening: pointField,
  /** Z and the offered key have the same exponent. */
  proof: schnorrField,
})
export type Complain = Infer<typeof complainCodec>

export const ackCodec = struct({
  account: accountField,
  keyset: digestField,
  epoch: epochField,
  index: indexField,
  /** The dealers whose dealings make the key, ascending. */
  qualified: array(indexField, MEMBERS_MAX, 2),
  /** The keys as the member derived them, in the order of the plan. */
  keys: array(keyCodec, PURPOSES_MAX, 1),
})
export type Ack = Infer<typeof ackCodec>
