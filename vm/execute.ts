// Executes the transactions of one block on the parent's state: what makes a block invalid, what is a receipt.
import type { Verdict } from './app.ts'
import type { Acts } from './batch.ts'
import type { BlockEvent, Header, Receipt } from './block.ts'
import type { Rules } from './rules.ts'
import type { Reader, Write } from './state.ts'
import type { Transaction } from './transaction.ts'
import type { AccountId, Digest, Height, TimeMs } from './types.ts'

/** A decoded transaction whose signatures the caller has verified. */
export type CheckedTransaction = { readonly transaction: Transaction; readonly acts: Acts }

/** The position and the content of a block, before its roots are known. */
export type BlockPlan = {
  readonly rules: Rules
  readonly parent: Header
  /** The state after the parent. */
  readonly state: Reader
  readonly height: Height
  readonly timeMs: TimeMs
  readonly proposer: AccountId
  /** Whether the id was executed in a block of the window. */
  readonly contains: (id: Digest) => boolean
  /**
   * One verdict per item, computed with facts of the parent's state; undefined if none is known. It is asked for transaction types
   * with `verify` only. FACT_UNKNOWN is decided here, from the parent's state, whatever the verdict says.
   */
  readonly verdictsOf: (id: Digest) => readonly Verdict[] | undefined
}

/** Rules of the block that a transaction can break; a block with such a transaction is never prepared. */
export type InvalidCode =
  | 'TIME_NOT_AFTER_PARENT'
  | 'HEIGHT'
  | 'WRONG_CHAIN'
  | 'EXPIRED'
  | 'TOO_FAR_AHEAD'
  | 'REPEATED'
  | 'KEY_INACTIVE'
  /** The cost of the block, an account, an organization or an envelope. */
  | 'TOO_HEAVY'
  /** More bytes or transactions than a block may have. */
  | 'TOO_LARGE'

/** Why a transaction cannot be in the block (or the block not be at all). */
export type BlockFault =
  /** Provably wrong: every correct validator says the same. */
  | { readonly kind: 'invalid'; readonly code: InvalidCode; readonly txId: Digest | undefined }
  /** Stack, memory or WASM gave up on this machine; another may have succeeded. Not prepared, proves nothing. */
  | { readonly kind: 'trap'; readonly txId: Digest; readonly cause: unknown }
  /** No verdict for the facts of this parent: verify the transaction and execute again. */
  | { readonly kind: 'unverified'; readonly txId: Digest }

/** An unexpected throw inside an application; its receipt says INTERNAL, the caller logs this. */
export type ApplicationBug = { readonly txId: Digest; readonly cause: unknown }

/** A value with the bytes that a tree commits to. */
export type Encoded<T> = { readonly value: T; readonly bytes: Uint8Array }

export type Execution = {
  /** Net changes of the block, identity.endBlock included. */
  readonly writes: readonly Write[]
  readonly receipts: readonly Encoded<Receipt>[]
  /** Sorted by (recipient, index). */
  readonly events: readonly Encoded<BlockEvent>[]
  /** Verification units used. */
  readonly cost: number
  readonly bugs: readonly ApplicationBug[]
  /** The state after the block. */
  readonly after: Reader
}

/** Codes of receipts that come from the executor, not from an application. */
export type ExecutorCode =
  /** Verified against facts that the parent's state does not have (yet). */
  | 'FACT_UNKNOWN'
  /** A key that was active before the block was revoked by an earlier transaction of it. */
  | 'KEY_REVOKED'
  /** A bug in the application. */
  | 'INTERNAL'
  /** Items of an all-or-nothing batch that fell with another item. */
  | 'BATCH_REFUSED'
  /** Code of a batch that took effect without at least one of its items. */
  | 'ITEMS_REFUSED'

/**
 * All or nothing: the execution, or the first thing that is wrong. Assumes that signatures hold (`Transaction` is decoded, its
 * signatures verified by the caller).
 */
export function executeBlock(
  _plan: BlockPlan & { readonly transactions: readonly CheckedTransaction[] },
):
  | { readonly ok: true; readonly execution: Execution }
  | { readonly ok: false; readonly reason: BlockFault } {
  throw new Error('under construction')
}
