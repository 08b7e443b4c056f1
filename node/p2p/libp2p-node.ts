// libp2p as this project uses it: TCP, Noise, yamux, no discovery, no services, every bound set.
import type { ConnectionGater, Libp2p, PrivateKey } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { VALIDATORS_MAX } from '../../vm/limits.ts'
import { EpioneError, systemCodeOf } from '../errors.ts'
import type { HostLimits } from './limits.ts'
import { quickNoise } from './noise.ts'
import { quietYamux } from './yamux.ts'

/** What a peer may send on one stream before the other side has read it; below libp2p's read buffer, so a pause never breaks. */
const streamWindowMax = 1024 * 1024
const readBufferMax = 4 * 1024 * 1024

/** Handshake, consensus, transactions and requests from each side, and as many that are being negotiated. */
const streamsMax = 16

export type NodeConfig = {
  readonly privateKey: PrivateKey
  readonly listen: readonly string[]
  readonly gater: ConnectionGater
  readonly limits: HostLimits
}

export async function createNode(config: NodeConfig): Promise<Libp2p> {
  const { limits, listen, gater, privateKey } = config
  const socket = { noDelay: true, keepAlive: true }
  return createLibp2p({
    start: false,
    privateKey,
    addresses: { listen: [...listen] },
    transports: [tcp({ dialOpts: socket, listenOpts: socket })],
    connectionEncrypters: [quickNoise()],
    streamMuxers: [
      quietYamux({
        enableKeepAlive: false,
        maxInboundStreams: streamsMax,
        maxOutboundStreams: streamsMax,
        streamOptions: {
          maxStreamWindowSize: streamWindowMax,
          maxReadBufferLength: readBufferMax,
        },
      }),
    ],
    connectionGater: gater,
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: 4 * VALIDATORS_MAX,
      maxIncomingPendingConnections: limits.inboundPendingMax,
      inboundConnectionThreshold: limits.inboundPerSecond,
      dialTimeout: limits.dialTimeoutMs,
      addressDialTimeout: limits.dialTimeoutMs,
      inboundUpgradeTimeout: limits.handshakeTimeoutMs,
      outboundStreamProtocolNegotiationTimeout: limits.handshakeTimeoutMs,
      inboundStreamProtocolNegotiationTimeout: limits.handshakeTimeoutMs,
      connectionCloseTimeout: 500,
      reconnectRetries: 0,
    },
  })
}

function findBusy(error: unknown): boolean {
  if (systemCodeOf(error) === 'EADDRINUSE') return true
  if (error instanceof AggregateError && error.errors.some(findBusy)) return true
  if (!(error instanceof Error)) return false
  return /EADDRINUSE/.test(error.message) || (error.cause !== undefined && findBusy(error.cause))
}

/** Throws EpioneError PORT_BUSY or LISTEN_FAILED. */
export async function startNode(node: Libp2p, listen: readonly string[]): Promise<void> {
  try {
    await node.start()
  } catch (error) {
    await node.stop()
    const busy = findBusy(error)
    const reason = error instanceof Error ? error.message : String(error)
    throw new EpioneError({
      code: busy ? 'PORT_BUSY' : 'LISTEN_FAILED',
      message: `cannot listen for peers on ${listen.join(', ')}${busy ? ', the port is in use' : `: ${reason}`}`,
      hint: 'choose another address or stop the process that has it',
      cause: error,
    })
  }
}
