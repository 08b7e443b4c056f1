// JSON-RPC over WebSocket: the same calls, and subscriptions that live as long as the connection.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { EpioneError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Dispatcher } from './dispatcher.ts'
import { errorObject } from './error-object.ts'
import type { HostCheck } from './hosts.ts'
import { closeCodes, type RpcLimits } from './limits.ts'
import type { NodePort } from './port.ts'
import { errorText, readMessage } from './request.ts'
import { createSubscriptions } from './subscriptions.ts'

export type SocketParts = {
  readonly dispatcher: Dispatcher
  readonly port: NodePort
  readonly hosts: HostCheck
  readonly limits: RpcLimits
  readonly log: Logger
  readonly isStopping: () => boolean
  /** Tells how many connections are open. */
  readonly counted: (open: number) => void
  readonly slowConsumer: () => void
}

export type Sockets = {
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  readonly open: () => number
  readonly stop: () => void
}

/** For the call's own id, so that its caller does not wait for ever. */
function tooManyCalls(text: string, limits: RpcLimits): string {
  const error = new EpioneError({
    code: 'LIMIT_EXCEEDED',
    message: `a connection has at most ${limits.callsPerSocket} calls under way`,
    hint: 'wait for answers before the next call',
  })
  return errorText(idOf(text), errorObject(error))
}

function idOf(text: string): string {
  try {
    const message = readMessage(text)
    return (message.kind === 'single' && message.call.id) || 'null'
  } catch {
    return 'null'
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.from(data as Uint8Array).toString('utf8')
}

function serve(socket: WebSocket, parts: SocketParts): void {
  const { limits, log } = parts
  const gone = new AbortController()
  let underWay = 0
  let alive = true
  const subscriptions = createSubscriptions({
    port: parts.port,
    limits,
    send: (text, done) => socket.send(text, done),
    slow: () => {
      parts.slowConsumer()
      closeSoon(socket, closeCodes.slowConsumer, 'SLOW_CONSUMER')
    },
    failed: (error) => {
      log.error({ err: error }, 'a subscription failed')
      socket.terminate()
    },
  })
  const caller = { subscriptions, signal: () => gone.signal }
  const answer = async (text: string): Promise<void> => {
    if (underWay >= limits.callsPerSocket) return socket.send(tooManyCalls(text, limits))
    underWay += 1
    const reply = await parts.dispatcher.handle(text, caller)
    underWay -= 1
    if (reply !== undefined && socket.readyState === socket.OPEN) socket.send(reply)
    subscriptions.release()
  }
  socket.on('message', (data, isBinary) => {
    if (isBinary) return socket.close(closeCodes.unsupportedData, 'TEXT_ONLY')
    // A client that calls and does not read its answers is a slow consumer too.
    if (socket.bufferedAmount > limits.queuedBytes) {
      return closeSoon(socket, closeCodes.slowConsumer, 'SLOW_CONSUMER')
    }
    answer(textOf(data)).catch((error) => {
      log.error({ err: error }, 'a message failed')
      socket.terminate()
    })
  })
  // A consumer that does not answer two pings in a row is gone.
  const ping = setInterval(() => {
    if (!alive) return socket.terminate()
    alive = false
    socket.ping()
  }, limits.pingMs)
  socket.on('pong', () => {
    alive = true
  })
  socket.on('error', (error) => log.debug({ err: error }, 'a connection failed'))
  socket.once('close', () => {
    clearInterval(ping)
    gone.abort()
    subscriptions.stop()
  })
}

/** Says why, and gives a consumer that reads nothing a second to hear it. */
function closeSoon(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState !== socket.OPEN) return
  socket.close(code, reason)
  const timer = setTimeout(() => socket.terminate(), 5_000)
  socket.once('close', () => clearTimeout(timer))
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

export function createSockets(parts: SocketParts): Sockets {
  const { limits, hosts } = parts
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false,
    clientTracking: true,
  })
  const count = () => parts.counted(server.clients.size)
  return {
    open: () => server.clients.size,
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy())
      const { host, origin } = request.headers
      if (!hosts.isAllowedHost(host) || !hosts.isAllowedOrigin(origin)) {
        return refuseUpgrade(socket, '403 Forbidden')
      }
      if (parts.isStopping() || server.clients.size >= limits.sockets) {
        return refuseUpgrade(socket, '503 Service Unavailable')
      }
      server.handleUpgrade(request, socket, head, (connection) => {
        count()
        connection.once('close', () => setImmediate(count))
        serve(connection, parts)
      })
    },
    stop: () => {
      for (const socket of server.clients) closeSoon(socket, closeCodes.goingAway, 'SHUTTING_DOWN')
      server.close()
    },
  }
}
