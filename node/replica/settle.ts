// What is decided becomes durable: the decided block is completed if need be, stored in one synced batch, and cleared away.
import type { CommitCertificate, VerifySignature } from '../../consensus/certificate.ts'
import type { Header } from '../../vm/block.ts'
import type { CheckedTransaction } from '../../vm/execute.ts'
import type { Digest, Height, PublicKey, View } from '../../vm/types.ts'
import type { Bodies } from '../bodies.ts'
import type { Clock } from '../clock.ts'
import type { Gossip } from '../gossip.ts'
import type { Adoption, Executed, Ledger, StateImport } from '../ledger/types.ts'
import type { Logger } from '../logger.ts'
import type { Mempool } from '../mempool.ts'
import type { CertifiedBlock } from '../protocol.ts'
import type { Checkpoint } from '../snapshot/checkpoint.ts'
import type { Voting } from '../voting.ts'
import type { Blocks } from './blocks.ts'
import { diverged, reproduce } from './certified.ts'
import { isPassedOver } from './duty.ts'
import type { Witness } from './witness.ts'

export type Committed = {
  readonly executed: Executed
  /** Verification units of all its transactions. */
  readonly cost: number
  readonly view: View
  /** Since the block before it was stored. */
  readonly seconds: number
  readonly way: 'decided' | 'fetched'
}

export type SettlePorts = {
  readonly ledger: Ledger
  readonly mempool: Mempool
  readonly gossip: Gossip
  readonly bodies: Bodies
  readonly blocks: Blocks
  readonly voting: Pick<Voting, 'voter'>
  readonly witness: Pick<Witness, 'settle'>
  readonly verifySignature: VerifySignature
  readonly checkpoint?: Checkpoint | undefined
  readonly clock: Clock
  readonly log: Logger
  readonly onCommit: (committed: Committed) => void
  readonly onStored: (seconds: number) => void
  readonly onExpired: (ids: readonly Digest[]) => void
  /** Something was passed over by as many blocks with room as there are validators. */
  readonly onPassedOver: () => void
}

/** A certificate with the view it was made in, as far as the node tells people. */
export type Proof = {
  readonly bytes: Uint8Array
  readonly view: View
  readonly way: Committed['way']
}

function addCost(sum: number, { acts }: CheckedTransaction): number {
  return sum + acts.cost
}

type Staged = { readonly executed: Executed; readonly view: View }

export type Settlement = {
  /** Stores the block and forgets everything of its height. */
  readonly store: (executed: Executed, proof: Proof) => Promise<void>
  /** The decided block's overlay; asks on until somebody delivers it, or another way stored the height. */
  readonly obtain: (
    certificate: CommitCertificate,
    sources: readonly PublicKey[],
  ) => Promise<Executed | undefined>
  /** Stores fetched blocks in order, in one write; false if one does not hold. `before` is called ahead of each. */
  readonly apply: (
    received: readonly CertifiedBlock[],
    before: (height: number) => Promise<void>,
  ) => Promise<boolean>
  /** The ledger stands on a fetched state, and everything of lower heights is forgotten. */
  readonly adopt: (state: StateImport, adoption: Adoption) => Promise<void>
  readonly stop: () => void
}

/** How often a decided block is asked for again whose bytes nobody sent. */
const OBTAIN_RETRY_MS = 250

export function createSettlement(ports: SettlePorts): Settlement {
  const { ledger, blocks, clock, log } = ports
  let lastMs = clock.nowMs()
  let stopped = false

  /** Forgets what waited for a block whose state is the newest from now on. */
  const clearAway = ({ timeMs }: Header, decided: readonly Digest[]): void => {
    ports.mempool.remove(decided)
    const expired = ports.mempool.expire(timeMs)
    ports.gossip.forget([...decided, ...expired])
    ports.onExpired(expired)
    blocks.clear()
  }

  /** Tells of a block that is on disk. */
  const tell = (executed: Executed, { view, way }: Pick<Proof, 'view' | 'way'>): void => {
    const { height } = executed.header
    const now = clock.nowMs()
    const cost = executed.transactions.reduce(addCost, 0)
    ports.onCommit({ executed, cost, view, seconds: (now - lastMs) / 1_000, way })
    lastMs = now
    const { blockBudget } = ledger.rules.parameters
    const isFull = 2 * cost > blockBudget
    const validators = executed.validators.length
    if (isPassedOver(ports.mempool, { height, isFull, validators })) ports.onPassedOver()
    const transactions = executed.transactions.length
    const facts = { height, id: executed.id, transactions, view, way }
    if (way === 'fetched') log.debug(facts, 'block')
    else log.info(facts, 'block')
  }

  const timed = async (write: () => Promise<void>): Promise<void> => {
    const startMs = clock.monotonicMs()
    await write()
    ports.onStored((clock.monotonicMs() - startMs) / 1_000)
  }
  const dropBelow = async (height: Height) => ports.voting.voter()?.journal.dropBelow(height)

  const store: Settlement['store'] = async (executed, proof) => {
    const votes = ports.witness.settle(executed.header.height, proof.bytes)
    await timed(() => ledger.commit(executed, proof.bytes, votes))
    clearAway(executed.header, executed.ids)
    await dropBelow(executed.header.height + 1)
    await ledger.trim()
    tell(executed, proof)
  }

  /** On disk together; a crash before loses them all, and they are fetched again. */
  const storeAll = async (staged: readonly Staged[]): Promise<void> => {
    const last = staged.at(-1)
    if (last === undefined) return
    await timed(ledger.flush)
    await dropBelow(last.executed.header.height + 1)
    await ledger.trim()
    for (const { executed, view } of staged) tell(executed, { view, way: 'fetched' })
  }

  return {
    store,
    obtain: async (certificate, sources) => {
      const { height, blockId } = certificate
      for (let turn = 0; !stopped && ledger.head().header.height < height; turn++) {
        // Another one first each time: what a peer says about lengths is not signed.
        const first = sources.length === 0 ? 0 : turn % sources.length
        const order = [...sources.slice(first), ...sources.slice(0, first)]
        const block = await blocks.fetchProposal(blockId, order)
        const completion = block && (await blocks.complete(block, order))
        if (completion?.kind === 'executed') return completion.executed
        // Unless the head has moved meanwhile, which makes every block of this height invalid.
        const isNext = ledger.head().header.height + 1 === height
        if (completion?.kind === 'invalid' && isNext) throw diverged(height, completion.reason)
        blocks.forget(blockId)
        await new Promise<void>((resolve) => clock.after(OBTAIN_RETRY_MS, resolve))
      }
      return undefined
    },
    apply: async (received, before) => {
      const staged: Staged[] = []
      let holds = true
      for (const block of received) {
        const outcome = await reproduce(ports, block)
        if (outcome.kind === 'other-height') continue
        if (outcome.kind === 'bad') {
          log.warn({ reason: outcome.reason }, 'a certified block that does not hold')
          holds = false
          break
        }
        const { executed, view } = outcome
        await before(executed.header.height)
        const votes = ports.witness.settle(executed.header.height, block.certificate)
        ledger.stage(executed, block.certificate, votes)
        clearAway(executed.header, executed.ids)
        staged.push({ executed, view })
      }
      await storeAll(staged)
      return holds
    },
    adopt: async (state, adoption) => {
      await state.finish(adoption)
      const { header } = ledger.head()
      clearAway(
        header,
        adoption.window.flatMap(({ ids }) => ids),
      )
      await dropBelow(header.height + 1)
    },
    stop: () => {
      stopped = true
    },
  }
}
