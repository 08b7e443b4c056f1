// Proofs that one node's answer belongs to a certified header, and their verification; runs in browsers.
import {
  appLeafCodec,
  type BlockEvent,
  eventCodec,
  type Header,
  type Receipt,
  receiptCodec,
} from './block.ts'
import { fromHex, toHex } from './bytes.ts'
import { type Codec, CodecError, decode, encode, type Infer } from './codec.ts'
import { array, named, optional, struct } from './codec-compound.ts'
import { bytes, isId32, uint } from './codec-scalar.ts'
import { STATE_VALUE_BYTES_MAX } from './limits.ts'
import { type BoundTree, boundRoot, headFromPath, leafHash, treeHead } from './merkle.ts'
import type { StateKey } from './state.ts'
import { pathOf } from './state-tree-hash.ts'
import { rootOfProof, treeProofCodec } from './state-tree-proof.ts'
import type { Digest, Hex } from './types.ts'

/** A path is as long as the tree is high. */
const PATH_MAX = 53

/** The way from a leaf to the root of a Merkle tree of `count` leaves, from the leaf upwards. */
export const merklePathCodec = named(
  'merkle-path',
  struct({ index: uint(), count: uint(), path: array(bytes(32), PATH_MAX) }),
)
export type MerklePath = Infer<typeof merklePathCodec>

export const transactionProofCodec = named('transaction-proof', struct({ at: merklePathCodec }))
export type TransactionProof = Infer<typeof transactionProofCodec>

/** A receipt of a full batch has a code of at most 40 letters for each item. */
const RECEIPT_BYTES_MAX = 64 * 1024
const EVENT_BYTES_MAX = 512

export const receiptProofCodec = named(
  'receipt-proof',
  struct({ receipt: bytes(1, RECEIPT_BYTES_MAX), at: merklePathCodec }),
)
export type ReceiptProof = Infer<typeof receiptProofCodec>

export const eventProofCodec = named(
  'event-proof',
  struct({ event: bytes(1, EVENT_BYTES_MAX), at: merklePathCodec }),
)
export type EventProof = Infer<typeof eventProofCodec>

/** The neighbours between which an event for the recipient would stand; both are null in a block without events. */
export const eventAbsenceProofCodec = named(
  'event-absence-proof',
  struct({ before: optional(eventProofCodec), after: optional(eventProofCodec) }),
)
export type EventAbsenceProof = Infer<typeof eventAbsenceProofCodec>

export const stateProofCodec = named(
  'state-proof',
  struct({
    /** null: the key has no value. */
    value: optional(bytes(0, STATE_VALUE_BYTES_MAX)),
    tree: treeProofCodec,
    /** Of the application's tree in the state root. */
    at: merklePathCodec,
  }),
)
export type StateProof = Infer<typeof stateProofCodec>

/** What a proof shows, or that it shows nothing. */
export type Shown<T> = { readonly ok: true; readonly value: T } | { readonly ok: false }

const nothing = { ok: false } as const

function isLeafOf(
  tree: { readonly name: BoundTree; readonly root: Digest },
  leaf: Uint8Array,
  at: MerklePath,
): boolean {
  const head = headFromPath(leafHash(leaf), at, at.path)
  return head !== undefined && boundRoot(tree.name, { count: at.count, head }) === tree.root
}

function decoded<T>(codec: Codec<T>, leaf: Uint8Array): Shown<T> {
  try {
    return { ok: true, value: decode(codec, leaf) }
  } catch (error) {
    if (error instanceof CodecError) return nothing
    throw error
  }
}

/** Whether the header's block holds the transaction, at `proof.at.index`. */
export function verifyTransactionProof(
  header: Header,
  txId: Digest,
  proof: TransactionProof,
): boolean {
  return isLeafOf({ name: 'tx-root', root: header.txRoot }, fromHex(txId), proof.at)
}

/** The receipt of the transaction in the header's block. */
export function verifyReceiptProof(
  header: Header,
  txId: Digest,
  proof: ReceiptProof,
): Shown<Receipt> {
  const { receipt, at } = proof
  if (!isLeafOf({ name: 'receipt-root', root: header.receiptRoot }, receipt, at)) return nothing
  const shown = decoded(receiptCodec, receipt)
  return shown.ok && shown.value.txId === txId ? shown : nothing
}

/** The event at `proof.at.index` of the header's block. */
export function verifyEventProof(header: Header, proof: EventProof): Shown<BlockEvent> {
  const { event, at } = proof
  if (!isLeafOf({ name: 'event-root', root: header.eventRoot }, event, at)) return nothing
  return decoded(eventCodec, event)
}

/** Whether the header's block has no event for the recipient: its neighbours stand side by side in a tree of certified size. */
export function verifyEventAbsenceProof(
  header: Header,
  recipient: Hex,
  proof: EventAbsenceProof,
): boolean {
  // Only the one spelling of an id can be compared with the recipients of the tree.
  if (!isId32(recipient)) return false
  const { before, after } = proof
  if (before === null && after === null) {
    return header.eventRoot === boundRoot('event-root', { count: 0, head: treeHead([]) })
  }
  if (before !== null) {
    const shown = verifyEventProof(header, before)
    // Hexadecimal of one length sorts as its bytes do.
    if (!shown.ok || shown.value.recipient >= recipient) return false
  }
  if (after !== null) {
    const shown = verifyEventProof(header, after)
    if (!shown.ok || shown.value.recipient <= recipient) return false
  }
  const last = before === null ? -1 : before.at.index
  const next = after === null ? (before?.at.count ?? 0) : after.at.index
  return next === last + 1
}

/** The value of the key after the header's block; undefined: it has none. */
export function verifyStateProof(
  header: Header,
  { app, key }: StateKey,
  proof: StateProof,
): Shown<Uint8Array | undefined> {
  const value = proof.value ?? undefined
  const root = rootOfProof(proof.tree, pathOf(key), value)
  if (root === undefined) return nothing
  const leaf = encode(appLeafCodec, { app, root: toHex(root) })
  if (!isLeafOf({ name: 'state-root', root: header.stateRoot }, leaf, proof.at)) return nothing
  return { ok: true, value }
}
