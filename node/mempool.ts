// Transactions that wait for a block: bounded, in order of arrival, each id once.
import type { Verdict } from '../vm/app.ts'
import type { Acts } from '../vm/batch.ts'
import type { Transaction } from '../vm/transaction.ts'
import type { AccountId, Digest, Height, TimeMs } from '../vm/types.ts'
import { createLine } from './line.ts'
import { createLoads, type Load, type Size } from './loads.ts'

/** A transaction whose form, signatures and proofs this node has checked. */
export type Waiting = {
  readonly transaction: Transaction
  readonly acts: Acts
  /** One verdict for each item; undefined while a fact that a proof speaks about is unknown. */
  readonly verdicts: readonly Verdict[] | undefined
  readonly arrivedMs: TimeMs
  /** The newest height when it arrived. */
  readonly arrivedAt: Height
  /** Whether a client gave it to this node, which then owes it to all others. */
  readonly own: boolean
  /** Which peers have it too, as far as this node knows: gossip's note, gone with the rest. */
  holders?: readonly object[]
}

export type MempoolLimits = {
  readonly countMax: number
  readonly bytesMax: number
  /** Verification units of all that waits: what the next blocks can hold. */
  readonly unitsMax: number
  /** Part of the bounds that one account may fill. */
  readonly accountShare: number
  /**
   * Part of the bounds that clients of this node may fill up to. What others have taken has the rest: a transaction that one
   * node holds and another refuses must be fetched when it is proposed, which is what an overloaded network cannot afford.
   */
  readonly clientShare: number
}

export const mempoolLimits: MempoolLimits = {
  countMax: 20_000,
  bytesMax: 64 * 1024 * 1024,
  unitsMax: Number.POSITIVE_INFINITY,
  accountShare: 0.5,
  clientShare: 0.5,
}

/** Why there is no room: for everybody, or for this account. */
export type NoRoom = 'MEMPOOL_FULL' | 'ACCOUNT_FULL'

export type Mempool = {
  readonly get: (id: Digest) => Waiting | undefined
  /** Whether another transaction of this payer and size fits; undefined if it does. */
  readonly room: (payer: AccountId, size: Size) => NoRoom | undefined
  /** The same for what a client of this node brings. */
  readonly clientRoom: (payer: AccountId, size: Size) => NoRoom | undefined
  /** Does nothing if the id is there already or there is no room; answers whether it was added. */
  readonly add: (waiting: Waiting) => boolean
  readonly replaceVerdicts: (id: Digest, verdicts: readonly Verdict[]) => void
  readonly remove: (ids: Iterable<Digest>) => void
  /** Removes what no block after `timeMs` may hold and answers the ids. */
  readonly expire: (timeMs: TimeMs) => readonly Digest[]
  /** In order of arrival. */
  readonly values: () => Iterable<Waiting>
  readonly size: () => Size & { readonly count: number }
}

function payerOf(waiting: Waiting): AccountId {
  return waiting.transaction.body.signers[0]?.account ?? '0x'
}

function sizeOf({ transaction, acts }: Waiting): Size {
  return { bytes: transaction.bytes.length, units: acts.cost }
}

export function createMempool(limits: MempoolLimits = mempoolLimits): Mempool {
  const waiting = createLine<Waiting>()
  const loads = createLoads()
  let bytes = 0
  let units = 0

  const drop = (id: Digest): void => {
    const entry = waiting.remove(id)
    if (entry === undefined) return
    const size = sizeOf(entry)
    bytes -= size.bytes
    units -= size.units
    loads.remove(payerOf(entry), size)
  }

  const roomWithin = (share: number, load: Load | undefined, size: Size): NoRoom | undefined => {
    const countMax = limits.countMax * share
    const bytesMax = limits.bytesMax * share
    const unitsMax = limits.unitsMax * share
    if (waiting.size() >= countMax || bytes + size.bytes > bytesMax) return 'MEMPOOL_FULL'
    if (units + size.units > unitsMax) return 'MEMPOOL_FULL'
    if (load === undefined) return undefined
    const { accountShare } = limits
    const isFull =
      load.count >= countMax * accountShare ||
      load.bytes + size.bytes > bytesMax * accountShare ||
      load.units + size.units > unitsMax * accountShare
    return isFull ? 'ACCOUNT_FULL' : undefined
  }
  return {
    get: (id) => waiting.get(id),
    room: (payer, size) => roomWithin(1, loads.of(payer), size),
    clientRoom: (payer, size) => roomWithin(limits.clientShare, loads.of(payer), size),
    add: (entry) => {
      const { id } = entry.transaction
      const payer = payerOf(entry)
      const size = sizeOf(entry)
      if (waiting.get(id) !== undefined || roomWithin(1, loads.of(payer), size) !== undefined)
        return false
      waiting.add(id, entry)
      bytes += size.bytes
      units += size.units
      loads.add(payer, size)
      return true
    },
    replaceVerdicts: (id, verdicts) => {
      const entry = waiting.get(id)
      if (entry !== undefined) waiting.replace(id, { ...entry, verdicts })
    },
    remove: (ids) => {
      for (const id of ids) drop(id)
    },
    expire: (timeMs) => {
      const expired: Digest[] = []
      for (const { transaction } of waiting.values())
        if (transaction.body.validUntil <= timeMs) expired.push(transaction.id)
      for (const id of expired) drop(id)
      return expired
    },
    values: waiting.values,
    size: () => ({ count: waiting.size(), bytes, units }),
  }
}
