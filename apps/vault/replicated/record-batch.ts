// rep.recordBatch: up to sixteen records in shares under one range proof, all or none.
import { accept, defineTx } from '../../../vm/app.ts'
import { sharedRecordUnits } from '../costs.ts'
import { exampleSharedBatch } from '../examples.ts'
import { TAGS } from '../tags.ts'
import { repRecordBatchCodec } from './payloads.ts'
import { verifyRepRecordBatch } from './record-proofs.ts'
import { authorizeShared, executeShared } from './records.ts'

export const repRecordBatch = defineTx({
  name: 'rep.recordBatch',
  tag: TAGS['rep.recordBatch'],
  summary: 'Records up to sixteen invoices in shares at once; one that is refused refuses all.',
  payload: repRecordBatchCodec,
  example: exampleSharedBatch,
  cost: ({ records }) => sharedRecordUnits(records.map(({ shares }) => shares.length)),
  verify: verifyRepRecordBatch,
  authorize: (state, payload, context) =>
    authorizeShared(state, { head: payload, records: payload.records }, context),
  execute: (state, payload, context) =>
    accept(...executeShared(state, { head: payload, records: payload.records }, context)),
})
