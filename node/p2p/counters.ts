// What the host counts; exported elsewhere.
import type { HostCounters } from './types.ts'

export function createCounters(): HostCounters {
  return {
    peersConnected: 0,
    handshakesCompleted: 0,
    handshakesRefused: 0,
    connectionsDenied: 0,
    dialsFailed: 0,
    disconnections: 0,
    pingsMissed: 0,
    penalties: 0,
    consensusFramesSent: 0,
    consensusFramesReceived: 0,
    consensusFramesDropped: 0,
    transactionFramesSent: 0,
    transactionFramesReceived: 0,
    transactionsRefused: 0,
    requestsSent: 0,
    requestsFailed: 0,
    requestsServed: 0,
    requestsRejected: 0,
    bytesSent: 0,
    bytesReceived: 0,
    queuedBytes: 0,
  }
}
