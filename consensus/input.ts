// All that can happen to a replica. Every input carries the time: the engine has no clock.
import type { Digest, Height, ReplicaIndex, TimeMs, View } from '../vm/types.ts'
import type { ProposedBlock } from './types.ts'
import type { Verified } from './verified.ts'

/** What a replica found out about the block of an `execute` effect. */
export type Judgement =
  /** Every root, and for a fresh block every rule of proposals, holds. */
  | 'valid'
  /** The signed id is proven wrong: its header, its transactions or a root (rule 6). */
  | 'invalid'
  /**
   * Proves nothing against the id: no source had all the bytes, or a length of the pre-prepare was wrong. The copy is dropped
   * and takes no slot; the next copy leads to another `execute`.
   */
  | 'unavailable'

type What =
  /** A message of this height that passed verify.ts; `from` is the connection it came by. */
  | { readonly kind: 'message'; readonly from: ReplicaIndex; readonly message: Verified }
  /** A message of a decided height came from this peer; it need not be verified. */
  | { readonly kind: 'stale'; readonly from: ReplicaIndex; readonly height: Height }
  /** The answer to a `promise`: signed, journaled, locked and broadcast. */
  | { readonly kind: 'signed'; readonly message: Verified }
  /**
   * A block is due at this replica: a transaction that fits a block waits and the minimum interval is over, or the heartbeat
   * is due. May be repeated.
   */
  | { readonly kind: 'due' }
  /** The answer to a `propose` effect: the block is built and executed, its overlay is kept. */
  | { readonly kind: 'proposal'; readonly view: View; readonly block: ProposedBlock }
  /** The answer to an `execute` effect. */
  | {
      readonly kind: 'executed'
      readonly view: View
      readonly blockId: Digest
      readonly judgement: Judgement
    }
  /** The answer to a `fetch` effect: header (hashing to the id), ids (of its txRoot) and all bytes are here. */
  | { readonly kind: 'fetched'; readonly block: ProposedBlock }
  /** The timer of this view has run out. */
  | { readonly kind: 'timeout'; readonly timer: 'view'; readonly view: View }
  /** The re-send timer has run out. */
  | { readonly kind: 'timeout'; readonly timer: 'resend' }
  /** A new connection to this validator stands. */
  | { readonly kind: 'connected'; readonly peer: ReplicaIndex }
  /** The connection to this validator ended. */
  | { readonly kind: 'disconnected'; readonly peer: ReplicaIndex }
  /** The certified block of this height came by sync. */
  | { readonly kind: 'synced' }

export type Input = What & { readonly nowMs: TimeMs }
