// From a connection to a session: the handshake, the streams, one session for each member.
import type { Connection, Stream } from '@libp2p/interface'
import { CodecError } from '../../vm/codec.ts'
import type { Digest, PublicKey } from '../../vm/types.ts'
import type { Logger } from '../logger.ts'
import { type Control, createControl } from './control.ts'
import { performHandshake } from './handshake.ts'
import type { HostLimits } from './limits.ts'
import { peerKeyOf } from './peer-id.ts'
import type { FrameProtocol, ProtocolNames } from './protocols.ts'
import { type FrameHandlers, Session } from './session.ts'
import { FramingError } from './stream-reader.ts'
import type { HandshakePort, HostCounters, PeerHandler } from './types.ts'

export type LinksConfig = {
  readonly chainId: Digest
  readonly ownKey: PublicKey
  readonly names: ProtocolNames
  readonly handshake: HandshakePort
  readonly limits: HostLimits
  readonly counters: HostCounters
  readonly handlers: FrameHandlers
  readonly onConnected: PeerHandler
  readonly onDisconnected: PeerHandler
  readonly refuseForAWhile: (peerKey: PublicKey) => void
  readonly log: Logger
}

/** A connection, before and after its handshake. */
type Link = {
  readonly connection: Connection
  readonly peerKey: PublicKey
  readonly handshakeStream: PromiseWithResolvers<Stream>
  readonly session: PromiseWithResolvers<Session | undefined>
  readonly deadline: NodeJS.Timeout
}

/** A bug of ours, found in a handler that a peer's frame has called: it must end the process, not the connection. */
function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

export class Links {
  /** One for each connected member. */
  readonly sessions = new Map<PublicKey, Session>()
  readonly #links = new Map<string, Link>()
  readonly #config: LinksConfig

  constructor(config: LinksConfig) {
    this.#config = config
  }

  /** Whether a connection to the peer is open, with or without its handshake. */
  isLinked(peerKey: PublicKey): boolean {
    return this.#of(peerKey).length > 0
  }

  onOpen(connection: Connection): void {
    this.#linkOf(connection)
  }

  onClose(connection: Connection): void {
    const link = this.#links.get(connection.id)
    if (link !== undefined) this.#end(link, 'the connection closed')
  }

  onHandshakeStream(stream: Stream, connection: Connection): void {
    const link = this.#linkOf(connection)
    if (link === undefined) stream.abort(new Error('no such connection'))
    else if (connection.direction === 'inbound') link.handshakeStream.resolve(stream)
    else this.#punish(link, 'a handshake by the wrong side')
  }

  /** Nothing is read from it until the connection's handshake is over. */
  async onFrameStream(protocol: FrameProtocol, stream: Stream, connection: Connection) {
    const session = await this.#linkOf(connection)?.session.promise
    if (session === undefined) stream.abort(new Error('no handshake'))
    else session.accept(protocol, stream)
  }

