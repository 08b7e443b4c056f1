// The blocks of the height at work: building, completing, executing and judging them; their overlays until one is decided.
import type { Judgement } from '../../consensus/input.ts'
import type { ProposedBlock } from '../../consensus/types.ts'
import type { Verdict } from '../../vm/app.ts'
import type { Header } from '../../vm/block.ts'
import { encode } from '../../vm/codec.ts'
import { CLOCK_DRIFT_MAX_MS } from '../../vm/limits.ts'
import type { AccountId, Digest, PublicKey, View } from '../../vm/types.ts'
import { askInTurn } from '../ask.ts'
import type { Bodies, BodiesPorts } from '../bodies.ts'
import type { Clock } from '../clock.ts'
import { headerFrom } from '../ledger/header.ts'
import type { Executed, Ledger } from '../ledger/types.ts'
import type { Logger } from '../logger.ts'
import type { Mempool, Waiting } from '../mempool.ts'
import { requestCodec } from '../protocol.ts'
import { waitUntil } from './clock-wait.ts'
import { belongsTogether, decodeProposal, referenceTo } from './proposed.ts'

export type BlocksPorts = {
  readonly ledger: Ledger
  readonly mempool: Mempool
  readonly bodies: Bodies
  readonly check: BodiesPorts['check']
  readonly request: BodiesPorts['request']
  /** Who may be asked when no source delivers. */
  readonly connected: BodiesPorts['connected']
  readonly clock: Clock
  readonly log: Logger
  /** Time to execute a block of somebody else. */
  readonly onExecuted: (seconds: number) => void
}

/** What a primary may put into its block. */
export type Plan = {
  readonly proposer: AccountId
  /** Part of the block's budget. */
  readonly share: number
  readonly leaveOut: readonly Digest[]
  readonly mayBeEmpty: boolean
}

/** What a backup judges, and by which rules of fresh blocks. */
export type Case = {
  readonly block: ProposedBlock
  readonly view: View
  /** The primary of the view; undefined for a block that is proposed again. */
  readonly freshFrom: AccountId | undefined
  readonly sources: readonly PublicKey[]
}

export type Completion =
  | { readonly kind: 'executed'; readonly executed: Executed }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'invalid'; readonly reason: string }

function isProven({ acts }: Waiting): boolean {
  return acts.type.verify !== undefined
}

/** The part of the base timeout that building may take: all others execute the block within the same view. */
const BUILD_SHARE = 1 / 8

export type Blocks = ReturnType<typeof createBlocks>

