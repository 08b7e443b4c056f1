// The receipt that comes with a record: opened by the patient, held against the record's commitment, and disputed if it is wrong.
import type { ReceiptDispute } from '../../apps/vault/patient-payloads.ts'
import { disputeSession } from '../../apps/vault/receipt-dispute.ts'
import { readTold } from '../../apps/vault/receipts.ts'
import { blank, receiptContext } from '../../apps/vault/statements.ts'
import { equal, toHex } from '../../vm/bytes.ts'
import { openBox, revealOpening } from '../../vm/crypto/box.ts'
import { commit } from '../../vm/crypto/commitment.ts'
import type { Group } from '../../vm/crypto/group.ts'
import type { AccountId, Digest, Hex } from '../../vm/types.ts'
import {
  decodeSecret,
  deriveBytes,
  type Entropy,
  encodeSecret,
  type SecretScalar,
} from './entropy.ts'
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
  const told = readTold(group, message, record.id)
  if (told === undefined) return undefined
  const { amount, blinding, salt } = told
  const commitment = group.encode(commit(group, amount, blinding))
  if (!equal(commitment, record.commitment)) return undefined
  return { amount, r: encodeSecret(group, blinding), salt: toHex(salt) }
}

/**
 * Opens the box of one record to everybody: amount, blinding and salt are public from then on, and the deposit of the genesis is lost
 * if the receipt is right after all. To be sent when `readReceipt`, or `openReceipt` for replicated shares, finds nothing in the box.
 */
export function buildDispute<P>(
  group: Group<P>,
  record: Omit<BoxedRecord, 'commitment'>,
  sender: {
    readonly chainId: Digest
    readonly account: AccountId
    readonly tagSecret: SecretScalar
    readonly entropy: Entropy
  },
): ReceiptDispute {
  const { chainId, account, entropy } = sender
  const secretKey = decodeSecret(group, sender.tagSecret)
  const E = requirePoint(group, record.ephemeral)
  const opening = group.encode(group.multiply(E, secretKey))
  const bare = { account, record: record.id, box: record.box, opening, proof: blank(64) }
  const session = disputeSession(chainId, bare)
  const random = deriveBytes(entropy, 'dispute-proof')
  return { ...bare, proof: revealOpening(group, { E, session }, { secretKey, random }).proof }
}
