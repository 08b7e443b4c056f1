// The contract of the ledger: what is decided, what may be decided next, and proofs about it.

import type { SignedVote } from '../../client/signed-vote.ts'
import type { QueryReader, Verdict } from '../../vm/app.ts'
import type { BlockEvent, Header, Receipt } from '../../vm/block.ts'
import type { ApplicationBug, BlockFault, CheckedTransaction } from '../../vm/execute.ts'
import type { Encoded } from '../../vm/execute-transaction.ts'
import type {
  EventAbsenceProof,
  EventProof,
  ReceiptProof,
  StateProof,
  TransactionProof,
} from '../../vm/proof.ts'
import type { Rules } from '../../vm/rules.ts'
import type { Reader, StateKey, Write } from '../../vm/state.ts'
import type { AccountId, Digest, Height, Hex, TimeMs } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import type { StorePut } from '../store/port.ts'
import type { Roots, TreeChange, Trees } from './tree.ts'

/** A header with its bytes and its id. */
export type SealedHeader = {
  readonly header: Header
  readonly headerBytes: Uint8Array
  readonly id: Digest
}

/** The newest decided block; the certificate of block 0 is empty. */
export type Head = SealedHeader & { readonly certificateBytes: Uint8Array }

/** All votes of a height that are to be kept for audit; they replace those that were kept of it before. */
export type KeptVotes = { readonly height: Height; readonly votes: readonly SignedVote[] }

/** A block that was executed and not yet decided; it fits on the head that it was made on. */
export type Executed = SealedHeader & {
  readonly transactions: readonly CheckedTransaction[]
  /** Of the transactions. */
  readonly ids: readonly Digest[]
  readonly receipts: readonly Encoded<Receipt>[]
  readonly events: readonly Encoded<BlockEvent>[]
  readonly writes: readonly Write[]
  /** The set that certifies the next block. */
  readonly validators: readonly Validator[]
  readonly tree: TreeChange
  /** Unexpected throws inside applications, to be logged. */
  readonly bugs: readonly ApplicationBug[]
}

/** What a header can get wrong beside its transactions. */
export type HeaderCode =
  | 'NOT_CANONICAL'
  | 'PARENT'
  | 'TX_ROOT'
  | 'RECEIPT_ROOT'
  | 'EVENT_ROOT'
  | 'STATE_ROOT'
  | 'VALIDATORS_ROOT'

export type ProposalFault =
  | BlockFault
  | { readonly kind: 'invalid'; readonly code: HeaderCode; readonly txId: undefined }

/** Where a transaction is in the chain. */
export type Place = { readonly height: Height; readonly index: number }

/** A decided block as stored and served. */
export type StoredBlock = SealedHeader & {
  readonly certificateBytes: Uint8Array
  /** Envelopes as this node verified them. */
  readonly transactions: readonly Uint8Array[]
}

/** After which event a listing goes on. */
export type EventCursor = { readonly height: Height; readonly index: number }

export type ListedEvent = { readonly height: Height; readonly event: BlockEvent }

/** A header that names a new set, certified by the old one, with the set. The first link is block 0. */
export type SetLink = SealedHeader & {
  readonly certificateBytes: Uint8Array
  /** The header before it, which names the old set; empty for block 0. */
  readonly parentBytes: Uint8Array
  readonly validators: readonly Validator[]
}

/** A block of the validity window before an adopted state: what was in it must not be executed again. */
export type WindowBlock = { readonly sealed: SealedHeader; readonly ids: readonly Digest[] }

/** What makes a fetched state the newest one. The caller has verified all of it. */
export type Adoption = {
  readonly head: Head
  /** Of the fetched state. */
  readonly roots: Roots
  /** In any order, the head among them. */
  readonly window: readonly WindowBlock[]
  /** The changes of the set up to the head that were not known here. */
  readonly links: readonly SetLink[]
}

export type StateImport = {
  readonly put: (entries: readonly StorePut[]) => Promise<void>
  /** The head moves to the adopted one, or stays where it is. Not beside a commit. */
  readonly finish: (adoption: Adoption) => Promise<void>
}

/** One state that stays readable while the chain goes on. */
export type KeptState = {
  readonly head: Head
  readonly roots: Roots
  /** Made when they are asked for. */
  readonly trees: () => Promise<Pick<Trees, 'subtree'>>
  readonly value: (at: StateKey) => Uint8Array | undefined
  /** Keys of an application in their order, a page at a time. */
  readonly keys: (app: number, after: string | undefined) => Promise<readonly string[]>
  readonly close: () => Promise<void>
}

