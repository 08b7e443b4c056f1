// Read-only views of replicated committees for RPC.

import { defineQuery } from '../../../vm/app.ts'
import { array, optional, struct } from '../../../vm/codec-compound.ts'
import { oneOf } from '../../../vm/codec-scalar.ts'
import { sample } from '../../../vm/example.ts'
import { refuse } from '../codes.ts'
import { committeeStatus } from '../committee.ts'
import { digestField, indexField } from '../fields.ts'
import {
  askedSharesTable,
  badRecordTable,
  committeeTable,
  repDealTable,
  repProgressTable,
  scalarBoxTable,
  sharesTable,
} from '../state.ts'
import { committeeCodec } from '../values.ts'
import { classHolders } from './classes.ts'
import { CLASSES_MAX, HOLDERS_MAX } from './fields.ts'
import {
  classSumsCodec,
  recordSharesCodec,
  repDealCodec,
  repProgressCodec,
  scalarBoxCodec,
} from './values.ts'

const id = sample('01')

const committee = defineQuery({
  name: 'vault.replicated',
  summary: 'A committee with replicated shares, its deal, who holds which class, and its status.',
  parameters: struct({ committee: digestField }),
  result: struct({
    status: oneOf({ pending: 1, active: 2, aborted: 3 }),
    committee: committeeCodec,
    deal: repDealCodec,
    /** Seats that hold each class; the first list is that of class 1. */
    holders: array(array(indexField, HOLDERS_MAX), CLASSES_MAX),
  }),
  example: { committee: id },
  run: (state, { committee: at }, { timeMs }) => {
    const found = committeeTable.get(state, at)
    const deal = found && repDealTable.get(state, at, found.epoch)
    if (found === undefined || deal === undefined) return refuse('COMMITTEE_UNKNOWN')
    const { threshold, servers } = deal
    const status = committeeStatus(found, servers.length, timeMs)
    const holders = classHolders({ threshold, seats: servers.length })
    return { status, committee: found, deal, holders }
  },
})

const shares = defineQuery({
  name: 'vault.shares',
  summary: 'The shares of a record, and the fault if one of them was proven to be wrong.',
  parameters: struct({ record: digestField }),
  result: struct({ shares: recordSharesCodec, fault: optional(digestField) }),
  example: { record: id },
  run: (state, { record }) => {
    const found = sharesTable.get(state, record)
    if (found === undefined) return refuse('RECORD_UNKNOWN')
    return { shares: found, fault: badRecordTable.get(state, record) ?? null }
  },
})

const answers = defineQuery({
  name: 'vault.answers',
  summary: 'What a query asks of a replicated committee, its answers by class, and their boxes.',
  parameters: struct({ query: digestField }),
  result: struct({
    asked: classSumsCodec,
    progress: repProgressCodec,
    /** One for each answer; null where the answer is masked. */
    boxes: array(optional(scalarBoxCodec), CLASSES_MAX),
  }),
  example: { query: id },
  run: (state, { query }) => {
    const asked = askedSharesTable.get(state, query)
    const progress = repProgressTable.get(state, query)
    if (asked === undefined || progress === undefined) return refuse('QUERY_UNKNOWN')
    const boxes = progress.answers.map(
      ({ class: held, index }) => scalarBoxTable.get(state, query, held, index) ?? null,
    )
    return { asked, progress, boxes }
  },
})

export const replicatedQueries = [committee, shares, answers]
