// Read-only views of policies for RPC.

import { defineQuery } from '../../vm/app.ts'
import { optional, struct } from '../../vm/codec-compound.ts'
import { amount } from '../../vm/codec-scalar.ts'
import { sample } from '../../vm/example.ts'
import { getEscrow } from '../bank/state.ts'
import { refuse } from './codes.ts'
import { exampleBucket } from './examples.ts'
import { bucketCodec, digestField } from './fields.ts'
import { policyId } from './ids.ts'
import { accumulatorCodec, policyCodec } from './policy-values.ts'
import { accumulatorTable, paidSegmentTable, policyTable } from './state.ts'

const policy = defineQuery({
  name: 'vault.policy',
  summary: 'What insurer and patient agreed on for a bucket, what was settled, and the escrow.',
  parameters: struct({ bucket: bucketCodec }),
  result: struct({
    policy: digestField,
    terms: policyCodec,
    accumulator: accumulatorCodec,
    escrow: amount,
  }),
  example: { bucket: exampleBucket },
  run: (state, { bucket }) => {
    const id = policyId(bucket)
    const accumulator = accumulatorTable.get(state, id)
    const terms = accumulator && policyTable.get(state, id, accumulator.version)
    if (accumulator === undefined || terms === undefined) return refuse('POLICY_UNKNOWN')
    return { policy: id, terms, accumulator, escrow: getEscrow(state, id)?.amount ?? 0n }
  },
})

const paidSegment = defineQuery({
  name: 'vault.paidSegment',
  summary: 'The query by which a segment was paid for, by the hash of its set; null if none was.',
  parameters: struct({ set: digestField }),
  result: struct({ query: optional(digestField) }),
  example: { set: sample('01') },
  run: (state, { set }) => ({ query: paidSegmentTable.get(state, set) ?? null }),
})

export const policyQueries = [policy, paidSegment]
