// vault.record: one invoice enters the vault, encrypted to the committee, committed to, and proven in range.
import { accept, defineTx } from '../../vm/app.ts'
import { recordUnits } from './costs.ts'
import { exampleRecord } from './examples.ts'
import { recordCodec } from './payloads.ts'
import { verifyRecord } from './record-proofs.ts'
import { authorizeRecords, executeRecords } from './records.ts'
import { publicKeyTable } from './state.ts'
import { TAGS } from './tags.ts'

export const record = defineTx({
  name: 'vault.record',
  tag: TAGS['vault.record'],
  summary: 'Records one invoice whose amount only a threshold of servers could open.',
  payload: recordCodec,
  example: exampleRecord,
  cost: () => recordUnits(1),
  facts: ({ committee }) => [publicKeyTable.key(committee)],
  verify: verifyRecord,
  authorize: (state, payload, context) =>
    authorizeRecords(state, { head: payload, records: [payload] }, context),
  execute: (state, payload, context) =>
    accept(...executeRecords(state, { head: payload, records: [payload] }, context)),
})
