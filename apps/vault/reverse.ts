// vault.reverse: a record that was asked for is corrected by its negative, which enters the bucket's open segment.

import { accept, defineTx, type Refusal, type TxContext } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { sample } from '../../vm/example.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { AccountId, Digest } from '../../vm/types.ts'
import { getAccount } from '../registry/state.ts'
import { refuse } from './codes.ts'
import { requireRole, requireSigner } from './committee.ts'
import { setUnits } from './costs.ts'
import { reversalId } from './ids.ts'
import { type Reverse, reverseCodec } from './patient-payloads.ts'
import { firstSegment, SEGMENT_RECORDS_MAX } from './records.ts'
import { enterShares, negateShares } from './replicated/sums.ts'
import { pinOf } from './sets.ts'
import {
  badRecordTable,
  disputedTable,
  getBucket,
  markTable,
  putBucket,
  recordTable,
  reversalTable,
  sharesTable,
} from './state.ts'
import { addSums, noSums, subtractSums } from './sums.ts'
import { TAGS } from './tags.ts'
import type { RecordState } from './values.ts'

function openOf(state: Reader, { committee, tag, policy, period }: RecordState) {
  return getBucket(state, { committee, bucket: { tag, policy, period } }) ?? firstSegment
}

/** The organization that wrote a record takes it back; one whose receipt was proven wrong, anybody. */
function checkRight(
  state: Reader,
  { account, record: id }: Reverse,
  { record, context }: { readonly record: RecordState; readonly context: TxContext },
): Refusal | undefined {
  if (disputedTable.get(state, id) !== undefined) return requireSigner(account, context)
  const refusal = requireRole(state, { account, role: 'hospital' }, context)
  if (refusal !== undefined) return refusal
  const writer = getAccount(state, record.account)?.organization
  const isWriters = writer !== undefined && getAccount(state, account)?.organization === writer
  return isWriters ? undefined : refuse('WRITER_NOT_ALLOWED')
}

function authorize(state: Reader, reverse: Reverse, context: TxContext): Refusal | undefined {
  const { record: id } = reverse
  const record = recordTable.get(state, id)
  if (record === undefined) return refuse('RECORD_UNKNOWN')
  const refusal = checkRight(state, reverse, { record, context })
  if (refusal !== undefined) return refusal
  if (record.reverses !== null) return refuse('RECORD_REVERSAL')
  if (markTable.get(state, id)?.kind === 'void') return refuse('RECORD_VOID')
  if (badRecordTable.get(state, id) !== undefined) return refuse('RECORD_BAD')
  if (reversalTable.get(state, id) !== undefined) return refuse('RECORD_REVERSED')
  const open = openOf(state, record)
  if (pinOf(state, id, record) === undefined) return refuse('RECORD_FREE')
  const isFull = record.segment !== null && open.count >= SEGMENT_RECORDS_MAX
  return isFull ? refuse('SEGMENT_FULL') : undefined
}

type Entry = { readonly id: Digest; readonly reversal: RecordState }

/** The negative is the newest record of the open segment; that of a record under a one-time tag is in none either. */
function enter(state: Writer, { id, reversal }: Entry): void {
  recordTable.put(state, reversal, id)
  if (reversal.segment === null) return
  const { committee, tag, policy, period } = reversal
  const open = openOf(state, reversal)
  const sums = addSums(open.sums, [reversal])
  const counts = { count: open.count + 1, reversals: open.reversals + 1 }
  putBucket(
    state,
    { committee, bucket: { tag, policy, period } },
    { ...open, ...counts, sums, last: id },
  )
}

function reversalOf(
  state: Reader,
  record: RecordState,
  by: { readonly account: AccountId; readonly reverses: Digest; readonly context: TxContext },
): RecordState {
  const { account, reverses, context } = by
  const { height, txId } = context
  const open = openOf(state, record)
  const place =
    record.segment === null
      ? { segment: null, previous: null }
      : { segment: open.segment, previous: open.last }
  const negative = subtractSums(noSums, [record])
  return { ...record, ...negative, ...place, account, reverses, document: null, height, txId }
}

export const reverse = defineTx({
  name: 'vault.reverse',
  tag: TAGS['vault.reverse'],
  summary: 'Takes back a record that was asked for: its negative enters the open segment.',
  payload: reverseCodec,
  example: { account: sample('01'), record: sample('02') },
  cost: () => setUnits(6),
  authorize,
  execute: (state, { account, record: reverses }, context) => {
    const record = recordTable.get(state, reverses)
    assert(record, 'authorize has found the record')
    const id = reversalId(reverses)
    const reversal = reversalOf(state, record, { account, reverses, context })
    enter(state, { id, reversal })
    const shares = sharesTable.get(state, reverses)
    if (shares !== undefined) {
      const negative = negateShares(shares)
      sharesTable.put(state, { ...shares, ...negative }, id)
      enterShares(state, reversal, negative)
    }
    reversalTable.put(state, id, reverses)
    return accept({ recipient: record.tag, kind: 'vault.reversed', reference: reverses })
  },
})
