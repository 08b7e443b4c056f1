// A connected member: its streams both ways, pings, and one end for all of them.
import type { Connection, Stream } from '@libp2p/interface'
import { decode } from '../../vm/codec.ts'
import type { PublicKey } from '../../vm/types.ts'
import { transactionsFrameCodec } from '../protocol.ts'
import { type Bundler, createBundler } from './bundler.ts'
import type { Control } from './control.ts'
import { createHeartbeat, type Heartbeat } from './heartbeat.ts'
import type { HostLimits } from './limits.ts'
import { createOutbox, type Outbox, type OutboxRule } from './outbox.ts'
import type { FrameProtocol } from './protocols.ts'
import { createRequestClient, type RequestClient } from './request-client.ts'
import { createRequestServer } from './request-server.ts'
import { FramingError, readFrames } from './stream-reader.ts'
import type { EnvelopesHandler, FrameHandler, HostCounters, RequestHandler } from './types.ts'

/** A vote is shorter, a frame with a header is longer. */
const VOTE_BYTES_MAX = 300

export type FrameHandlers = {
  onFrame: FrameHandler
  onTransactions: EnvelopesHandler
  onRequest: RequestHandler
}

export type SessionConfig = {
  readonly peerKey: PublicKey
  readonly connection: Connection
  readonly control: Control
  /** The outgoing ones. */
  readonly streams: Readonly<Record<FrameProtocol, Stream>>
  readonly limits: HostLimits
  readonly counters: HostCounters
  readonly handlers: FrameHandlers
  /** The connection is of no more use. */
  readonly onEnd: (reason: string) => void
  /** The peer sent garbage (CodecError, FramingError), or a handler of ours has a bug (anything else). */
  readonly onError: (error: unknown) => void
}

type Counted = { readonly sent?: keyof HostCounters; readonly dropped?: keyof HostCounters }

export class Session {
  readonly connection: Connection
  readonly client: RequestClient
  readonly heart: Heartbeat
  readonly #config: SessionConfig
  readonly #outboxes: Outbox[] = []
  readonly #consensus: Outbox
  readonly #bundler: Bundler

  constructor(config: SessionConfig) {
    const { streams, limits, counters } = config
    this.#config = config
    this.connection = config.connection
    this.heart = createHeartbeat(config)
    this.#consensus = this.#open(streams.consensus, limits.consensusQueueMax, 'drop-oldest', {
      sent: 'consensusFramesSent',
      dropped: 'consensusFramesDropped',
    })
    const transactions = this.#open(streams.transactions, limits.transactionsQueueMax, 'refuse', {
      sent: 'transactionFramesSent',
    })
    this.#bundler = createBundler(transactions, limits)
    const requests = this.#open(streams.requests, limits.requestFrameMax * 4, 'refuse')
    this.client = createRequestClient(requests, limits, counters)
    this.#read(streams.requests, limits.answerFrameMax, this.client.onAnswer)
    // Nothing may come back on these two; they are read to notice when they end.
    for (const stream of [streams.consensus, streams.transactions]) {
      this.#read(stream, 1, () => {
        throw new FramingError('bytes against the direction of a stream')
      })
    }
  }

  #open(stream: Stream, bytesMax: number, rule: OutboxRule, counted: Counted = {}): Outbox {
    const { counters } = this.#config
    const outbox = createOutbox({
      stream,
      bytesMax,
      rule,
      onSent: (frames, bytes) => {
        counters.bytesSent += bytes
        if (counted.sent !== undefined) counters[counted.sent] += frames
      },
      onDropped: () => {
        if (counted.dropped !== undefined) counters[counted.dropped] += 1
      },
    })
    this.#outboxes.push(outbox)
    return outbox
  }

  #read(stream: Stream, sizeMax: number, onFrame: (frame: Uint8Array) => void | Promise<void>) {
    const { onEnd, onError } = this.#config
    const { onBytes } = this.heart
    readFrames({
      ...{ stream, sizeMax, onFrame, onBytes, onError },
      onEnd: () => onEnd('a stream ended'),
    })
  }

  /** An incoming stream of the peer. */
  accept(protocol: FrameProtocol, stream: Stream): void {
    const { peerKey, limits, counters, handlers, onError } = this.#config
    switch (protocol) {
      case 'consensus':
        this.#read(stream, limits.consensusFrameMax, (frame) => {
          counters.consensusFramesReceived += 1
          return handlers.onFrame(peerKey, frame)
        })
        break
      case 'transactions':
        this.#read(stream, limits.transactionsFrameMax, (frame) => {
          counters.transactionFramesReceived += 1
          return handlers.onTransactions(peerKey, decode(transactionsFrameCodec, frame))
        })
        break
      case 'requests': {
        const outbox = this.#open(stream, limits.answersQueueMax, 'refuse')
        const handle = (request: Uint8Array) => handlers.onRequest(peerKey, request)
        const server = createRequestServer({ outbox, limits, counters, handle, onError })
        this.#read(stream, limits.requestFrameMax, server.onRequest)
        break
      }
    }
  }

  send(frame: Uint8Array): boolean {
    // Transactions leave before a proposal that names them, and in the same packet.
    if (frame.length > VOTE_BYTES_MAX) this.#bundler.flush()
    return frame.length <= this.#config.limits.consensusFrameMax && this.#consensus.push(frame)
  }

  sendTransactions(envelopes: readonly Uint8Array[]): number {
    const taken = this.#bundler.push(envelopes)
    this.#config.counters.transactionsRefused += envelopes.length - taken
    return taken
  }

  queuedBytes(): number {
    const queued = this.#outboxes.reduce((sum, outbox) => sum + outbox.queuedBytes(), 0)
    return queued + this.#bundler.queuedBytes()
  }

  /** Lets go of timers, queues and open requests; the owner ends the connection. */
  stop(): void {
    this.heart.stop()
    this.#bundler.stop()
    this.client.stop()
    for (const outbox of this.#outboxes) outbox.clear()
  }
}
