// JSON-RPC over fetch: one call, several nodes in turn when one does not answer.
import type { JsonValue } from '../vm/codec.ts'
import { ClientError, malformed } from './errors.ts'
import { type FetchLike, web } from './web.ts'

export type Call = (
  method: string,
  parameters: Readonly<Record<string, JsonValue>>,
) => Promise<unknown>

export type TransportParameters = {
  /** Nodes in the order in which they are tried; one that answered is asked first the next time. */
  readonly urls: readonly string[]
  readonly fetch?: FetchLike
  readonly timeoutMs?: number
}

type RpcError = { readonly message: string; readonly data: { readonly [key: string]: JsonValue } }

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a node says in place of a result. */
export function nodeError({ message, data }: RpcError): ClientError {
  const { code, hint, ...facts } = data
  return new ClientError({
    code: typeof code === 'string' ? code : 'INTERNAL',
    message,
    hint: typeof hint === 'string' ? hint : 'ask another node',
    data: facts,
  })
}

function unwrap(text: string): unknown {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw malformed('not JSON')
  }
  if (!isObject(json)) throw malformed('not an object')
  const { error, result } = json
  if (isObject(error)) {
    const data = isObject(error['data']) ? (error['data'] as RpcError['data']) : {}
    throw nodeError({ message: String(error['message']), data })
  }
  if (result === undefined) throw malformed('neither result nor error')
  return result
}

/** Failures after which another node may do better. */
function isUnreachable(error: unknown): boolean {
  return error instanceof ClientError && error.code === 'NODE_UNREACHABLE'
}

function unreachable(url: string, what: string, cause?: unknown): ClientError {
  return new ClientError({
    code: 'NODE_UNREACHABLE',
    message: `the node at ${url} does not answer: ${what}`,
    hint: 'is it running? check the address, or ask another node',
    cause,
  })
}

/** A function that calls a method; throws ClientError with the node's code, or NODE_UNREACHABLE if none answers. */
export function createTransport(parameters: TransportParameters): Call {
  const { timeoutMs = 45_000 } = parameters
  const urls = [...parameters.urls]
  const fetch: FetchLike = parameters.fetch ?? ((url, request) => web.fetch(url, request))
  let calls = 0

  const post = async (url: string, body: string): Promise<string> => {
    const abort = new web.AbortController()
    const timer = web.setTimeout(() => abort.abort(), timeoutMs)
    const headers = { 'content-type': 'application/json' }
    try {
      const response = await fetch(url, { method: 'POST', headers, body, signal: abort.signal })
      if (!response.ok) throw unreachable(url, `HTTP ${response.status}`)
      return await response.text()
    } catch (error) {
      if (isUnreachable(error)) throw error
      throw unreachable(url, error instanceof Error ? error.message : 'no connection', error)
    } finally {
      web.clearTimeout(timer)
    }
  }

  return async (method, params) => {
    calls += 1
    const body = JSON.stringify({ jsonrpc: '2.0', id: calls, method, params })
    let last: unknown = unreachable('nowhere', 'no address is given')
    for (const url of [...urls]) {
      try {
        return unwrap(await post(url, body))
      } catch (error) {
        if (!isUnreachable(error)) throw error
        last = error
        // The silent node goes to the end of the queue.
        urls.splice(urls.indexOf(url), 1)
        urls.push(url)
      }
    }
    throw last
  }
}
