// Blocks that an adversary makes for its own turns: as many valid ones as it likes, and headers that lie.
import type { PrePrepare } from '../../../consensus/message.ts'
import type { ProposedBlock } from '../../../consensus/types.ts'
import type { Executed } from '../../../node/ledger/types.ts'
import type { Waiting } from '../../../node/mempool.ts'
import { blockId, decodeHeader, encodeHeader, type Header } from '../../../vm/block.ts'
import type { TimeMs } from '../../../vm/types.ts'
import type { ActorPorts } from '../actors/actor.ts'
import type { Running } from '../running.ts'

function proposedOf({ id, headerBytes, transactions }: Executed): ProposedBlock {
  return {
    blockId: id,
    header: headerBytes,
    transactions: transactions.map(({ transaction }) => ({
      id: transaction.id,
      length: transaction.bytes.length,
    })),
  }
}

export type Making = {
  readonly timeMs: TimeMs
  /** What waits at its node, if not given. */
  readonly candidates?: readonly Waiting[]
}

/** Whatever of the candidates fits a block of this time on the head of its node; undefined once it has lost its seat. */
export function makeBlock(
  { index, chain }: ActorPorts,
  node: Running,
  making: Making,
): ProposedBlock | undefined {
  const { ledger, core } = node
  const { timeMs, candidates = [...core.mempool.values()] } = making
  const verdicts = new Map(candidates.map((one) => [one.transaction.id, one.verdicts]))
  const proposer = chain.genesis.validators[index]?.account
  const seats = ledger.rules.list.identity.validators(ledger.state())
  if (proposer === undefined || !seats.some(({ account }) => account === proposer)) return undefined
  const built = ledger.build({
    candidates,
    proposer,
    verdictsOf: (id) => verdicts.get(id),
    timeMs: Math.max(timeMs, ledger.head().header.timeMs + 1),
    budget: ledger.rules.parameters.blockBudget,
    mayGoOn: () => true,
  })
  return proposedOf(built.execution)
}

/** As valid as the one that it stands beside, and another: a millisecond later. */
export function siblingOf(
  ports: ActorPorts,
  node: Running,
  block: ProposedBlock,
): ProposedBlock | undefined {
  const { timeMs } = decodeHeader(block.header)
  const wanted = new Set(block.transactions.map(({ id }) => id))
  const candidates = [...node.core.mempool.values()].filter((one) => wanted.has(one.transaction.id))
  return makeBlock(ports, node, { timeMs: timeMs + 1, candidates })
}

/** The same block with something else in its header. */
export function withHeader(block: ProposedBlock, change: Partial<Header>): ProposedBlock {
  const header = encodeHeader({ ...decodeHeader(block.header), ...change })
  return { ...block, header, blockId: blockId(header) }
}

/** The proposal of `block` in place of what `message` proposes. */
export function proposeInstead(
  { sign }: ActorPorts,
  message: PrePrepare,
  block: ProposedBlock,
): PrePrepare {
  const { signature: _, ...unsigned } = message
  return sign({ ...unsigned, ...block }) as PrePrepare
}
