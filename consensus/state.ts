// All that a replica remembers of the height it works on.
import type { AccountId, Digest, TimeMs, View } from '../vm/types.ts'
import type { CommitCertificate, PreparedCertificate } from './certificate.ts'
import type { Effect } from './effect.ts'
import type { Justification, Message } from './message.ts'
import type { HeightConfig, ProposedBlock } from './types.ts'
import type { Verified } from './verified.ts'
import type { Rank } from './vote.ts'

/** The newest message of each kind of one validator; the bound of a replica's memory (rule 5). */
export type Kept = {
  readonly [Kind in Message['kind']]: Verified<Extract<Message, { kind: Kind }>> | null
}

/** A block that this replica may vote for, propose again or serve. */
export type KnownBlock = {
  readonly block: ProposedBlock
  /** Whether every transaction's bytes are here. */
  readonly held: boolean
  /** Whether execution reproduced it: true for ever, in every view. */
  readonly valid: boolean
}

/** The one execution that runs: of the current view's proposal. */
export type Execution = { readonly view: View; readonly blockId: Digest }

/** What this replica, as primary, has asked the node to build. */
export type Asked = { readonly view: View; readonly justification: Justification | null }

/** A block that stands to be voted on in the current view. */
export type Proposal = {
  readonly view: View
  readonly block: ProposedBlock
  /** Not prepared in an earlier view, as its justification shows. */
  readonly fresh: boolean
}

export type State = {
  readonly config: HeightConfig
  /** When the newest input came. */
  readonly nowMs: TimeMs
  /** The highest view that this replica took part in; it signs nothing below. */
  readonly view: View
  /** The newest vote promised: nothing may be signed that does not come after it. */
  readonly promised: Rank | null
  /** By ReplicaIndex; the own messages among them once they are signed. */
  readonly kept: readonly Kept[]
  /** The highest prepared certificate: reported in the next view-change. */
  readonly prepared: PreparedCertificate | null
  readonly blocks: ReadonlyMap<Digest, KnownBlock>
  readonly execution: Execution | null
  readonly asked: Asked | null
  /** The newest own proposal, from its promise on, so that the own prepare can share its fsync. */
  readonly own: Proposal | null
  /** Reported blocks that this replica, as primary, must hold before they count (rule 8). */
  readonly fetching: readonly Digest[]
  /** Whether a block is due here. */
  readonly due: boolean
  /** Null while nothing is expected in this view. */
  readonly viewTimer: null | { readonly sinceMs: TimeMs }
  /** Transactions of proposals of this height whose views failed. */
  readonly failed: readonly Digest[]
  /** How the height ended here, if it did; a synced height has no certificate of this replica's. */
  readonly outcome: null | 'synced' | CommitCertificate
  /** Validators whose connection ended and does not stand again; goes on from height to height. */
  readonly lost: ReadonlySet<AccountId>
  /** When each peer was last answered with a decided block; goes on from height to height. */
  readonly answeredMs: ReadonlyMap<AccountId, TimeMs>
}

export type Step = { readonly state: State; readonly effects: readonly Effect[] }
