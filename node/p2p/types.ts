// What a node sees of the network: members, frames, requests, and the host that carries them.

import type { Digest, PublicKey } from '../../vm/types.ts'
import type { Logger } from '../logger.ts'
import type { HostLimits } from './limits.ts'

/** One PeerId that may connect, and where it listens (multiaddrs without the PeerId). */
export type Member = {
  readonly peerKey: PublicKey
  readonly addresses: readonly string[]
}

/** The proof that a peer holds the consensus key of the validator that it says it is. */
export type HandshakePort = {
  /** Signs the 32-byte challenge with the consensus key; a node that only follows answers no bytes. */
  readonly sign: (challenge: Uint8Array) => Uint8Array | Promise<Uint8Array>
  /** Whether `proof` over `challenge` is that of the validator with this peer key in force now. */
  readonly verify: (claim: {
    readonly peerKey: PublicKey
    readonly challenge: Uint8Array
    readonly proof: Uint8Array
  }) => boolean | Promise<boolean>
}

export type HostConfig = {
  /** The 32-byte seed of the Ed25519 peer key. */
  readonly peerSeed: Uint8Array
  readonly chainId: Digest
  /** Multiaddrs such as /ip4/127.0.0.1/tcp/0. */
  readonly listen: readonly string[]
  /** The allow list as of now; asked at each connection and each `membersMs`. The node itself may be in it. */
  readonly members: () => readonly Member[]
  readonly handshake: HandshakePort
  readonly limits?: Partial<HostLimits>
  readonly log: Logger
}

export type RequestFailure =
  /** No such peer is connected, or the connection ended before the answer. */
  | 'NOT_CONNECTED'
  /** No answer in time. */
  | 'TIMEOUT'
  /** The caller's signal fired. */
  | 'ABORTED'
  /** Too many requests are under way, here or there; try later or another peer. */
  | 'BUSY'
  /** The peer's handler had no answer. */
  | 'REFUSED'

export type RequestResult =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly code: RequestFailure }

export type RequestOptions = {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/**
 * A handler that returns a promise holds back the next frame of the same peer and protocol until it is settled. A CodecError that
 * it throws or rejects with is the peer's fault and drops it; anything else is a bug of ours and ends the process.
 */
export type FrameHandler = (from: PublicKey, frame: Uint8Array) => void | Promise<void>
export type EnvelopesHandler = (
  from: PublicKey,
  envelopes: readonly Uint8Array[],
) => void | Promise<void>
/** Undefined: refused. Errors count as above. */
export type RequestHandler = (
  from: PublicKey,
  request: Uint8Array,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>
export type PeerHandler = (peerKey: PublicKey) => void

/** Nothing is delivered from, and nothing sent to, a peer whose handshake is not complete on both sides. */
export type Host = {
  readonly peerKey: PublicKey
  readonly peerId: string
  /** Throws EpioneError PORT_BUSY or LISTEN_FAILED. */
  readonly start: () => Promise<void>
  /** Ends all connections; nothing keeps the process alive afterwards (a timer of libp2p's does for up to a second). */
  readonly stop: () => Promise<void>
  /** The multiaddrs listened on, with the ports that were chosen, without the PeerId. */
  readonly addresses: () => readonly string[]
  /** Peer keys of members with a completed handshake. */
  readonly connected: () => readonly PublicKey[]
  /**
   * Queues a consensus frame; false if the peer is not connected or the frame is too large. When the queue of a slow peer is full
   * its oldest frames are dropped: the engine re-sends its newest messages anyway.
   */
  readonly send: (peerKey: PublicKey, frame: Uint8Array) => boolean
  /** `send` to every connected peer; answers how many took it. */
  readonly broadcast: (frame: Uint8Array) => number
  /**
   * Queues envelopes, sent together within a few milliseconds. Answers how many were taken, from the first on: when the queue is
   * full the rest is refused and the caller offers it again later.
   */
  readonly sendTransactions: (peerKey: PublicKey, envelopes: readonly Uint8Array[]) => number
  readonly request: (
    peerKey: PublicKey,
    request: Uint8Array,
    options?: RequestOptions,
  ) => Promise<RequestResult>
  /** One handler of each kind; set before `start`. */
  readonly onFrame: (handler: FrameHandler) => void
  readonly onTransactions: (handler: EnvelopesHandler) => void
  readonly onRequest: (handler: RequestHandler) => void
  /** Fired after each completed handshake, again after each reconnection. */
  readonly onConnected: (handler: PeerHandler) => void
  readonly onDisconnected: (handler: PeerHandler) => void
  /** For a peer that sent what is provably bad: ends the connection, refuses it for `penaltyMs`, counts and logs the reason. */
  readonly penalize: (peerKey: PublicKey, reason: string) => void
  /** Round trip of the last ping in milliseconds, per connected peer. */
  readonly roundTrips: () => ReadonlyMap<PublicKey, number>
  readonly counters: () => HostCounters
}

/** Totals since the start, but `peersConnected` and the queued bytes, which are of now. */
export type HostCounters = {
  peersConnected: number
  handshakesCompleted: number
  handshakesRefused: number
  connectionsDenied: number
  dialsFailed: number
  disconnections: number
  pingsMissed: number
  penalties: number
  consensusFramesSent: number
  consensusFramesReceived: number
  consensusFramesDropped: number
  transactionFramesSent: number
  transactionFramesReceived: number
  transactionsRefused: number
  requestsSent: number
  requestsFailed: number
  requestsServed: number
  requestsRejected: number
  bytesSent: number
  bytesReceived: number
  queuedBytes: number
}
