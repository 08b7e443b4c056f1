// Executes the transactions of one block on the parent's state: what makes a block invalid, what is a receipt.
import type { Verdict } from './app.ts'
import type { Acts } from './batch.ts'
import type { BlockEvent, Header, Receipt } from './block.ts'
import {
  Budget,
  type BudgetCode,
  EnvelopeCheck,
  type EnvelopeCode,
  KeyCheck,
} from './execute-checks.ts'
import { type Encoded, type Ran, runTransaction, WatchedReader } from './execute-transaction.ts'
import type { Rules } from './rules.ts'
import { createOverlay, type Overlay, type Reader, type Write } from './state.ts'
import type { Transaction } from './transaction.ts'
import type { AccountId, Digest, Height, TimeMs } from './types.ts'

/** A decoded transaction whose signatures the caller has verified. */
export type CheckedTransaction = { readonly transaction: Transaction; readonly acts: Acts }

export function idOf({ transaction }: CheckedTransaction): Digest {
  return transaction.id
}

export function envelopeOf({ transaction }: CheckedTransaction): Uint8Array {
  return transaction.bytes
}

/** The position and the content of a block, before its roots are known. */
export type BlockPlan = {
  readonly rules: Rules
  readonly parent: Header
  /** The state after the parent; it must not change while the block is executed. */
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

/**
 * Rules that make a block invalid. TOO_HEAVY: an envelope that fits in no block. OVER_BUDGET: no units are left in this block, for
 * this account or for this organization. TOO_LARGE: more bytes or transactions than a block may have.
 */
export type InvalidCode =
  | 'HEIGHT'
  | 'TIME_NOT_AFTER_PARENT'
  | 'PROPOSER'
  | 'KEY_INACTIVE'
  | EnvelopeCode
  | BudgetCode

/** Why a transaction cannot be in the block, or the block not be at all. */
export type BlockFault =
  /** Provably wrong: every correct validator says the same. */
  | { readonly kind: 'invalid'; readonly code: InvalidCode; readonly txId: Digest | undefined }
  /** Stack, memory or WASM gave up on this machine; another may have succeeded. Not prepared, proves nothing. */
  | { readonly kind: 'trap'; readonly txId: Digest; readonly cause: unknown }
  /** No verdict for the facts of this parent: verify the transaction and execute again. */
  | { readonly kind: 'unverified'; readonly txId: Digest }

/** An unexpected throw inside an application; its receipt says INTERNAL, the caller logs this. */
export type ApplicationBug = { readonly txId: Digest; readonly cause: unknown }

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

/** Whether a block can be at this place at all; checked before one is made. */
export function checkPlan(plan: BlockPlan): BlockFault | undefined {
  const { parent, height, timeMs, proposer, rules, state } = plan
  const invalid = (code: InvalidCode): BlockFault => ({ kind: 'invalid', code, txId: undefined })
  if (height !== parent.height + 1) return invalid('HEIGHT')
  if (timeMs <= parent.timeMs) return invalid('TIME_NOT_AFTER_PARENT')
  const isMember = rules.list.identity
    .validators(state)
    .some((validator) => validator.account === proposer)
  return isMember ? undefined : invalid('PROPOSER')
}

/** Hexadecimal of one length sorts as its bytes do. */
function byRecipient({ value: a }: Encoded<BlockEvent>, { value: b }: Encoded<BlockEvent>): number {
  if (a.recipient === b.recipient) return a.index - b.index
  return a.recipient < b.recipient ? -1 : 1
}

/**
 * A block in the making: a transaction is tried, then taken or left out; at the end come the block's own writes. A class for the
 * reason of those in execute-checks.ts.
 */
export class BlockExecution {
  readonly #plan: BlockPlan
  readonly #state: WatchedReader
  readonly #overlay: Overlay
  readonly #envelopes: EnvelopeCheck
  readonly #keys: KeyCheck
  readonly #budget: Budget
  readonly #receipts: Encoded<Receipt>[] = []
  readonly #events: Encoded<BlockEvent>[] = []
  readonly #bugs: ApplicationBug[] = []

  constructor(plan: BlockPlan) {
    const { rules, timeMs } = plan
    const state = new WatchedReader(plan.state)
    this.#plan = plan
    this.#state = state
    this.#overlay = createOverlay(state)
    this.#envelopes = new EnvelopeCheck(plan)
    this.#keys = new KeyCheck({ rules, state, timeMs })
    this.#budget = new Budget({ rules, state })
  }

  /** Verification units used so far. */
  get cost(): number {
    return this.#budget.cost
  }

  attempt(checked: CheckedTransaction): Ran | BlockFault {
    const { transaction, acts } = checked
    const { signers } = transaction.body
    const code = this.#faultOf(checked)
    if (code !== undefined) return { kind: 'invalid', code, txId: transaction.id }
    const { rules, height, timeMs, verdictsOf } = this.#plan
    return runTransaction({
      rules,
      state: this.#overlay,
      parentState: this.#state,
      height,
      timeMs,
      transaction,
      acts,
      verdicts: acts.type.verify === undefined ? undefined : verdictsOf(transaction.id),
      refusal: this.#keys.areStillActive(signers, this.#overlay) ? undefined : 'KEY_REVOKED',
      firstEvent: this.#events.length,
    })
  }

  /** Takes what the last `attempt` ran. */
  take({ transaction, acts }: CheckedTransaction, done: Ran): void {
    this.#envelopes.add(transaction.id)
    this.#budget.add(transaction, acts)
    this.#overlay.take(done.writes)
    this.#receipts.push(done.receipt)
    for (const event of done.events) this.#events.push(event)
    if (done.bug !== undefined) this.#bugs.push(done.bug)
  }

  finish(): Execution {
    const { rules, height, timeMs, proposer } = this.#plan
    const { engine, list } = rules
    // Outside the boundary: a throw here is a bug of the chain itself, and the node stops before it votes.
    list.identity.endBlock(this.#overlay, { engine, height, timeMs, proposer })
    return {
      writes: this.#overlay.writes(),
      receipts: this.#receipts,
      events: this.#events.sort(byRecipient),
      cost: this.cost,
      bugs: this.#bugs,
      after: this.#overlay,
    }
  }

  #faultOf({ transaction, acts }: CheckedTransaction): InvalidCode | undefined {
    return (
      this.#envelopes.check(transaction) ??
      (this.#keys.areActive(transaction.body.signers) ? undefined : 'KEY_INACTIVE') ??
      this.#budget.check(transaction, acts)
    )
  }
}

/**
 * All or nothing: the execution, or the first thing that is wrong. Assumes canonical transactions (decoded) whose signatures the
 * caller has verified: a bad signature makes a block invalid, and nothing here looks at it.
 */
export function executeBlock(
  plan: BlockPlan & { readonly transactions: readonly CheckedTransaction[] },
):
  | { readonly ok: true; readonly execution: Execution }
  | { readonly ok: false; readonly reason: BlockFault } {
  const fault = checkPlan(plan)
  if (fault !== undefined) return { ok: false, reason: fault }
  const block = new BlockExecution(plan)
  for (const checked of plan.transactions) {
    const ran = block.attempt(checked)
    if (ran.kind !== 'ran') return { ok: false, reason: ran }
    block.take(checked, ran)
  }
  return { ok: true, execution: block.finish() }
}
