// Proofs that one node's answer belongs to a certified header, and their verification; runs in browsers.

import { type BlockEvent, eventCodec, type Header, type Receipt, receiptCodec } from './block.ts'
import { decode, type Infer } from './codec.ts'
import { array, named, optional, struct } from './codec-compound.ts'
import { bytes, text, uint } from './codec-scalar.ts'
import {
  BATCH_ITEMS_MAX,
  BLOCK_TRANSACTIONS_MAX,
  EVENTS_MAX,
  STATE_KEY_LENGTH_MAX,
  STATE_VALUE_BYTES_MAX,
} from './limits.ts'
import type { StateKey } from './state.ts'
import type { Digest, Hex } from './types.ts'

const hash32 = bytes(32)
const EVENTS_OF_BLOCK_MAX = BLOCK_TRANSACTIONS_MAX * BATCH_ITEMS_MAX * EVENTS_MAX
const PATH_MAX = 64

/** Path from a leaf to the head of a Merkle tree of `count` leaves. */
export const merklePathCodec = named(
  'merkle-path',
  struct({ index: uint(), count: uint(), path: array(hash32, PATH_MAX) }),
)
export type MerklePath = Infer<typeof merklePathCodec>

export const transactionProofCodec = named('transaction-proof', merklePathCodec)
export type TransactionProof = Infer<typeof transactionProofCodec>

const leafBytes = bytes(1, 64 * 1024)

/** The receipt as bytes with its path. */
export const receiptProofCodec = named(
  'receipt-proof',
  struct({ receipt: leafBytes, at: merklePathCodec }),
)
export type ReceiptProof = Infer<typeof receiptProofCodec>

/** The event as bytes with its path. */
export const eventProofCodec = named(
  'event-proof',
  struct({ event: leafBytes, at: merklePathCodec }),
)
export type EventProof = Infer<typeof eventProofCodec>

/** The neighbours between which an event for the recipient would stand; both null in a block without events. */
export const eventAbsenceProofCodec = named(
  'event-absence-proof',
  struct({ before: optional(eventProofCodec), after: optional(eventProofCodec) }),
)
export type EventAbsenceProof = Infer<typeof eventAbsenceProofCodec>

/** Path of a key in its application's tree, and of that tree's root in the state root. */
export const stateProofCodec = named(
  'state-proof',
  struct({
    app: uint(255),
    key: text(STATE_KEY_LENGTH_MAX, 1),
    /** null proves that the key has no value. */
    value: optional(bytes(0, STATE_VALUE_BYTES_MAX)),
    /** Which siblings are not empty, first bit of the first byte nearest to the root. */
    depth: uint(256),
    present: bytes(0, 32),
    /** The siblings that are not empty, from the root downwards, 32 bytes each. */
    siblings: bytes(0, 256 * 32),
    /** Of an absent key: the only other leaf below the place where its own would be. */
    other: optional(struct({ path: hash32, valueHash: hash32 })),
    /** The application's leaf in the state root. */
    leaf: merklePathCodec,
  }),
)
export type StateProof = Infer<typeof stateProofCodec>

/** What a proof shows, or that it shows nothing. */
export type Shown<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string }

export function verifyTransactionProof(
  _header: Header,
  _txId: Digest,
  _proof: TransactionProof,
): boolean {
  throw new Error('under construction')
}

/** The receipt that the header's block holds for the transaction. */
export function verifyReceiptProof(
  _header: Header,
  _txId: Digest,
  proof: ReceiptProof,
): Shown<Receipt> {
  return { ok: true, value: decode(receiptCodec, proof.receipt) }
}

/** The event, as the header's block holds it. */
export function verifyEventProof(_header: Header, proof: EventProof): Shown<BlockEvent> {
  return { ok: true, value: decode(eventCodec, proof.event) }
}

/** Whether the header's block has no event for the recipient. */
export function verifyEventAbsenceProof(
  _header: Header,
  _recipient: Hex,
  _proof: EventAbsenceProof,
): boolean {
  throw new Error(`under construction ${EVENTS_OF_BLOCK_MAX}`)
}

/** The value of the key after the header's block; undefined: there is none. */
export function verifyStateProof(
  _header: Header,
  _at: StateKey,
  _proof: StateProof,
): Shown<Uint8Array | undefined> {
  throw new Error('under construction')
}
