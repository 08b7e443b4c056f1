// How records in shares enter a bucket, alone or in a batch: what must be new, what is kept, and the running sums of the classes.
import { type EventDraft, isRefusal, type Refusal, type TxContext } from '../../../vm/app.ts'
import { assert } from '../../../vm/assert.ts'
import { executionGroup } from '../../../vm/crypto/execution-group.ts'
import { decodeKeys } from '../../../vm/crypto/keys.ts'
import type { Reader, Writer } from '../../../vm/state.ts'
import { lockUntil } from '../bonds.ts'
import { refuse } from '../codes.ts'
import { findReplicated, isActive, requireRole } from '../committee.ts'
import { recordId } from '../ids.ts'
import { requireParameters } from '../parameters.ts'
import type { BatchHead } from '../record-proofs.ts'
import { authorizeContents, executeRecords } from '../records.ts'
import { committeeTable, nonceTable, recordTable, sharesTable } from '../state.ts'
import type { RepItem } from './payloads.ts'
import { sharedCommitment } from './record-proofs.ts'
import { enterShares } from './sums.ts'

type Writing = { readonly head: BatchHead; readonly records: readonly RepItem[] }

export function authorizeShared(
  state: Reader,
  { head, records }: Writing,
  context: TxContext,
): Refusal | undefined {
  const { account, committee } = head
  const refusal = requireRole(state, { account, role: 'hospital' }, context)
  if (refusal !== undefined) return refusal
  const found = findReplicated(state, head)
  if (isRefusal(found)) return found
  if (!isActive(found, context.timeMs)) return refuse('COMMITTEE_INACTIVE')
  const classes = found.deal.classKeys.length
  if (records.some(({ shares }) => shares.length !== classes)) return refuse('SHARES_COUNT')
  const known = authorizeContents(state, { head, records }, context)
  if (known !== undefined) return known
  const isUsed = ({ nonce }: RepItem) => nonceTable.get(state, committee, nonce) !== undefined
  return records.some(isUsed) ? refuse('NONCE_USED') : undefined
}

/** δ·H and V as the vault keeps them of a record whose points `verify` has decoded. */
function pointsOf(record: RepItem) {
  const group = executionGroup()
  const shares = decodeKeys(group, record.shares)
  const offset = group.decodeScalar(record.offset)
  assert(shares && offset !== undefined, 'verify has decoded shares and offset')
  const { masked, commitment } = sharedCommitment(group, { shares, offset })
  return { ciphertext: group.encode(masked), commitment: group.encode(commitment) }
}

/** Writes records that `authorizeShared` and the verdict have let pass. */
export function executeShared(
  state: Writer,
  { head, records }: Writing,
  context: TxContext,
): readonly EventDraft[] {
  const { committee } = head
  const contents = records.map((record) => ({ ...record, ...pointsOf(record) }))
  const events = executeRecords(state, { head, records: contents }, context)
  const owner = committeeTable.get(state, committee)?.account
  assert(owner, 'authorize has found the committee')
  const complaintsEndMs = context.timeMs + requireParameters(state).complaintWindowMs
  for (const { nonce, shares, offset } of records) {
    const id = recordId({ ...head, nonce })
    const record = recordTable.get(state, id)
    assert(record, 'the record was just written')
    const kept = { shares, offset, nonce, complaintsEndMs }
    sharesTable.put(state, kept, id)
    nonceTable.put(state, id, committee, nonce)
    enterShares(state, record, kept)
  }
  lockUntil(state, [owner], complaintsEndMs)
  return events
}
