// The next block on the head: built by a primary from candidates, or recomputed by a backup from a proposal.
import { assert } from '../../vm/assert.ts'
import {
  BlockExecution,
  type BlockPlan,
  type CheckedTransaction,
  checkPlan,
  type Execution,
  executeBlock,
  type InvalidCode,
  idOf,
} from '../../vm/execute.ts'
import type { Rules } from '../../vm/rules.ts'
import type { Reader } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import { differenceOf, headerFrom, headerOf, sealHeader } from './header.ts'
import type { TreeChange } from './tree.ts'
import type { BuildPlan, Executed, Head, HeaderCode, Ledger, LeftOut } from './types.ts'

/** What a block is made on. */
export type Ground = {
  readonly rules: Rules
  readonly head: Head
  readonly state: Reader
  readonly contains: (id: Digest) => boolean
  readonly updateTrees: (writes: Execution['writes']) => TreeChange
}

function planOn(
  ground: Ground,
  place: Pick<BlockPlan, 'timeMs' | 'proposer' | 'verdictsOf'>,
): BlockPlan {
  const { rules, head, state, contains } = ground
  const { timeMs, proposer, verdictsOf } = place
  const { header: parent } = head
  const height = parent.height + 1
  return { rules, parent, state, contains, height, timeMs, proposer, verdictsOf }
}

function sealBlock(
  ground: Ground,
  plan: BlockPlan,
  block: {
    readonly transactions: readonly CheckedTransaction[]
    readonly execution: Execution
  },
): Executed {
  const { transactions, execution } = block
  const { rules } = ground
  const tree = ground.updateTrees(execution.writes)
  const ids = transactions.map(idOf)
  const header = headerOf({ ...plan, parent: ground.head.id, ids, execution, tree })
  return {
    ...sealHeader(header),
    transactions,
    ids,
    receipts: execution.receipts,
    events: execution.events,
    writes: execution.writes,
    validators: rules.list.identity.validators(execution.after),
    tree,
    bugs: execution.bugs,
  }
}

/** Why the candidate stays out, or undefined if it was taken. */
function consider(
  block: BlockExecution,
  candidate: CheckedTransaction,
  budget: number,
): LeftOut['reason'] | undefined {
  // Saves the execution of what would not be taken.
  if (block.cost + candidate.acts.cost > budget) return { kind: 'no-room' }
  const ran = block.attempt(candidate)
  if (ran.kind === 'invalid' && (ran.code === 'OVER_BUDGET' || ran.code === 'TOO_LARGE'))
    return { kind: 'no-room' }
  if (ran.kind !== 'ran') return ran
  if (ran.bug !== undefined) return { kind: 'internal', cause: ran.bug.cause }
  const { code, items } = ran.receipt.value
  if (code === 'FACT_UNKNOWN' || items.includes('FACT_UNKNOWN')) return { kind: 'fact-unknown' }
  block.take(candidate, ran)
  return undefined
}

export function buildBlock(ground: Ground, plan: BuildPlan): ReturnType<Ledger['build']> {
  const blockPlan = planOn(ground, plan)
  const fault = checkPlan(blockPlan)
  assert(fault === undefined, 'a primary builds at a later time and in its own name')
  const block = new BlockExecution(blockPlan)
  const transactions: CheckedTransaction[] = []
  const leftOut: LeftOut[] = []
  for (const candidate of plan.candidates) {
    const reason = plan.mayGoOn()
      ? consider(block, candidate, plan.budget)
      : ({ kind: 'no-room' } as const)
    if (reason === undefined) transactions.push(candidate)
    else leftOut.push({ id: candidate.transaction.id, reason })
  }
  const execution = block.finish()
  return { execution: sealBlock(ground, blockPlan, { transactions, execution }), leftOut }
}

export function executeProposal(
  ground: Ground,
  proposal: Parameters<Ledger['execute']>[0],
): ReturnType<Ledger['execute']> {
  const invalid = (code: HeaderCode | InvalidCode) =>
    ({ ok: false, reason: { kind: 'invalid', code, txId: undefined } }) as const
  const { transactions, verdictsOf } = proposal
  const header = headerFrom(proposal.headerBytes)
  if (header === undefined) return invalid('NOT_CANONICAL')
  if (header.chainId !== ground.rules.chainId) return invalid('WRONG_CHAIN')
  if (header.parent !== ground.head.id) return invalid('PARENT')
  const plan = planOn(ground, { ...header, verdictsOf })
  if (header.height !== plan.height) return invalid('HEIGHT')
  const done = executeBlock({ ...plan, transactions })
  if (!done.ok) return done
  const executed = sealBlock(ground, plan, { transactions, execution: done.execution })
  const difference = differenceOf(header, executed.header)
  if (difference !== undefined) return invalid(difference)
  assert(executed.id === sealHeader(header).id, 'equal fields make equal headers')
  return { ok: true, executed }
}
