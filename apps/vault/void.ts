// vault.void: a record that nobody has asked for is withdrawn; its id and its nullifier stay used.

import { accept, defineTx, type Refusal } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { sample } from '../../vm/example.ts'
import type { Reader } from '../../vm/state.ts'
import { getAccount } from '../registry/state.ts'
import { refuse } from './codes.ts'
import { requireRole } from './committee.ts'
import { setUnits } from './costs.ts'
import { type Void, voidCodec } from './payloads.ts'
import { dropRecord } from './records.ts'
import { pinOf } from './sets.ts'
import { markTable, recordTable } from './state.ts'
import { TAGS } from './tags.ts'

function authorize(state: Reader, { account, record: id }: Void): Refusal | undefined {
  const record = recordTable.get(state, id)
  if (record === undefined) return refuse('RECORD_UNKNOWN')
  const { organization } = getAccount(state, account) ?? {}
  if (organization !== getAccount(state, record.account)?.organization)
    return refuse('WRITER_NOT_ALLOWED')
  const mark = markTable.get(state, id)
  if (mark?.kind === 'void') return refuse('RECORD_VOID')
  if (mark?.kind === 'bad') return refuse('RECORD_BAD')
  if (record.reverses !== null) return refuse('RECORD_REVERSAL')
  const isFree = pinOf(state, id, record) === undefined
  return isFree ? undefined : refuse('RECORD_PINNED')
}

/** A corrected invoice is recorded under its new number. */
export const voidRecord = defineTx({
  name: 'vault.void',
  tag: TAGS['vault.void'],
  summary: 'Withdraws a record before anybody has asked for it.',
  payload: voidCodec,
  example: { account: sample('01'), record: sample('02'), reason: 'error' },
  cost: () => setUnits(3),
  authorize: (state, payload, context) =>
    requireRole(state, { account: payload.account, role: 'hospital' }, context) ??
    authorize(state, payload),
  execute: (state, { record: id, reason }) => {
    const record = recordTable.get(state, id)
    assert(record !== undefined, 'authorize has found the record')
    dropRecord(state, { id, record })
    markTable.put(state, { kind: 'void', reason }, id)
    return accept({ recipient: record.tag, kind: 'vault.voided', reference: id })
  },
})
