// The RPC server: HTTP and WebSocket on one port, from this machine only unless the settings say otherwise.
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { EpioneError, systemCodeOf } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { CallObserver } from './call.ts'
import { createDispatcher } from './dispatcher.ts'
import { createHostCheck, isLoopback } from './hosts.ts'
import { createHttpHandler, type HttpParts, type Readiness } from './http.ts'
import { type RpcLimits, rpcLimits } from './limits.ts'
import { createMethods } from './methods.ts'
import type { NodePort } from './port.ts'
import { createWaits } from './waits.ts'
import { createSockets } from './websocket.ts'

export type RpcServerParts = {
  readonly port: NodePort
  readonly settings: {
    readonly host: string
    /** 0 takes a free one. */
    readonly port: number
    /** Must be true to listen beyond this machine. */
    readonly public: boolean
    readonly allowedHosts: readonly string[]
  }
  readonly log: Logger
  readonly metrics: {
    readonly expose: HttpParts['metrics']
    readonly observeCall: CallObserver
    readonly setSockets: (open: number) => void
    readonly slowConsumer: () => void
  }
  readonly limits?: Partial<RpcLimits>
}

export type RpcServer = {
  /** Throws EpioneError PORT_BUSY, LISTEN_FAILED or CONFIG_INVALID; answers where it listens. */
  readonly start: () => Promise<{
    readonly host: string
    readonly port: number
    readonly url: string
  }>
  /** Takes no new calls, lets those under way end for at most `drainMs`, then closes everything. */
  readonly stop: (drainMs?: number) => Promise<void>
}

function readinessOf({ status }: NodePort): Readiness {
  const { quorum, syncing, failure } = status()
  const reasons = [
    ...(quorum ? [] : ['no quorum of validators is connected']),
    ...(syncing ? ['blocks are being caught up'] : []),
    ...(failure === null ? [] : [failure]),
  ]
  return { ready: reasons.length === 0, reasons }
}

function listen(server: Server, { host, port }: RpcServerParts['settings']): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>()
  const fail = (error: unknown) => {
    const busy = systemCodeOf(error) === 'EADDRINUSE'
    reject(
      new EpioneError({
        code: busy ? 'PORT_BUSY' : 'LISTEN_FAILED',
        message: busy
          ? `port ${port} of ${host} is taken by another program`
          : `cannot listen on ${host}:${port} (${systemCodeOf(error) ?? 'unknown'})`,
        hint: 'stop the other program, or give another --rpc-port (0 takes a free one)',
        cause: error,
      }),
    )
  }
  server.once('error', fail)
  server.listen({ host, port }, () => {
    server.off('error', fail)
    resolve(server.address() as AddressInfo)
  })
  return promise
}

function requirePrivate({ host, public: isPublic }: RpcServerParts['settings'], log: Logger): void {
  if (isLoopback(host)) return
  if (isPublic) {
    log.warn({ host }, 'RPC listens beyond this machine; put a proxy with TLS and limits before it')
    return
  }
  throw new EpioneError({
    code: 'CONFIG_INVALID',
    message: `rpc.host ${host} is reachable from other machines, and rpc.public is not true`,
    hint: 'listen on 127.0.0.1 behind a proxy, or set rpc.public = true',
  })
}

function configure(server: Server, limits: RpcLimits) {
  server.headersTimeout = limits.headersTimeoutMs
  server.requestTimeout = limits.requestTimeoutMs
  server.keepAliveTimeout = limits.keepAliveTimeoutMs
  // Some room above both limits, so that one too many hears 503 instead of a reset.
  server.maxConnections = limits.connections + limits.sockets + 32
  return followConnections(server)
}

/** A connection that has sent no whole request for so long gives way when others find no room. */
const HALF_OPEN_MS = 1_000

function followConnections(server: Server) {
  const sockets = new Set<Socket>()
  /** Since when a connection owes its first request. */
  const silentSince = new Map<Socket, number>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    silentSince.set(socket, performance.now())
    socket.once('close', () => {
      sockets.delete(socket)
      silentSince.delete(socket)
    })
  })
  const spoke = ({ socket }: { readonly socket: Socket }): void => {
    silentSince.delete(socket)
  }
  server.on('request', spoke)
  server.on('upgrade', spoke)
  return {
    /** Of both kinds; one that was destroyed is gone a little later. */
    open: () => [...sockets].filter(({ destroyed }) => !destroyed),
    /** Closes the connections on which nobody waits for an answer. */
    closeIdle: () => {
      server.closeIdleConnections()
      const before = performance.now() - HALF_OPEN_MS
      for (const [socket, sinceMs] of silentSince) if (sinceMs < before) socket.destroy()
    },
  }
}

export function createRpcServer(parts: RpcServerParts): RpcServer {
  const { port, settings, log } = parts
  const limits = { ...rpcLimits, ...parts.limits }
  const hosts = createHostCheck(settings.host, settings.allowedHosts)
  const stopping = new AbortController()
  let isStopping = false
  const waits = createWaits(port)
  const methods = createMethods(port.ledger.rules, port.status().version)
  const observe = parts.metrics.observeCall
  const dispatcher = createDispatcher({ methods, port, limits, waits, log, observe })
  const shared = { dispatcher, hosts, limits, isStopping: () => isStopping }
  const { setSockets: counted, slowConsumer } = parts.metrics
  const sockets = createSockets({ ...shared, port, log, counted, slowConsumer })
  const server = createServer({ maxHeaderSize: 16 * 1024, connectionsCheckingInterval: 1_000 })
  const connections = configure(server, limits)
  const handle = createHttpHandler({
    ...shared,
    readiness: () => readinessOf(port),
    metrics: parts.metrics.expose,
    connections: () => connections.open().length - sockets.open(),
    closeIdle: connections.closeIdle,
    stopping: stopping.signal,
  })
  server.on('request', (request, response) => {
    handle(request, response).catch((error) => {
      log.error({ err: error }, 'a request failed')
      response.destroy()
    })
  })
  server.on('upgrade', sockets.upgrade)

  return {
    start: async () => {
      requirePrivate(settings, log)
      const address = await listen(server, settings)
      const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
      return { host: address.address, port: address.port, url: `http://${host}:${address.port}` }
    },
    stop: async (drainMs = 5_000) => {
      if (isStopping) return
      isStopping = true
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      // Calls that wait for a block get their answer at once.
      stopping.abort()
      sockets.stop()
      const timer = setTimeout(() => {
        for (const socket of connections.open()) socket.destroy()
      }, drainMs)
      await closed
      clearTimeout(timer)
      waits.stop()
    },
  }
}