  penalize(peerKey: PublicKey, reason: string): void {
    for (const link of this.#of(peerKey)) this.#punish(link, reason)
  }

  /** Ends the connections of peers that `isAllowed` refuses. */
  prune(isAllowed: (peerKey: PublicKey) => boolean): void {
    for (const link of [...this.#links.values()]) {
      if (!isAllowed(link.peerKey)) this.#end(link, 'no longer a member')
    }
  }

  #of(peerKey: PublicKey): readonly Link[] {
    return [...this.#links.values()].filter((link) => link.peerKey === peerKey)
  }

  /** The link of an open connection, begun if this is the first that is heard of it. */
  #linkOf(connection: Connection): Link | undefined {
    const known = this.#links.get(connection.id)
    const peerKey = peerKeyOf(connection.remotePeer)
    if (known !== undefined || peerKey === undefined || connection.status !== 'open') return known
    const late = () => this.#end(link, 'no handshake in time')
    const link: Link = {
      connection,
      peerKey,
      handshakeStream: Promise.withResolvers(),
      session: Promise.withResolvers(),
      deadline: setTimeout(late, this.#config.limits.handshakeTimeoutMs),
    }
    // Its rejection matters only to who waits for it.
    link.handshakeStream.promise.catch(() => undefined)
    this.#links.set(connection.id, link)
    void this.#establish(link)
    return link
  }

  /** Forgets the link at once, whatever libp2p still has to do; the second time it does nothing. */
  #end(link: Link, reason: string): void {
    const { connection, peerKey } = link
    if (!this.#links.delete(connection.id)) return
    const { log, counters, onDisconnected } = this.#config
    clearTimeout(link.deadline)
    link.handshakeStream.reject(new Error(reason))
    link.session.resolve(undefined)
    log.debug({ peer: peerKey, reason }, 'connection ended')
    const session = this.sessions.get(peerKey)
    if (session?.connection === connection) {
      this.sessions.delete(peerKey)
      session.stop()
      counters.disconnections += 1
      onDisconnected(peerKey)
    }
    connection.abort(new Error(reason))
  }

  #punish(link: Link, reason: string): void {
    const { counters, log, refuseForAWhile } = this.#config
    const address = link.connection.remoteAddr.toString()
    counters.penalties += 1
    log.warn({ peer: link.peerKey, address, reason }, 'peer refused for a while')
    refuseForAWhile(link.peerKey)
    this.#end(link, reason)
  }

  #blame(link: Link, error: unknown): void {
    if (!this.#links.has(link.connection.id)) return
    if (error instanceof CodecError || error instanceof FramingError) {
      this.#punish(link, error.message)
    } else rethrow(error)
  }

  /** Of two connections that both sides dialled at once, both keep the one that the lower key dialled; else the newer. */
  #isOutranked({ connection, peerKey }: Link): boolean {
    const held = this.sessions.get(peerKey)?.connection
    const dialler = this.#config.ownKey < peerKey ? 'outbound' : 'inbound'
    return held?.direction === dialler && connection.direction !== dialler
  }

  async #establish(link: Link): Promise<void> {
    const { connection } = link
    const { names } = this.#config
    try {
      const control = await this.#shakeHands(link)
      if (control === undefined) return
      if (this.#isOutranked(link)) throw new Error('another connection is kept')
      const [consensus, transactions, requests] = await Promise.all([
        connection.newStream(names.consensus),
        connection.newStream(names.transactions),
        connection.newStream(names.requests),
      ])
      if (this.#isOutranked(link)) throw new Error('another connection is kept')
      if (this.#links.has(connection.id)) {
        this.#begin(link, control, { consensus, transactions, requests })
      }
    } catch (error) {
      this.#end(link, error instanceof Error ? error.message : String(error))
    }
  }

  async #shakeHands(link: Link): Promise<Control | undefined> {
    const { connection, peerKey } = link
    const { names, counters, chainId, ownKey, handshake: port } = this.#config
    const stream =
      connection.direction === 'outbound'
        ? await connection.newStream(names.handshake)
        : await link.handshakeStream.promise
    const control = createControl({
      stream,
      onBytes: (count) => {
        counters.bytesReceived += count
      },
      onEnd: (reason) => {
        if (reason === undefined) this.#end(link, 'the peer ended the connection')
        else this.#punish(link, reason)
      },
    })
    const outcome = await performHandshake({ control, chainId, ownKey, peerKey, port })
    if (outcome === 'ACCEPTED') return control
    if (outcome !== 'ENDED') {
      counters.handshakesRefused += 1
      this.#punish(link, `handshake refused: ${outcome}`)
    }
    this.#end(link, 'no handshake')
    return undefined
  }

  #begin(link: Link, control: Control, streams: Record<FrameProtocol, Stream>): void {
    const { connection, peerKey } = link
    const { limits, counters, handlers, log, onConnected } = this.#config
    const held = this.sessions.get(peerKey)
    const heldLink = held === undefined ? undefined : this.#links.get(held.connection.id)
    if (heldLink !== undefined) this.#end(heldLink, 'replaced by a newer connection')
    clearTimeout(link.deadline)
    const session = new Session({
      ...{ peerKey, connection, control, streams, limits, counters, handlers },
      onEnd: (reason) => this.#end(link, reason),
      onError: (error) => this.#blame(link, error),
    })
    this.sessions.set(peerKey, session)
    counters.handshakesCompleted += 1
    log.info({ peer: peerKey, address: connection.remoteAddr.toString() }, 'peer connected')
    onConnected(peerKey)
    link.session.resolve(session)
  }
}
