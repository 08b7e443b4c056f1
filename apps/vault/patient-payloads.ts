// The payloads by which records are contested and corrected, and policies agreed on and paid.
import type { Infer } from '../../vm/codec.ts'
import { choice, struct } from '../../vm/codec-compound.ts'
import { amount, bool, bytes, id32, oneOf, text, uint } from '../../vm/codec-scalar.ts'
import { accountField, digestField, pointField, schnorrField, tagField } from './fields.ts'
import { PLAIN_BOX_SIZE, SEEDED_BOX_SIZE } from './receipts.ts'

export const receiptDisputeCodec = struct({
  account: accountField,
  record: digestField,
  /** The patient's box as it was recorded; state keeps its hash. */
  box: bytes(SEEDED_BOX_SIZE, PLAIN_BOX_SIZE),
  /** Z = t·E, which opens this one box to everybody. */
  opening: pointField,
  /** Z and the tag have the same exponent. */
  proof: schnorrField,
})
export type ReceiptDispute = Infer<typeof receiptDisputeCodec>

export const reverseCodec = struct({ account: accountField, record: digestField })
export type Reverse = Infer<typeof reverseCodec>

/** What insurer and patient agree on for one policy and period. */
export const termsFields = {
  /** The account that is paid. */
  patient: accountField,
  tag: tagField,
  policy: id32,
  period: uint(),
  /** One more than the last. */
  version: uint(0xffff_ffff, 1),
  currency: text(3, 3, /^[A-Z]{3}$/),
  /** Plain payouts leave the escrow and tell the sum, committed ones hide it and are paid off the ledger. */
  payout: oneOf({ plain: 1, committed: 2 }),
  /** The insurer's part of what is above the deductible, in hundredths. */
  rate: uint(100, 1),
  deductible: amount,
  /** The most that is paid in the period. */
  cap: amount,
  /** What the insurer puts aside for plain payouts. */
  escrow: amount,
  /** From then on nothing is settled, and the rest of the escrow goes back. */
  settleByMs: uint(),
} as const

export const policyAgreeCodec = struct({
  /** The insurer. */
  account: accountField,
  ...termsFields,
  /** Knowledge of the key behind the tag. */
  proof: schnorrField,
})
export type PolicyAgree = Infer<typeof policyAgreeCodec>

export const policyCloseCodec = struct({ account: accountField, policy: digestField })

/** Below the deductible, shared at the rate, or at the cap; it is public which. */
const regimeCodec = oneOf({ below: 1, shared: 2, capped: 3 })

export const payoutCodec = struct({
  policy: digestField,
  version: uint(0xffff_ffff, 1),
  /** ΣW of the segments that were settled before. */
  sum: pointField,
  /** The total that was promised before. */
  promised: pointField,
  regime: regimeCodec,
  total: choice({
    plain: [1, struct({ amount })],
    /** A commitment to it; `overpaid` if more was promised before than is due now. */
    committed: [2, struct({ commitment: pointField, overpaid: bool })],
  }),
  /** Of 64 bits, over the numbers that must not be negative. */
  rangeProof: bytes(672, 800),
})
export type Payout = Infer<typeof payoutCodec>
