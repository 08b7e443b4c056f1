// The receipt that comes with a record: opened by the patient, and held against the record's commitment.
import { receiptContext } from '../../apps/vault/statements.ts'
import { equal, toHex } from '../../vm/bytes.ts'
import { openBox } from '../../vm/crypto/box.ts'
import { commit } from '../../vm/crypto/commitment.ts'
import type { Group } from '../../vm/crypto/group.ts'
import type { Digest, Hex } from '../../vm/types.ts'
import { decodeSecret, type SecretScalar } from './entropy.ts'
import { requirePoint } from './points.ts'

/** What the writer tells the patient about a record; `r` is Σg of all classes where the shares are replicated. */
export type Receipt = { readonly amount: bigint; readonly r: SecretScalar; readonly salt: Hex }

/** What a patient needs of a record to read its receipt. */
export type BoxedRecord = {
  readonly id: Digest
  readonly ephemeral: Uint8Array
  readonly commitment: Uint8Array
  readonly box: Uint8Array
}

/** The receipt in a record's box; undefined if it is garbage or tells another amount than the commitment holds. */
export function openReceipt<P>(
  group: Group<P>,
  record: BoxedRecord,
  tagSecret: SecretScalar,
): Receipt | undefined {
  const secretKey = decodeSecret(group, tagSecret)
  const E = requirePoint(group, record.ephemeral)
  const place = { E, recipient: group.multiplyBase(secretKey), context: receiptContext(record.id) }
  const message = openBox(group, place, { secretKey, box: record.box })
  const r = message === undefined ? undefined : group.decodeScalar(message.subarray(8, 40))
  if (message === undefined || r === undefined) return undefined
  const amount = BigInt(toHex(message.subarray(0, 8)))
  const commitment = group.encode(commit(group, amount % group.order, r))
  if (!equal(commitment, record.commitment)) return undefined
  return { amount, r: toHex(message.subarray(8, 40)), salt: toHex(message.subarray(40)) }
}
