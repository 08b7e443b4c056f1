// JSON-RPC over HTTP POST, and the pages /health, /ready and /metrics; refuses what is no such request before reading it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dispatcher } from './dispatcher.ts'
import type { HostCheck } from './hosts.ts'
import type { RpcLimits } from './limits.ts'

export type Readiness = { readonly ready: boolean; readonly reasons: readonly string[] }

export type HttpParts = {
  readonly dispatcher: Dispatcher
  readonly hosts: HostCheck
  readonly limits: RpcLimits
  readonly readiness: () => Readiness
  /** Prometheus text with its content type. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>
  /** Open HTTP connections. */
  readonly connections: () => number
  /** Closes the connections on which nobody waits for an answer. */
  readonly closeIdle: () => void
  readonly isStopping: () => boolean
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal
}

type Refusal = { readonly status: number; readonly code: string; readonly message: string }

function refuse(response: ServerResponse, { status, code, message }: Refusal): void {
  const retry = status === 429 || status === 503 ? { 'retry-after': '1' } : {}
  send(response, {
    status,
    contentType: 'application/json',
    text: `${JSON.stringify({ code, message })}\n`,
    // Otherwise the rest of the body is read and dropped, so that the client gets to see this answer.
    headers: status === 503 ? { ...retry, connection: 'close' } : retry,
  })
}

type Page = {
  readonly status: number
  readonly contentType: string
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

function send(response: ServerResponse, { status, contentType, text, headers = {} }: Page): void {
  if (response.headersSent || response.destroyed) return
  response.req.resume()
  const bytes = Buffer.from(text)
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(bytes)
}

/** What is wrong with the request's head; undefined if its body may be read. */
function faultOfHead(request: IncomingMessage, parts: HttpParts): Refusal | undefined {
  const { headers } = request
  if (request.method !== 'POST') {
    return { status: 405, code: 'METHOD_NOT_ALLOWED', message: 'JSON-RPC is called by POST' }
  }
  const type = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i
  if (!type.test(headers['content-type'] ?? '')) {
    return { status: 415, code: 'CONTENT_TYPE', message: 'content-type must be application/json' }
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    return { status: 415, code: 'CONTENT_ENCODING', message: 'the body must not be compressed' }
  }
  if (Number(headers['content-length'] ?? 0) > parts.limits.bodyBytes) return tooLarge(parts.limits)
  return undefined
}

function tooLarge({ bodyBytes }: RpcLimits): Refusal {
  return { status: 413, code: 'BODY_TOO_LARGE', message: `a body has at most ${bodyBytes} bytes` }
}

/** The body's text, or what is wrong with it; undefined if the client went away. */
async function readBody(
  request: IncomingMessage,
  limits: RpcLimits,
): Promise<string | Refusal | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length
      if (size > limits.bodyBytes) return tooLarge(limits)
      chunks.push(chunk)
    }
  } catch {
    return undefined
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    return { status: 400, code: 'NOT_UTF8', message: 'the body is not UTF-8' }
  }
}

/** Abandons waiting calls when the client goes away or the server stops. */
function signalOf(response: ServerResponse, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController()
  if (response.closed) gone.abort()
  else response.once('close', () => gone.abort())
  return AbortSignal.any([gone.signal, stopping])
}

/** Connections kept open for a later call give way to one that has a call now. */
function hasRoom({ connections, closeIdle, limits }: HttpParts): boolean {
  if (connections() <= limits.connections) return true
  closeIdle()
  return connections() <= limits.connections
}

export function createHttpHandler(parts: HttpParts) {
  const { stopping } = parts
  let underWay = 0

  const rpc = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const fault = faultOfHead(request, parts)
    if (fault !== undefined) return refuse(response, fault)
    if (underWay >= parts.limits.callsUnderWay) {
      return refuse(response, {
        status: 429,
        code: 'BUSY',
        message: 'too many calls are under way',
      })
    }
    underWay += 1
    try {
      const body = await readBody(request, parts.limits)
      if (body === undefined) return
      if (typeof body !== 'string') return refuse(response, body)
      const caller = { subscriptions: undefined, signal: () => signalOf(response, stopping) }
      const text = await parts.dispatcher.handle(body, caller)
      if (text === undefined) response.writeHead(204).end()
      else send(response, { status: 200, contentType: 'application/json', text })
    } finally {
      underWay -= 1
    }
  }

  const page = async (path: string): Promise<Page | undefined> => {
    const json = { contentType: 'application/json' }
    if (path === '/health') return { ...json, status: 200, text: '{"status":"alive"}\n' }
    if (path === '/metrics') return { status: 200, ...(await parts.metrics()) }
    if (path !== '/ready') return undefined
    const readiness = parts.readiness()
    return { ...json, status: readiness.ready ? 200 : 503, text: `${JSON.stringify(readiness)}\n` }
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = ''] = (request.url ?? '').split('?', 1)
    if (!parts.hosts.isAllowedHost(request.headers.host)) {
      return refuse(response, {
        status: 403,
        code: 'HOST_NOT_ALLOWED',
        message: 'this Host is not in rpc.allowedHosts',
      })
    }
    if (!parts.hosts.isAllowedOrigin(request.headers.origin)) {
      return refuse(response, {
        status: 403,
        code: 'ORIGIN_NOT_ALLOWED',
        message: 'web pages of other origins are not answered',
      })
    }
    if (parts.isStopping() || !hasRoom(parts)) {
      const message = parts.isStopping() ? 'the node stops' : 'too many connections'
      return refuse(response, { status: 503, code: 'UNAVAILABLE', message })
    }
    if (path === '/') return rpc(request, response)
    const found = await page(path)
    if (found === undefined) {
      return refuse(response, { status: 404, code: 'NOT_FOUND', message: 'JSON-RPC is at /' })
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(response, {
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
        message: 'read it by GET',
      })
    }
    send(response, found)
  }
}
