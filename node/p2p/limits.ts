// Every bound and interval of the network, with the relations between them.
import { assert } from '../../vm/assert.ts'
import { BLOCK_BYTES_MAX, ENVELOPE_BYTES_MAX } from '../../vm/limits.ts'

const KIB = 1024
const MIB = 1024 * KIB
const answerFrameMax = 8 * MIB + 64 * KIB

export type HostLimits = {
  /** Bytes of one frame, per protocol; the length prefix is not counted. */
  readonly consensusFrameMax: number
  readonly transactionsFrameMax: number
  readonly requestFrameMax: number
  readonly answerFrameMax: number
  /** Bytes that wait for one peer, per protocol. */
  readonly consensusQueueMax: number
  readonly transactionsQueueMax: number
  /** Bytes of answers that wait for one peer; further requests of it are answered BUSY. */
  readonly answersQueueMax: number
  /** Envelopes are sent together: this long after the last time, or this many bytes. */
  readonly coalesceMs: number
  readonly coalesceBytes: number
  /** Requests under way to one peer, and served at once for one peer. */
  readonly requestsOpenMax: number
  readonly requestsServedMax: number
  /** Token bucket of one peer's requests. */
  readonly requestsPerSecond: number
  readonly requestsBurst: number
  readonly requestTimeoutMs: number
  readonly handshakeTimeoutMs: number
  readonly dialTimeoutMs: number
  /** First wait after a failed dial; doubles up to the cap. */
  readonly redialMinMs: number
  readonly redialMaxMs: number
  /** The side with the higher key leaves the first dial to the other for this long. */
  readonly dialGraceMs: number
  /** How often the allow list is asked again for connections that are open, and for members to dial. */
  readonly membersMs: number
  /** A ping is sent each interval; after this many intervals without a byte the connection is cut. */
  readonly pingMs: number
  readonly pingsMissedMax: number
  /** How long a peer that sent garbage is refused. */
  readonly penaltyMs: number
  /** New inbound connections of one address per second, and connections that have not shown their PeerId yet. */
  readonly inboundPerSecond: number
  readonly inboundPendingMax: number
}

export const hostLimits: HostLimits = {
  consensusFrameMax: MIB,
  transactionsFrameMax: MIB,
  requestFrameMax: MIB,
  answerFrameMax,
  consensusQueueMax: 8 * MIB,
  transactionsQueueMax: 8 * MIB,
  answersQueueMax: 2 * answerFrameMax,
  coalesceMs: 60,
  coalesceBytes: 64 * KIB,
  requestsOpenMax: 32,
  requestsServedMax: 8,
  requestsPerSecond: 200,
  requestsBurst: 400,
  requestTimeoutMs: 10_000,
  handshakeTimeoutMs: 5_000,
  dialTimeoutMs: 5_000,
  redialMinMs: 100,
  redialMaxMs: 3_000,
  dialGraceMs: 500,
  membersMs: 1_000,
  pingMs: 2_000,
  pingsMissedMax: 4,
  penaltyMs: 5_000,
  inboundPerSecond: 100,
  inboundPendingMax: 20,
}

/** The limits of one host, checked. */
export function completeLimits(changes: Partial<HostLimits> = {}): HostLimits {
  const limits = { ...hostLimits, ...changes }
  assert(limits.consensusQueueMax >= limits.consensusFrameMax, 'a frame must fit in its queue')
  assert(
    limits.transactionsQueueMax >= limits.transactionsFrameMax,
    'a frame must fit in its queue',
  )
  assert(limits.answersQueueMax >= limits.answerFrameMax, 'an answer must fit in its queue')
  assert(limits.coalesceBytes <= limits.transactionsFrameMax, 'coalesced frames must be legal')
  assert(limits.redialMinMs <= limits.redialMaxMs, 'the first wait is the shortest')
  return limits
}

assert(hostLimits.transactionsFrameMax > 2 * ENVELOPE_BYTES_MAX, 'an envelope must fit in a frame')
assert(hostLimits.answerFrameMax >= 2 * BLOCK_BYTES_MAX, 'an answer must hold a block')
