// A member that breaks the rules: libp2p with a member's keys, and raw streams under the test's control.
import { EventEmitter, once } from 'node:events'
import { multiaddr } from '@multiformats/multiaddr'
import type { Test } from 'tap'
import { createControl } from '../../../node/p2p/control.ts'
import { performHandshake } from '../../../node/p2p/handshake.ts'
import { createNode } from '../../../node/p2p/libp2p-node.ts'
import { hostLimits } from '../../../node/p2p/limits.ts'
import { identityFromSeed, peerKeyOf } from '../../../node/p2p/peer-id.ts'
import { type FrameProtocol, frameProtocols, protocolNames } from '../../../node/p2p/protocols.ts'
import type { Host } from '../../../node/p2p/types.ts'
import { chainId, enroll, type Network } from './network.ts'

type Node = Awaited<ReturnType<typeof createNode>>
export type RawConnection = Awaited<ReturnType<Node['dial']>>
export type RawStream = Awaited<ReturnType<RawConnection['newStream']>>

export type Rogue = {
  readonly peerKey: Host['peerKey']
  /** A connection without a handshake. */
  readonly dial: (host: Host) => Promise<RawConnection>
  /** A connection with a correct handshake; the host counts it as connected when it resolves. */
  readonly connect: (host: Host) => Promise<RawConnection>
  /** The handshake on a connection that it dialled. */
  readonly greet: (connection: RawConnection, host: Host) => Promise<void>
  readonly open: (
    connection: RawConnection,
    protocol: FrameProtocol | 'handshake',
  ) => Promise<RawStream>
  /** Where it listens; it answers the handshakes of who dials it. */
  readonly addresses: () => readonly string[]
  /** The stream that the host opened last; it is not read until the test does. */
  readonly incoming: (protocol: FrameProtocol) => Promise<RawStream>
}

const names = protocolNames(chainId)

export async function createRogue(
  t: Test,
  network: Network,
  index = 66,
  listen: readonly string[] = [],
): Promise<Rogue> {
  const { privateKey, peerKey } = await identityFromSeed(new Uint8Array(32).fill(index))
  const sign = enroll(peerKey)
  const node = await createNode({ privateKey, listen: [...listen], gater: {}, limits: hostLimits })
  const streams = new Map<FrameProtocol, RawStream>()
  const arrivals = new EventEmitter()
  for (const protocol of frameProtocols) {
    await node.handle(names[protocol], (stream) => {
      stream.pause()
      streams.set(protocol, stream)
      arrivals.emit(protocol)
    })
  }
  await node.start()
  t.teardown(() => node.stop())
  network.members.push({ peerKey, addresses: [] })

  const dial = async (host: Host): Promise<RawConnection> => {
    streams.clear()
    return node.dial(multiaddr(`${host.addresses()[0]}/p2p/${host.peerId}`), { force: true })
  }
  const open: Rogue['open'] = (connection, protocol) => connection.newStream(names[protocol])
  const incoming: Rogue['incoming'] = async (protocol) => {
    for (;;) {
      const stream = streams.get(protocol)
      if (stream !== undefined) return stream
      await once(arrivals, protocol)
    }
  }
  const shake = async (stream: RawStream, hostKey: Host['peerKey']): Promise<void> => {
    const control = createControl({ stream, onBytes: () => undefined, onEnd: () => undefined })
    const port = { sign, verify: () => true }
    const both = { ownKey: peerKey, peerKey: hostKey }
    const outcome = await performHandshake({ control, chainId, ...both, port })
    if (outcome !== 'ACCEPTED') throw new Error(outcome)
    control.listen((message) => {
      if (message.kind === 'ping') control.send({ kind: 'pong', number: message.number })
    })
  }
  await node.handle(names.handshake, (stream, connection) => {
    const hostKey = peerKeyOf(connection.remotePeer)
    if (hostKey !== undefined) void shake(stream, hostKey)
  })
  const greet: Rogue['greet'] = async (connection, host) =>
    shake(await open(connection, 'handshake'), host.peerKey)
  const connect = async (host: Host): Promise<RawConnection> => {
    const connection = await dial(host)
    await greet(connection, host)
    await Promise.all(frameProtocols.map(incoming))
    return connection
  }
  const addresses = () => node.getMultiaddrs().map((each) => each.decapsulate('/p2p').toString())
  return { peerKey, dial, connect, greet, open, incoming, addresses }
}

/** A prefix that claims `length`, then `content`. */
export function claiming(length: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + content.length)
  new DataView(bytes.buffer).setUint32(0, length)
  bytes.set(content, 4)
  return bytes
}