export type BuildPlan = {
  readonly candidates: readonly CheckedTransaction[]
  readonly verdictsOf: (id: Digest) => readonly Verdict[] | undefined
  readonly timeMs: TimeMs
  readonly proposer: AccountId
  /** At most this many verification units (the block's budget bounds it too). */
  readonly budget: number
  /** Asked before each candidate: a slow machine makes smaller blocks rather than late ones. */
  readonly mayGoOn: () => boolean
}

/** Why a candidate is not in the block that was built. */
export type LeftOut = {
  readonly id: Digest
  readonly reason:
    | BlockFault
    /** Fits later: this block has no room or units left for it. */
    | { readonly kind: 'no-room' }
    /** Facts of its proof are not in the parent's state yet. */
    | { readonly kind: 'fact-unknown' }
    /** A bug in an application. */
    | { readonly kind: 'internal'; readonly cause: unknown }
}

export type Ledger = {
  readonly rules: Rules
  readonly head: () => Head
  /** The state after the head as of now; it stays readable while the next few blocks are committed. */
  readonly state: () => Reader
  readonly queryState: () => QueryReader
  /** Whether the transaction is in a decided block. */
  readonly contains: (id: Digest) => boolean
  /** Whether it is in one that it may not be in again. Says no to a new one without a read, and to one that is older than that. */
  readonly isInWindow: (id: Digest) => boolean
  /** The primary's path: the candidates in their order as far as they fit, executed, with a header. Needs timeMs above the head's. */
  readonly build: (plan: BuildPlan) => {
    readonly execution: Executed
    readonly leftOut: readonly LeftOut[]
  }
  /** The backup's path: everything recomputed on the head, every root compared. */
  readonly execute: (proposal: {
    readonly headerBytes: Uint8Array
    readonly transactions: readonly CheckedTransaction[]
    readonly verdictsOf: (id: Digest) => readonly Verdict[] | undefined
  }) =>
    | { readonly ok: true; readonly executed: Executed }
    | { readonly ok: false; readonly reason: ProposalFault }
  /** One synced batch. A rejection is indeterminate: the process must stop. The caller has verified the certificate. */
  readonly commit: (
    executed: Executed,
    certificateBytes: Uint8Array,
    votes?: readonly KeptVotes[],
  ) => Promise<void>
  /** As `commit`, but on disk with the next `flush` only: the block is the head from now on, and whoever stopped now would lose it. */
  readonly stage: (
    executed: Executed,
    certificateBytes: Uint8Array,
    votes?: readonly KeptVotes[],
  ) => void
  /** One synced batch of all that was staged. */
  readonly flush: () => Promise<void>
  /** From here on, up to the head, whole blocks are stored; reads of older ones throw EpioneError HEIGHT_PRUNED. */
  readonly lowest: () => Height
  /** Forgets some of the blocks that need not be kept; between commits. */
  readonly trim: () => Promise<void>
  /** The state of the newest block on disk as it is now, for as long as it is held. */
  readonly keep: () => KeptState
  /** A place for a fetched state to grow. What another call began is lost. */
  readonly beginImport: () => Promise<StateImport>

  readonly header: (height: Height) => SealedHeader | undefined
  readonly certificate: (height: Height) => Uint8Array | undefined
  readonly block: (height: Height) => StoredBlock | undefined
  /** What validators signed at this height as far as this node saw it; those of the last `evidenceHeights` are kept. */
  readonly votes: (height: Height) => readonly SignedVote[] | undefined
  /** Of the transactions of a block; also of those in the validity window below `lowest`. */
  readonly ids: (height: Height) => readonly Digest[] | undefined
  readonly receipts: (height: Height) => readonly Receipt[] | undefined
  readonly blockEvents: (height: Height) => readonly BlockEvent[] | undefined
  readonly place: (txId: Digest) => Place | undefined
  readonly receipt: (txId: Digest) => (Place & { readonly receipt: Receipt }) | undefined
  /** Events for one recipient in ledger order. */
  readonly events: (query: {
    readonly recipient: Hex
    readonly after?: EventCursor
    readonly limit: number
  }) => Promise<readonly ListedEvent[]>
  /** The changes of the validator set in blocks from `from` on, oldest first. */
  readonly setChain: (from: Height) => Promise<readonly SetLink[]>

  readonly proveTransaction: (
    txId: Digest,
  ) => (Place & { readonly proof: TransactionProof }) | undefined
  readonly proveReceipt: (txId: Digest) => (Place & { readonly proof: ReceiptProof }) | undefined
  readonly proveEvent: (at: {
    readonly height: Height
    readonly index: number
  }) => EventProof | undefined
  /** undefined if there is an event for the recipient, or no such block. */
  readonly proveEventAbsence: (at: {
    readonly height: Height
    readonly recipient: Hex
  }) => EventAbsenceProof | undefined
  /** Presence or absence at the head. */
  readonly proveState: (at: StateKey) => { readonly height: Height; readonly proof: StateProof }
}
