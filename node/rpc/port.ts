// What the RPC server asks of the node: submit a transaction, read decided blocks, hear of commits. Nothing of consensus.
import type { Digest, Height, TimeMs } from '../../vm/types.ts'
import type { Admission } from '../admission.ts'
import type { Ledger } from '../ledger/types.ts'

/** Reads and proofs of decided blocks, as node/ledger offers them. */
export type LedgerReads = Pick<
  Ledger,
  | 'rules'
  | 'head'
  | 'lowest'
  | 'state'
  | 'queryState'
  | 'header'
  | 'certificate'
  | 'votes'
  | 'block'
  | 'receipts'
  | 'blockEvents'
  | 'place'
  | 'events'
  | 'setChain'
  | 'proveTransaction'
  | 'proveReceipt'
  | 'proveEvent'
  | 'proveEventAbsence'
  | 'proveState'
>

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
  /** One admission for each envelope, in their order. */
  readonly submitMany: (envelopes: readonly Uint8Array[]) => Promise<readonly Admission[]>
  readonly undecided: (id: Digest) => Undecided
  readonly status: () => NodeStatus
  /** Calls the listener after each commit, when reads see it; answers how to stop. */
  readonly onCommit: (listener: (height: Height) => void) => () => void
  readonly nowMs: () => TimeMs
}
