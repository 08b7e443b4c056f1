// The records in shares that a transaction brought, alone or in a batch.
import { recordId } from '../../apps/vault/ids.ts'
import type { BatchHead } from '../../apps/vault/record-proofs.ts'
import type { RepItem, RepRecord, RepRecordBatch } from '../../apps/vault/replicated/payloads.ts'
import { repRecord } from '../../apps/vault/replicated/record.ts'
import { repRecordBatch } from '../../apps/vault/replicated/record-batch.ts'
import type { Digest } from '../../vm/types.ts'
import type { Accepted } from './block.ts'

export type SharedRecord = BatchHead & RepItem & { readonly id: Digest }

/** In the order in which they were entered. */
export function sharedRecordsIn({ type, payload }: Accepted): readonly SharedRecord[] {
  if (type === repRecord) {
    const one = payload as unknown as RepRecord
    return [{ ...one, id: recordId(one) }]
  }
  if (type !== repRecordBatch) return []
  const { account, committee, epoch, records } = payload as unknown as RepRecordBatch
  const head = { account, committee, epoch }
  return records.map((item) => ({ ...head, ...item, id: recordId({ ...head, nonce: item.nonce }) }))
}
