// The payloads by which records are contested and corrected, and policies agreed on and paid.
import type { Infer } from '../../vm/codec.ts'
import { struct } from '../../vm/codec-compound.ts'
import { bytes } from '../../vm/codec-scalar.ts'
import { accountField, digestField, pointField, schnorrField } from './fields.ts'
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
