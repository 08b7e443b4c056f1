// What the RPC server asks of the node: submit a transaction, read decided blocks, hear of commits. Nothing of consensus.
import type { QueryReader } from '../../vm/app.ts'
import type { BlockEvent, Header, Receipt } from '../../vm/block.ts'
import type { Rules } from '../../vm/rules.ts'
import type { StateKey } from '../../vm/state.ts'
import type { Digest, Height, Hex, TimeMs } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import type { Admission } from '../admission.ts'

/** A decided header with all that proves it. */
export type CertifiedHeader = {
  readonly header: Header
  readonly headerBytes: Uint8Array
  readonly id: Digest
  readonly certificateBytes: Uint8Array
}

/** Where a transaction stands inside the chain. */
export type TransactionPlace = { readonly height: Height; readonly index: number }

/** An event with the block that holds it; `(height, index)` is its cursor. */
export type PlacedEvent = { readonly height: Height; readonly event: BlockEvent }

/** A change of the validator set: the header that names the new set, certified by the old one. */
export type SetChange = {
  readonly headerBytes: Uint8Array
  readonly certificateBytes: Uint8Array
  readonly validators: readonly Validator[]
}

/** Reads of decided blocks; proofs are encoded as vm/proof.ts defines them. */
export type LedgerReads = {
  readonly rules: Rules
  readonly head: () => CertifiedHeader
  /** The state after the head; a view that lasts until the next commit. */
  readonly queryState: () => QueryReader
  readonly header: (height: Height) => Promise<CertifiedHeader | undefined>
  readonly envelopes: (height: Height) => Promise<readonly Uint8Array[] | undefined>
  readonly receipts: (height: Height) => Promise<readonly Receipt[] | undefined>
  /** All events of a block in the order of its event tree. */
  readonly blockEvents: (height: Height) => Promise<readonly BlockEvent[] | undefined>
  readonly transactionPlace: (id: Digest) => Promise<TransactionPlace | undefined>
  readonly proveTransaction: (place: TransactionPlace) => Promise<Uint8Array>
  readonly proveReceipt: (place: TransactionPlace) => Promise<Uint8Array>
  readonly proveEvent: (at: { height: Height; index: number }) => Promise<Uint8Array>
  /** That a block has no event for a recipient. */
  readonly proveNoEvents: (at: { height: Height; recipient: Hex }) => Promise<Uint8Array>
  /** Inclusion or exclusion in the state after the head. */
  readonly proveState: (
    key: StateKey,
  ) => Promise<{ readonly value: Uint8Array | undefined; readonly proof: Uint8Array }>
  /** Every change of the set after the height, in order. */
  readonly setChain: (after: Height) => Promise<readonly SetChange[]>
  readonly validators: () => readonly Validator[]
  /** Events of one recipient after a cursor, oldest first. */
  readonly events: (span: {
    readonly recipient: Hex
    readonly after: { readonly height: Height; readonly index: number } | undefined
    readonly limit: number
  }) => Promise<readonly PlacedEvent[]>
}

/** What this node knows of a transaction that is in no block. */
export type Undecided =
  /** Checked, waits in the mempool. */
  | { readonly kind: 'accepted' }
  /** In a proposal that is being decided. */
  | { readonly kind: 'pending' }
  /** Refused here; another node may judge otherwise only about room and time. */
  | { readonly kind: 'rejected'; readonly code: string }
  /** Was here, and its validUntil passed. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'unknown' }

export type NodeStatus = {
  readonly version: string
  /** Name of the validator whose keys this node holds, null for an observer. */
  readonly validator: string | null
  readonly peers: readonly { readonly name: string; readonly connected: boolean }[]
  /** Whether enough validators are connected to decide a block, this node included. */
  readonly quorum: boolean
  /** Whether it knows of decided blocks that it has not executed yet. */
  readonly syncing: boolean
  readonly mempool: { readonly count: number; readonly bytes: number }
  /** A reason why it must not be asked, such as a failing disk. */
  readonly failure: string | null
}

/** Everything that the RPC server needs; the node fulfils it, tests build it over a memory store. */
export type NodePort = {
  readonly ledger: LedgerReads
  /** Idempotent by id: the same envelope may come any number of times. */
  readonly submit: (envelope: Uint8Array) => Promise<Admission>
  readonly undecided: (id: Digest) => Undecided
  readonly status: () => NodeStatus
  /** Calls the listener after each commit, when reads see it; answers how to stop. */
  readonly onCommit: (listener: (height: Height) => void) => () => void
  readonly nowMs: () => TimeMs
}
