// vault.recordBatch: up to sixteen records under one range proof, all or none.
import { accept, defineTx } from '../../vm/app.ts'
import { recordUnits } from './costs.ts'
import { exampleRecordBatch } from './examples.ts'
import { recordBatchCodec } from './payloads.ts'
import { verifyRecordBatch } from './record-proofs.ts'
import { authorizeRecords, executeRecords } from './records.ts'
import { publicKeyTable } from './state.ts'
import { TAGS } from './tags.ts'

export const recordBatch = defineTx({
  name: 'vault.recordBatch',
  tag: TAGS['vault.recordBatch'],
  summary: 'Records up to sixteen invoices at once; one that is refused refuses all.',
  payload: recordBatchCodec,
  example: exampleRecordBatch,
  cost: ({ records }) => recordUnits(records.length),
  facts: ({ committee }) => [publicKeyTable.key(committee)],
  verify: verifyRecordBatch,
  authorize: (state, payload, context) =>
    authorizeRecords(state, { head: payload, records: payload.records }, context),
  execute: (state, payload, context) =>
    accept(...executeRecords(state, { head: payload, records: payload.records }, context)),
})