export function createBlocks(ports: BlocksPorts) {
  const { ledger, mempool, bodies, clock } = ports
  // For each height new ones: a table that is cleared leaves its old content behind, held by the one before it (docs/performance.md).
  let overlays = new Map<Digest, Executed>()
  let known = new Map<Digest, ProposedBlock>()
  /** Fires when the height is decided. */
  let over: AbortController | undefined

  const completeVerdict = async (waiting: Waiting): Promise<Waiting> => {
    if (isJudged(waiting)) return waiting
    const { verdicts } = await ports.check(waiting.transaction, waiting.acts)
    if (verdicts !== undefined) mempool.replaceVerdicts(waiting.transaction.id, verdicts)
    return { ...waiting, verdicts }
  }
  /** Verdicts that were not possible while a fact was unknown are made up for on the parent's state. */
  const completeVerdicts = async (all: readonly Waiting[]): Promise<readonly Waiting[]> =>
    all.every(isJudged) ? all : Promise.all(all.map(completeVerdict))

  /** Asked about transactions with proofs alone. */
  const verdictsFrom = (waiting: readonly Waiting[]) => {
    const byId = new Map(
      waiting.filter(isProven).map((entry) => [entry.transaction.id, entry.verdicts]),
    )
    return (id: Digest) => byId.get(id)
  }

  const isHeartbeat = ({ timeMs }: Header): boolean =>
    timeMs >= ledger.head().header.timeMs + ledger.rules.parameters.heartbeatMs

  const propose = async (plan: Plan): Promise<ProposedBlock | undefined> => {
    const { blockBudget, baseTimeoutMs } = ledger.rules.parameters
    const left = new Set(plan.leaveOut)
    const chosen: Waiting[] = []
    let units = 0
    for (const waiting of plan.share === 0 ? [] : mempool.values()) {
      if (units > blockBudget * plan.share) break
      if (left.has(waiting.transaction.id)) continue
      chosen.push(waiting)
      units += waiting.acts.cost
    }
    const candidates = await completeVerdicts(chosen)
    const endMs = clock.monotonicMs() + baseTimeoutMs * BUILD_SHARE * plan.share
    const built = ledger.build({
      candidates,
      verdictsOf: verdictsFrom(candidates),
      timeMs: Math.max(clock.nowMs(), ledger.head().header.timeMs + 1),
      proposer: plan.proposer,
      budget: Math.floor(blockBudget * plan.share),
      mayGoOn: () => clock.monotonicMs() < endMs,
    })
    const { execution, leftOut } = built
    for (const { id, reason } of leftOut) {
      if (reason.kind === 'invalid') mempool.remove([id])
      if (reason.kind === 'internal') ports.log.error({ id, err: reason.cause }, 'application bug')
      if (reason.kind === 'trap') ports.log.error({ id, err: reason.cause }, 'execution trap')
    }
    if (execution.transactions.length === 0 && !plan.mayBeEmpty && !isHeartbeat(execution.header))
      return undefined
    overlays.set(execution.id, execution)
    bodies.hold(candidates)
    const block = {
      blockId: execution.id,
      header: execution.headerBytes,
      transactions: execution.transactions.map(referenceTo),
    }
    known.set(block.blockId, block)
    return block
  }

  /** Gets all bytes of a known block, executes it and keeps the overlay. */
  const complete = async (
    block: ProposedBlock,
    sources: readonly PublicKey[],
  ): Promise<Completion> => {
    const before = overlays.get(block.blockId)
    if (before !== undefined) return { kind: 'executed', executed: before }
    known.set(block.blockId, block)
    const resolved = await bodies.resolve(block.transactions, sources)
    if (resolved === undefined) return { kind: 'unavailable' }
    const transactions = await completeVerdicts(resolved)
    const startMs = clock.monotonicMs()
    const result = ledger.execute({
      headerBytes: block.header,
      transactions,
      verdictsOf: verdictsFrom(transactions),
    })
    ports.onExecuted((clock.monotonicMs() - startMs) / 1_000)
    if (!result.ok) {
      const { reason } = result
      ports.log.warn({ blockId: block.blockId, reason }, 'a proposed block does not hold')
      return reason.kind === 'invalid'
        ? { kind: 'invalid', reason: reason.code }
        : { kind: 'unavailable' }
    }
    for (const bug of result.executed.bugs)
      ports.log.error({ err: bug.cause, id: bug.txId }, 'application bug')
    overlays.set(block.blockId, result.executed)
    return { kind: 'executed', executed: result.executed }
  }

  /** Two of the three rules of fresh blocks (rule 2); the third is the clock's. */
  const isRightful = (header: Header, { block, view, freshFrom }: Case): boolean => {
    if (freshFrom === undefined) return true
    if (header.proposer !== freshFrom) return false
    return view > 0 || block.transactions.length > 0 || isHeartbeat(header)
  }

  /** A voter waits for its own clock rather than refuse; false if the height is over before. */
  const isTime = async ({ timeMs, proposer }: Header): Promise<boolean> => {
    const earlyMs = timeMs - CLOCK_DRIFT_MAX_MS - clock.nowMs()
    if (earlyMs <= 0) return true
    ports.log.warn({ earlyMs, proposer }, 'a proposal is ahead of this clock')
    // Made when somebody waits: nearly every height ends without.
    over ??= new AbortController()
    return waitUntil(timeMs - CLOCK_DRIFT_MAX_MS, { clock, signal: over.signal })
  }

  const judge = async (one: Case): Promise<Judgement> => {
    const header = headerFrom(one.block.header)
    if (header === undefined || !isRightful(header, one)) return 'invalid'
    if (one.freshFrom !== undefined && !(await isTime(header))) return 'unavailable'
    const completion = await complete(one.block, one.sources)
    return completion.kind === 'executed' ? 'valid' : completion.kind
  }

  /**
   * Header and ids of a block, checked against its id: from one of the sources, else from anybody. Who signed a commit on the
   * prepares of others need not have the block, and who has it need not be known here.
   */
  const fetchProposal = async (
    id: Digest,
    sources: readonly PublicKey[],
  ): Promise<ProposedBlock | undefined> => {
    const before = known.get(id)
    if (before !== undefined) return before
    const request = encode(requestCodec, { kind: 'proposal', blockId: id })
    return askInTurn({
      peers: sources,
      others: ports.connected(),
      clock,
      ask: async (source) => {
        const answer = await ports.request(source, request)
        const block = answer && decodeProposal(answer)
        return block?.blockId === id && belongsTogether(block) ? block : undefined
      },
    })
  }

  return {
    propose,
    complete,
    judge,
    fetchProposal,
    /** Header, ids and all bytes of a block that others prepared. */
    fetch: async (
      id: Digest,
      sources: readonly PublicKey[],
    ): Promise<ProposedBlock | undefined> => {
      const block = await fetchProposal(id, sources)
      if (block === undefined) return undefined
      const resolved = await bodies.resolve(block.transactions, sources)
      if (resolved === undefined) return undefined
      known.set(id, block)
      return block
    },
    /** Whether a block of this height holds the transaction. */
    isProposed: (id: Digest) =>
      [...known.values()].some((block) => block.transactions.some((one) => one.id === id)),
    /** What a peer may ask for. */
    proposal: (id: Digest) => known.get(id),
    /** Header and ids came from a peer, and with its lengths the bodies cannot be had. */
    forget: (id: Digest) => {
      known.delete(id)
    },
    /** Knows a block from the journal; its bodies were provided before. */
    restore: (block: ProposedBlock) => {
      known.set(block.blockId, block)
    },
    /** At most the current proposal and the prepared block keep their overlays. */
    keepOverlays: (ids: readonly (Digest | null)[]) => {
      for (const id of overlays.keys()) if (!ids.includes(id)) overlays.delete(id)
    },
    clear: () => {
      over?.abort()
      over = undefined
      overlays = new Map()
      known = new Map()
      bodies.clear()
    },
    /** What the height at work holds. */
    sizes: () => ({ proposals: known.size, overlays: overlays.size, bodies: bodies.size() }),
  }
}

function isUnknown(verdict: Verdict): boolean {
  return !verdict.ok && verdict.code === 'FACT_UNKNOWN'
}

/** Whether every item has a verdict that counts. */
function isJudged({ verdicts }: Waiting): boolean {
  return verdicts !== undefined && !verdicts.some(isUnknown)
}
