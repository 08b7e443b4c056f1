// What the state holds of policies.
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { amount, uint } from '../../vm/codec-scalar.ts'
import { accountField, pointField } from './fields.ts'
import { termsFields } from './patient-payloads.ts'

export const policyCodec = named('vault-policy', struct({ insurer: accountField, ...termsFields }))
export type PolicyState = Infer<typeof policyCodec>

export const accumulatorCodec = named(
  'vault-accumulator',
  struct({
    version: uint(),
    /** Segments that were paid for. */
    settled: uint(),
    /** ΣW of them. */
    sum: pointField,
    /** The largest total of plain payouts so far. */
    paid: amount,
    /** A commitment to the largest total of committed payouts so far. */
    promised: pointField,
  }),
)
export type AccumulatorState = Infer<typeof accumulatorCodec>
