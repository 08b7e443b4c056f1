// The payloads of committees over a keyset: who begins one, and who writes for it.
import type { Infer } from '../../vm/codec.ts'
import { array, struct } from '../../vm/codec-compound.ts'
import { amount, text } from '../../vm/codec-scalar.ts'
import { accountField, digestField, epochField, nonceField, WRITERS_MAX } from './fields.ts'
import { organizationField } from './values.ts'

const writersFields = {
  /** Organizations that may write, in ascending order. An admin of each signs. */
  writers: array(organizationField, WRITERS_MAX, 1),
  /** What every admin who signs for a new writer adds to its own bond, which stands for all that the organization writes. */
  bond: amount,
} as const

export const initKeysetCodec = struct({
  account: accountField,
  nonce: nonceField,
  /** A keyset of the application `committee` with a key for the purpose `vault`. */
  keyset: digestField,
  /** Its epoch in force. */
  epoch: epochField,
  /** ISO 4217 code of the amounts of all records and of the fees. */
  currency: text(3, 3, /^[A-Z]{3}$/),
  ...writersFields,
})
export type InitKeyset = Infer<typeof initKeysetCodec>

export const writersCodec = struct({
  account: accountField,
  committee: digestField,
  ...writersFields,
})
export type Writers = Infer<typeof writersCodec>
