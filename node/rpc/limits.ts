// Every bound of the RPC server in one place.

export type RpcLimits = {
  /** Bytes of one HTTP body. */
  readonly bodyBytes: number
  /** Calls of one batch. */
  readonly batchItems: number
  /** Bytes of one answer, a batch's answers together. */
  readonly responseBytes: number
  /** Open HTTP connections; above it a request is answered 503. */
  readonly connections: number
  /** Open WebSocket connections; above it the upgrade is answered 503. */
  readonly sockets: number
  /** Calls under way in the whole server; above it 429. */
  readonly callsUnderWay: number
  /** Calls under way of one WebSocket connection. */
  readonly callsPerSocket: number
  /** Bytes of one WebSocket message from a client. */
  readonly messageBytes: number
  readonly subscriptionsPerSocket: number
  /** Notifications of one connection that the consumer has not taken; above it the connection is closed. */
  readonly queuedNotifications: number
  /** Bytes of the same. */
  readonly queuedBytes: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** The longest that a call may wait for a block. */
  readonly waitMs: number
  readonly pingMs: number
}

export const rpcLimits: RpcLimits = {
  bodyBytes: 1024 * 1024,
  batchItems: 50,
  responseBytes: 8 * 1024 * 1024,
  connections: 200,
  sockets: 100,
  callsUnderWay: 1_000,
  callsPerSocket: 200,
  messageBytes: 1024 * 1024,
  subscriptionsPerSocket: 10,
  queuedNotifications: 1_000,
  queuedBytes: 32 * 1024 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  keepAliveTimeoutMs: 5_000,
  waitMs: 30_000,
  pingMs: 30_000,
}

/** Close codes of WebSocket connections; 4000 to 4999 are for applications (RFC 6455 section 7.4.2). */
export const closeCodes = {
  goingAway: 1_001,
  unsupportedData: 1_003,
  slowConsumer: 4_008,
} as const
