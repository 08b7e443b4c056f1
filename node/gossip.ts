// Hands waiting transactions to the other validators: once each, again to one that reconnects, the rest when a queue was full.
import { envelopeOf } from '../vm/execute.ts'
import type { Digest, PublicKey } from '../vm/types.ts'
import type { Cancel, Clock } from './clock.ts'
import type { Mempool, Waiting } from './mempool.ts'
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
  /** What left the mempool is owed to nobody. */
  readonly forget: (ids: Iterable<Digest>) => void
  readonly onDisconnected: (peerKey: PublicKey) => void
  readonly stop: () => void
}

/** How long a full queue is left alone. */
const RETRY_MS = 20

/** Of what is owed, this many are handed to a queue at once. */
const PORTION = 64

/** A connected peer, and what it is owed since its queue was full; for a new connection a new one. */
type Peer = { readonly key: PublicKey; readonly owed: Set<Digest> }

export type GossipPorts = {
  readonly host: Pick<Host, 'connected' | 'sendTransactions'>
  readonly mempool: Mempool
  readonly clock: Clock
  /** Verification units of one block. */
  readonly blockBudget: number
}

/** What each peer has is noted at the transactions themselves, so that it goes when they go. */
function note(waiting: Waiting, peer: Peer): void {
  const { holders = [] } = waiting
  if (!holders.includes(peer)) waiting.holders = [...holders, peer]
}

export function createGossip({ host, mempool, clock, blockBudget }: GossipPorts): Gossip {
  const peers = new Map<PublicKey, Peer>()
  let retry: Cancel | undefined

  const peerOf = (key: PublicKey): Peer => {
    const known = peers.get(key)
    if (known !== undefined) return known
    const peer = { key, owed: new Set<Digest>() }
    peers.set(key, peer)
    return peer
  }

  const stillWaiting = (ids: readonly Digest[]): readonly Waiting[] => {
    const found: Waiting[] = []
    for (const id of ids) {
      const waiting = mempool.get(id)
      if (waiting !== undefined) found.push(waiting)
    }
    return found
  }

  /** Answers what the queue did not take, the last of all. */
  const send = (peer: Peer, all: readonly Waiting[]): readonly Waiting[] => {
    const lacking: Waiting[] = []
    for (const waiting of all) if (waiting.holders?.includes(peer) !== true) lacking.push(waiting)
    if (lacking.length === 0) return []
    const envelopes = lacking.map(envelopeOf)
    const taken = host.sendTransactions(peer.key, envelopes)
    for (const waiting of lacking.slice(0, taken)) note(waiting, peer)
    return lacking.slice(taken)
  }

  /** The oldest that are owed and still wait. */
  const nextOf = (owed: Set<Digest>): readonly Waiting[] => {
    const next: Waiting[] = []
    for (const id of owed) {
      const waiting = mempool.get(id)
      if (waiting === undefined) owed.delete(id)
      else next.push(waiting)
      if (next.length === PORTION) break
    }
    return next
  }

  /** As far as the queue takes them: what is owed to a slow peer is not looked through again and again. */
  const drain = (peer: Peer): void => {
    const { owed } = peer
    for (let next = nextOf(owed); next.length > 0; next = nextOf(owed)) {
      const left = send(peer, next)
      for (const waiting of next) if (!left.includes(waiting)) owed.delete(waiting.transaction.id)
      if (left.length > 0) return
    }
  }

  const schedule = (): void => {
    if (retry !== undefined) return
    const isOwing = [...peers.values()].some(({ owed }) => owed.size > 0)
    if (isOwing) retry = clock.after(RETRY_MS, drainAll)
  }
  const drainAll = (): void => {
    retry = undefined
    const connected = new Set(host.connected())
    for (const peer of peers.values()) if (connected.has(peer.key)) drain(peer)
    schedule()
  }

  /** At once, unless the peer is owed something already. */
  const hand = (peerKey: PublicKey, all: readonly Waiting[]): void => {
    const peer = peerOf(peerKey)
    const left = peer.owed.size > 0 ? all : send(peer, all)
    for (const { transaction } of left) peer.owed.add(transaction.id)
  }
  const handToAll = (all: readonly Waiting[]): void => {
    for (const peerKey of host.connected()) hand(peerKey, all)
    schedule()
  }

  const oldest = (): readonly Waiting[] => {
    const found: Waiting[] = []
    let units = 0
    for (const waiting of mempool.values()) {
      units += waiting.acts.cost
      if (units > blockBudget) break
      found.push(waiting)
    }
    return found
  }

  return {
    offer: (ids) => handToAll(stillWaiting(ids)),
    heard: (peerKey, ids) => {
      const peer = peerOf(peerKey)
      for (const waiting of stillWaiting(ids)) note(waiting, peer)
    },
    welcome: (peerKey) => {
      peers.delete(peerKey)
      hand(
        peerKey,
        [...mempool.values()].filter(({ own }) => own),
      )
      schedule()
    },
    share: () => handToAll(oldest()),
    forget: (ids) => {
      for (const { owed } of peers.values()) {
        if (owed.size > 0) for (const id of ids) owed.delete(id)
      }
    },
    onDisconnected: (peerKey) => {
      peers.delete(peerKey)
    },
    stop: () => retry?.(),
  }
}
