// Hands waiting transactions to the other validators: once each, again to one that reconnects, the rest when a queue was full.
import type { Transaction } from '../vm/transaction.ts'
import type { Digest, PublicKey } from '../vm/types.ts'
import type { Cancel, Clock } from './clock.ts'
import type { Mempool } from './mempool.ts'
import type { Host } from './p2p/types.ts'

export type Gossip = {
  /** Transactions that a client gave to this node. */
  readonly offer: (ids: readonly Digest[]) => void
  /** Transactions that this peer sent: it need not be told of them. */
  readonly heard: (peerKey: PublicKey, ids: readonly Digest[]) => void
  /** All own waiting transactions, to a peer that just connected. */
  readonly welcome: (peerKey: PublicKey) => void
  /** The oldest that wait, as many as fit in a block, to all who may lack them: before view 0 is left, or when passed over. */
  readonly share: () => void
  /** Ids that left the mempool. */
  readonly forget: (ids: Iterable<Digest>) => void
  readonly onDisconnected: (peerKey: PublicKey) => void
  readonly stop: () => void
}

/** How long a full queue is left alone. */
const RETRY_MS = 20

/** Transactions that are handed to a queue at once. */
const PORTION = 64

/** What one connected peer has, as far as this node knows, and what it is owed. */
type Peer = { readonly has: Set<Digest>; readonly owed: Set<Digest> }

export type GossipPorts = {
  readonly host: Pick<Host, 'connected' | 'sendTransactions'>
  readonly mempool: Mempool
  readonly clock: Clock
  /** Verification units of one block. */
  readonly blockBudget: number
}

export function createGossip({ host, mempool, clock, blockBudget }: GossipPorts): Gossip {
  const peers = new Map<PublicKey, Peer>()
  let retry: Cancel | undefined

  const peerOf = (peerKey: PublicKey): Peer => {
    const known = peers.get(peerKey)
    if (known !== undefined) return known
    const peer = { has: new Set<Digest>(), owed: new Set<Digest>() }
    peers.set(peerKey, peer)
    return peer
  }

  /** The oldest that are owed and still wait. */
  const nextOf = (owed: Set<Digest>): readonly Transaction[] => {
    const next: Transaction[] = []
    for (const id of owed) {
      const entry = mempool.get(id)
      if (entry === undefined) owed.delete(id)
      else next.push(entry.transaction)
      if (next.length === PORTION) break
    }
    return next
  }

  /** As far as the queue takes them: what is owed to a slow peer is not looked through again and again. */
  const drain = (peerKey: PublicKey, { has, owed }: Peer): void => {
    for (let next = nextOf(owed); next.length > 0; next = nextOf(owed)) {
      const taken = host.sendTransactions(
        peerKey,
        next.map(({ bytes }) => bytes),
      )
      for (const { id } of next.slice(0, taken)) {
        owed.delete(id)
        has.add(id)
      }
      if (taken < next.length) return
    }
  }

  const drainAll = (): void => {
    retry = undefined
    const connected = new Set(host.connected())
    let left = 0
    for (const [peerKey, peer] of peers) {
      if (connected.has(peerKey)) drain(peerKey, peer)
      left += peer.owed.size
    }
    if (left > 0) retry = clock.after(RETRY_MS, drainAll)
  }

  const owe = (peerKey: PublicKey, ids: readonly Digest[]): void => {
    const { has, owed } = peerOf(peerKey)
    for (const id of ids) if (!has.has(id)) owed.add(id)
  }
  const flush = (): void => {
    if (retry === undefined) drainAll()
  }

  const oldest = (): readonly Digest[] => {
    const ids: Digest[] = []
    let units = 0
    for (const { transaction, acts } of mempool.values()) {
      units += acts.cost
      if (units > blockBudget) break
      ids.push(transaction.id)
    }
    return ids
  }

  return {
    offer: (ids) => {
      for (const peerKey of host.connected()) owe(peerKey, ids)
      flush()
    },
    heard: (peerKey, ids) => {
      const { has, owed } = peerOf(peerKey)
      for (const id of ids) {
        // What has left the mempool meanwhile is never forgotten again.
        if (mempool.get(id) !== undefined) has.add(id)
        owed.delete(id)
      }
    },
    welcome: (peerKey) => {
      peers.delete(peerKey)
      const own = [...mempool.values()].filter((entry) => entry.own)
      owe(
        peerKey,
        own.map(({ transaction }) => transaction.id),
      )
      flush()
    },
    share: () => {
      const ids = oldest()
      for (const peerKey of host.connected()) owe(peerKey, ids)
      flush()
    },
    forget: (ids) => {
      for (const id of ids) {
        for (const { has, owed } of peers.values()) {
          has.delete(id)
          owed.delete(id)
        }
      }
    },
    onDisconnected: (peerKey) => {
      peers.delete(peerKey)
    },
    stop: () => retry?.(),
  }
}
