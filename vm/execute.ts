// Executes the transactions of one block on the parent's state: what makes a block invalid, what is a receipt.
import type { Verdict } from './app.ts'
import type { Acts } from './batch.ts'
import type { BlockEvent, Header, Receipt } from './block.ts'
import {
  type BudgetCode,
  createBudget,
  createEnvelopeCheck,
  createKeyCheck,
  type EnvelopeCode,
} from './execute-checks.ts'
import { type Encoded, type Ran, runTransaction, watchReads } from './execute-transaction.ts'
import type { Rules } from './rules.ts'
import { createOverlay, type Reader, type Write } from './state.ts'
import type { Transaction } from './transaction.ts'
import type { AccountId, Digest, Height, TimeMs } from './types.ts'

/** A decoded transaction whose signatures the caller has verified. */
export type CheckedTransaction = { readonly transaction: Transaction; readonly acts: Acts }

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

/** A block in the making: a transaction is tried, then taken or left out; at the end come the block's own writes. */
export type BlockExecution = {
  readonly attempt: (checked: CheckedTransaction) => Ran | BlockFault
  /** Takes what the last `attempt` ran. */
  readonly take: (checked: CheckedTransaction, ran: Ran) => void
  readonly cost: () => number
  readonly finish: () => Execution
}

/** Whether a block can be at this place at all; checked before `startBlock`. */
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

function sortEvents(events: Encoded<BlockEvent>[]): Encoded<BlockEvent>[] {
  // Hexadecimal of one length sorts as its bytes do.
  return events.sort(({ value: a }, { value: b }) => {
    if (a.recipient === b.recipient) return a.index - b.index
    return a.recipient < b.recipient ? -1 : 1
  })
}

export function startBlock(plan: BlockPlan): BlockExecution {
  const { rules, height, timeMs, proposer } = plan
  const watched = watchReads(plan.state)
  const state = watched.reader
  const overlay = createOverlay(state)
  const envelopes = createEnvelopeCheck(plan)
  const keys = createKeyCheck({ rules, state, timeMs })
  const budget = createBudget({ rules, state })
  const ran: Ran[] = []
  let eventCount = 0

  const faultOf = ({ transaction, acts }: CheckedTransaction): InvalidCode | undefined =>
    envelopes.check(transaction) ??
    (transaction.body.signers.every(keys.isActive) ? undefined : 'KEY_INACTIVE') ??
    budget.check(transaction, acts)

  const attempt = (checked: CheckedTransaction): Ran | BlockFault => {
    const { transaction, acts } = checked
    const code = faultOf(checked)
    if (code !== undefined) return { kind: 'invalid', code, txId: transaction.id }
    const isRevoked = transaction.body.signers.some(
      (signer) => !keys.isStillActive(signer, overlay),
    )
    return runTransaction({
      rules,
      state: overlay,
      parentState: state,
      readFailure: watched.failure,
      height,
      timeMs,
      transaction,
      acts,
      verdicts: acts.type.verify === undefined ? undefined : plan.verdictsOf(transaction.id),
      refusal: isRevoked ? 'KEY_REVOKED' : undefined,
      firstEvent: eventCount,
    })
  }

  const take = ({ transaction, acts }: CheckedTransaction, done: Ran): void => {
    envelopes.add(transaction.id)
    budget.add(transaction, acts)
    overlay.take(done.writes)
    eventCount += done.events.length
    ran.push(done)
  }

  const finish = (): Execution => {
    // Outside the boundary: a throw here is a bug of the chain itself, and the node stops before it votes.
    rules.list.identity.endBlock(overlay, { engine: rules.engine, height, timeMs, proposer })
    return {
      writes: overlay.writes(),
      receipts: ran.map(({ receipt }) => receipt),
      events: sortEvents(ran.flatMap(({ events }) => events)),
      cost: budget.cost(),
      bugs: ran.flatMap(({ bug }) => (bug === undefined ? [] : [bug])),
      after: overlay,
    }
  }
  return { attempt, take, cost: budget.cost, finish }
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
  const block = startBlock(plan)
  for (const checked of plan.transactions) {
    const ran = block.attempt(checked)
    if (ran.kind !== 'ran') return { ok: false, reason: ran }
    block.take(checked, ran)
  }
  return { ok: true, execution: block.finish() }
}
