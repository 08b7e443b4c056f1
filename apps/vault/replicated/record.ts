// rep.record: one invoice enters the vault as shares that its nonce gives, a public offset, and a range proof of their sum.
import { accept, defineTx } from '../../../vm/app.ts'
import { sharedRecordUnits } from '../costs.ts'
import { exampleSharedRecord } from '../examples.ts'
import { TAGS } from '../tags.ts'
import { repRecordCodec } from './payloads.ts'
import { verifyRepRecord } from './record-proofs.ts'
import { authorizeShared, executeShared } from './records.ts'

export const repRecord = defineTx({
  name: 'rep.record',
  tag: TAGS['rep.record'],
  summary: 'Records one invoice in shares that follow from the keys of the classes.',
  payload: repRecordCodec,
  example: exampleSharedRecord,
  cost: ({ shares }) => sharedRecordUnits([shares.length]),
  verify: verifyRepRecord,
  authorize: (state, payload, context) =>
    authorizeShared(state, { head: payload, records: [payload] }, context),
  execute: (state, payload, context) =>
    accept(...executeShared(state, { head: payload, records: [payload] }, context)),
})
