// Hands waiting transactions to the other validators: once each, again to one that reconnects, the rest when a queue was full.
import type { Digest, PublicKey } from '../vm/types.ts'
import type { Mempool } from './mempool.ts'
import type { Host } from './p2p/types.ts'

export type Gossip = {
  /** A transaction that a client gave to this node. */
  readonly offer: (id: Digest) => void
  /** All own waiting transactions, to a peer that just connected. */
  readonly welcome: (peerKey: PublicKey) => void
  /** Everything that waits, to all: before view 0 is left, and when a backup waited too long. */
  readonly share: () => void
  readonly forget: (peerKey: PublicKey) => void
  readonly stop: () => void
}

/** How long a full queue is left alone. */
const RETRY_MS = 20

export function createGossip(host: Host, mempool: Mempool): Gossip {
  const pending = new Map<PublicKey, Set<Digest>>()
  let retry: NodeJS.Timeout | undefined

  const drain = (peerKey: PublicKey, ids: Set<Digest>): void => {
    const waiting = [...ids].flatMap((id) => {
      const entry = mempool.get(id)
      if (entry === undefined) ids.delete(id)
      return entry === undefined ? [] : [entry.transaction]
    })
    const taken = host.sendTransactions(
      peerKey,
      waiting.map((transaction) => transaction.bytes),
    )
    for (const { id } of waiting.slice(0, taken)) ids.delete(id)
  }

  const drainAll = (): void => {
    retry = undefined
    const connected = new Set(host.connected())
    for (const [peerKey, ids] of pending) {
      if (connected.has(peerKey)) drain(peerKey, ids)
      else pending.delete(peerKey)
    }
    if ([...pending.values()].some((ids) => ids.size > 0)) {
      retry = setTimeout(drainAll, RETRY_MS)
    }
  }

  const add = (peerKey: PublicKey, ids: Iterable<Digest>): void => {
    const set = pending.get(peerKey) ?? new Set()
    for (const id of ids) set.add(id)
    pending.set(peerKey, set)
  }

  const idsOf = (own: boolean): Digest[] =>
    [...mempool.values()]
      .filter((entry) => entry.own || !own)
      .map(({ transaction }) => transaction.id)

  const flush = (): void => {
    if (retry === undefined) drainAll()
  }

  return {
    offer: (id) => {
      for (const peerKey of host.connected()) add(peerKey, [id])
      flush()
    },
    welcome: (peerKey) => {
      add(peerKey, idsOf(true))
      flush()
    },
    share: () => {
      const ids = idsOf(false)
      for (const peerKey of host.connected()) add(peerKey, ids)
      flush()
    },
    forget: (peerKey) => {
      pending.delete(peerKey)
    },
    stop: () => clearTimeout(retry),
  }
}
