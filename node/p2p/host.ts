// The network of one node: a full mesh of bounded streams among the members of the ledger.
import type { Libp2p } from '@libp2p/interface'
import type { PublicKey } from '../../vm/types.ts'
import { createCounters } from './counters.ts'
import { createNode, startNode } from './libp2p-node.ts'
import { completeLimits } from './limits.ts'
import { Links } from './links.ts'
import { createMembership } from './membership.ts'
import { keepMesh, type Mesh } from './mesh.ts'
import { identityFromSeed, type PeerIdentity } from './peer-id.ts'
import { frameProtocols, type ProtocolNames, protocolNames } from './protocols.ts'
import type { FrameHandlers, Session } from './session.ts'
import type { Host, HostConfig, HostCounters, PeerHandler, RequestResult } from './types.ts'

type Handlers = FrameHandlers & { onConnected: PeerHandler; onDisconnected: PeerHandler }

type Running = {
  readonly identity: PeerIdentity
  readonly node: Libp2p
  readonly links: Links
  readonly handlers: Handlers
  readonly counters: HostCounters
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

async function serve(node: Libp2p, links: Links, names: ProtocolNames): Promise<void> {
  const single = { maxInboundStreams: 1, maxOutboundStreams: 1 }
  await node.handle(names.handshake, (...both) => links.onHandshakeStream(...both), single)
  for (const protocol of frameProtocols) {
    const accept = links.onFrameStream.bind(links, protocol)
    await node.handle(names[protocol], accept, single)
  }
  node.addEventListener('connection:open', (event) => links.onOpen(event.detail))
  node.addEventListener('connection:close', (event) => links.onClose(event.detail))
}

async function assemble(config: HostConfig): Promise<Running> {
  const { chainId, handshake, log, listen, members } = config
  const limits = completeLimits(config.limits)
  const counters = createCounters()
  const identity = await identityFromSeed(config.peerSeed)
  const { peerKey: ownKey, privateKey } = identity
  const names = protocolNames(chainId)
  const handlers: Handlers = {
    onFrame: () => undefined,
    onTransactions: () => undefined,
    onRequest: () => undefined,
    onConnected: () => undefined,
    onDisconnected: () => undefined,
  }
  const nowMs = () => performance.now()
  const { penaltyMs } = limits
  const membership = createMembership({ members, ownKey, penaltyMs, counters, nowMs })
  let mesh: Mesh | undefined
  const links = new Links({
    ...{ chainId, ownKey, names, handshake, limits, counters, handlers, log },
    refuseForAWhile: membership.refuseForAWhile,
    onConnected: (peerKey) => {
      mesh?.onConnected(peerKey)
      handlers.onConnected(peerKey)
    },
    onDisconnected: (peerKey) => {
      mesh?.onDisconnected(peerKey)
      handlers.onDisconnected(peerKey)
    },
  })
  const node = await createNode({ privateKey, listen, gater: membership.gater, limits })
  await serve(node, links, names)
  const start = async (): Promise<void> => {
    await startNode(node, listen)
    mesh = keepMesh({ node, ownKey, links, membership, limits, counters, log })
  }
  const stop = async (): Promise<void> => {
    mesh?.stop()
    links.prune(() => false)
    await node.stop()
  }
  return { identity, node, links, handlers, counters, start, stop }
}

function sumQueued(sessions: Iterable<Session>): number {
  let sum = 0
  for (const session of sessions) sum += session.queuedBytes()
  return sum
}

function roundTrips(sessions: ReadonlyMap<PublicKey, Session>): Map<PublicKey, number> {
  const known = new Map<PublicKey, number>()
  for (const [peerKey, session] of sessions) {
    const millis = session.heart.roundTripMs()
    if (millis !== undefined) known.set(peerKey, millis)
  }
  return known
}

const notConnected: RequestResult = { ok: false, code: 'NOT_CONNECTED' }

/** Keys are derived here already; nothing listens or dials before `start`. */
export async function createHost(config: HostConfig): Promise<Host> {
  const running = await assemble(config)
  const { identity, node, links, handlers, counters } = running
  const { sessions } = links
  return {
    peerKey: identity.peerKey,
    peerId: identity.peerId,
    start: running.start,
    stop: running.stop,
    addresses: () => node.getMultiaddrs().map((address) => address.decapsulate('/p2p').toString()),
    connected: () => [...sessions.keys()],
    send: (peerKey, frame) => sessions.get(peerKey)?.send(frame) ?? false,
    broadcast: (frame) => [...sessions.values()].filter((session) => session.send(frame)).length,
    sendTransactions: (peerKey, all) => sessions.get(peerKey)?.sendTransactions(all) ?? 0,
    request: async (peerKey, body, options = {}) =>
      (await sessions.get(peerKey)?.client.request(body, options)) ?? notConnected,
    onFrame: (handler) => {
      handlers.onFrame = handler
    },
    onTransactions: (handler) => {
      handlers.onTransactions = handler
    },
    onRequest: (handler) => {
      handlers.onRequest = handler
    },
    onConnected: (handler) => {
      handlers.onConnected = handler
    },
    onDisconnected: (handler) => {
      handlers.onDisconnected = handler
    },
    penalize: (peerKey, reason) => links.penalize(peerKey, reason),
    roundTrips: () => roundTrips(sessions),
    counters: () => ({
      ...counters,
      peersConnected: sessions.size,
      queuedBytes: sumQueued(sessions.values()),
    }),
  }
}
