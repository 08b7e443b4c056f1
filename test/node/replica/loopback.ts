// A network inside one process: hosts of the node's own interface whose frames and requests are function calls.
import type { Host, HostCounters, RequestResult } from '../../../node/p2p/types.ts'
import type { PublicKey } from '../../../vm/types.ts'

type Handlers = {
  frame: Parameters<Host['onFrame']>[0]
  transactions: Parameters<Host['onTransactions']>[0]
  request: Parameters<Host['onRequest']>[0]
  connected: Parameters<Host['onConnected']>[0]
  disconnected: Parameters<Host['onDisconnected']>[0]
}

export type Loopback = {
  readonly host: (peerKey: PublicKey) => Host
  /** Both sides see the connection, as after a handshake. */
  readonly connect: (left: PublicKey, right: PublicKey) => void
  readonly disconnect: (left: PublicKey, right: PublicKey) => void
  /** Why peers were penalized. */
  readonly penalties: readonly string[]
}

const nothing = () => undefined

export function createLoopback(): Loopback {
  const nodes = new Map<
    PublicKey,
    { readonly handlers: Handlers; readonly linked: Set<PublicKey> }
  >()
  const penalties: string[] = []
  const node = (peerKey: PublicKey) => {
    const known = nodes.get(peerKey)
    if (known !== undefined) return known
    const handlers: Handlers = {
      frame: nothing,
      transactions: nothing,
      request: nothing,
      connected: nothing,
      disconnected: nothing,
    }
    const made = { handlers, linked: new Set<PublicKey>() }
    nodes.set(peerKey, made)
    return made
  }
  /** In a turn of its own, as from a socket. */
  const deliver = (
    from: PublicKey,
    to: PublicKey,
    act: (handlers: Handlers) => unknown,
  ): boolean => {
    if (!node(from).linked.has(to)) return false
    setImmediate(() => {
      if (node(from).linked.has(to)) act(node(to).handlers)
    })
    return true
  }

  const host = (peerKey: PublicKey): Host => {
    const { handlers, linked } = node(peerKey)
    const send: Host['send'] = (to, frame) =>
      deliver(peerKey, to, (other) => other.frame(peerKey, frame))
    return {
      peerKey,
      peerId: peerKey,
      start: async () => undefined,
      stop: async () => undefined,
      addresses: () => [],
      connected: () => [...linked],
      send,
      broadcast: (frame) => [...linked].filter((to) => send(to, frame)).length,
      sendTransactions: (to, envelopes) =>
        deliver(peerKey, to, (other) => other.transactions(peerKey, envelopes))
          ? envelopes.length
          : 0,
      request: async (to, request): Promise<RequestResult> => {
        if (!linked.has(to)) return { ok: false, code: 'NOT_CONNECTED' }
        await new Promise((resolve) => setImmediate(resolve))
        const bytes = await node(to).handlers.request(peerKey, request)
        return bytes === undefined ? { ok: false, code: 'REFUSED' } : { ok: true, bytes }
      },
      onFrame: (handler) => {
        handlers.frame = handler
      },
      onTransactions: (handler) => {
        handlers.transactions = handler
      },
      onRequest: (handler) => {
        handlers.request = handler
      },
      onConnected: (handler) => {
        handlers.connected = handler
      },
      onDisconnected: (handler) => {
        handlers.disconnected = handler
      },
      penalize: (_, reason) => {
        penalties.push(reason)
      },
      roundTrips: () => new Map(),
      counters: () => ({}) as HostCounters,
    }
  }

  return {
    host,
    penalties,
    connect: (left, right) => {
      node(left).linked.add(right)
      node(right).linked.add(left)
      setImmediate(() => node(left).handlers.connected(right))
      setImmediate(() => node(right).handlers.connected(left))
    },
    disconnect: (left, right) => {
      node(left).linked.delete(right)
      node(right).linked.delete(left)
      node(left).handlers.disconnected(right)
      node(right).handlers.disconnected(left)
    },
  }
}
