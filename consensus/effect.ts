// All that a replica can ask for, and what the node must do about it.
//
// The node runs one loop per height: input -> step -> effects, strictly in list order, one input at a time. An effect marked
// "answered" is only begun in order; its answer is a later input. `promise` is awaited: no effect after it (of this step or a
// later one) may run before it is done. Inputs that arrive meanwhile wait in the node's queue.
//
// promise, step by step (consensus.md, Journal):
//   1. sign voteDigest(chainId, message) with the consensus key; sealMessage puts message and signature together;
//   2. append to the journal { message, certificate, block } (journal-entry.ts) and, for a prepare, every transaction's bytes
//      of that block; fsync;
//   3. record the vote and `certificate` in the vote lock; fsync. A lock that refuses the vote is a bug or a second process
//      with this key: stop the process;
//   4. broadcast the message to all other validators;
//   5. feed it back as input `signed`. Until then the engine counts no vote of its own.
// Promises that follow each other directly in one list may share one journal fsync and one lock fsync (the lock then holds the
// last of them), before any of them is broadcast. A failed fsync is indeterminate: stop the process.
import type { Digest, Height, ReplicaIndex, View } from '../vm/types.ts'
import type { CommitCertificate, PreparedCertificate } from './certificate.ts'
import type { Message, Unsigned } from './message.ts'
import type { ProposedBlock } from './types.ts'

export type Effect =
  | {
      readonly kind: 'promise'
      readonly message: Unsigned
      /** What a commit or a reporting view-change rests on; null for the others. */
      readonly certificate: PreparedCertificate | null
      /** What a prepare rests on; null for the other kinds. */
      readonly block: ProposedBlock | null
    }
  /** Send the newest own messages again to all validators: they are durable already. */
  | { readonly kind: 'broadcast'; readonly messages: readonly Message[] }
  /** As broadcast, to one validator. */
  | {
      readonly kind: 'send'
      readonly to: ReplicaIndex
      readonly messages: readonly Message[]
    }
  /**
   * Build and execute a block on top of the parent; answered by `proposal` with this view. Never answered if there is nothing
   * that may be in a block: the view timer runs. A newer `propose` replaces it.
   */
  | {
      readonly kind: 'propose'
      readonly view: View
      /** The part of the block's cost budget that may be used; 0 asks for an empty block. */
      readonly share: number
      /** Transactions of this height's failed proposals, which must be left out. */
      readonly leaveOut: readonly Digest[]
      /** Above view 0 a block is made at once, empty if nothing waits; in view 0 an empty one is a heartbeat. */
      readonly mayBeEmpty: boolean
    }
  /**
   * Complete the block's bytes (mempool first, then `sources`, then any validator), execute it and compare every root;
   * answered by `executed`. Replaces an `execute` of another block that is still at work. Keep at most two overlays: this
   * block's and that of `keep`.
   */
  | {
      readonly kind: 'execute'
      readonly view: View
      readonly block: ProposedBlock
      /**
       * A fresh block must name the primary of `view` as proposer, keep the time rule (wait for the own clock rather than
       * refuse) and in view 0 be empty only as a heartbeat; a re-proposal is judged on none of these three (rule 2).
       */
      readonly fresh: boolean
      readonly keep: Digest | null
      readonly sources: readonly ReplicaIndex[]
    }
  /**
   * Get this block (from what is held here, else from one of `sources`); answered by `fetched` when header, ids and all bytes
   * are here, never if they cannot be had. Repeated every second with newer sources; for a block whose `execute` still waits
   * for bytes it only names more sources, and `executed` is the answer.
   */
  | {
      readonly kind: 'fetch'
      readonly blockId: Digest
      readonly sources: readonly ReplicaIndex[]
    }
  /** Send the transactions that wait here to all validators: the primary may not have them. */
  | { readonly kind: 'share-transactions' }
  /** One timer of each name; setting it again replaces it. */
  | {
      readonly kind: 'set-timer'
      readonly timer: 'view'
      readonly view: View
      readonly afterMs: number
    }
  | { readonly kind: 'set-timer'; readonly timer: 'resend'; readonly afterMs: number }
  | { readonly kind: 'clear-timer'; readonly timer: 'view' | 'resend' }
  /**
   * The height is decided. Fetch the block from `sources` if it is not held here, execute it if its overlay is gone, store it
   * with the certificate in one synced batch, then drop the height's journal and start the next height.
   */
  | {
      readonly kind: 'decided'
      readonly certificate: CommitCertificate
      readonly sources: readonly ReplicaIndex[]
    }
  /** Send the stored block of this height and its certificate to the peer, if it is durable here. */
  | {
      readonly kind: 'send-decided'
      readonly to: ReplicaIndex
      readonly height: Height
    }
  /** Two signed messages of one validator that no correct replica would both sign: log and count them. */
  | {
      readonly kind: 'evidence'
      readonly fault: 'equivocation' | 'amnesia'
      readonly first: Message
      readonly second: Message
    }
