// A node that lies: it hands calls on to a real one, counts them, and alters what it likes in the answers.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { Test } from 'tap'

// biome-ignore lint/suspicious/noExplicitAny: lies are told about answers of every form.
export type Alter = (method: string, result: any, parameters: any) => any

/** Thrown by a lie, it is what the node answers instead of a result. */
export class LyingError extends Error {
  readonly code: string
  constructor(code: string) {
    super(`refused with ${code}`)
    this.code = code
  }
}

export type Proxy = {
  readonly url: string
  /** How often each method was called. */
  readonly calls: Map<string, number>
  /** Tells this lie from now on; none: the truth. */
  readonly lie: (alter: Alter | undefined) => void
}

type Request = { readonly method: string; readonly params: unknown }

function altered(
  alter: Alter | undefined,
  { method, params }: Request,
  heard: { readonly result?: unknown },
): object {
  if (alter === undefined || heard.result === undefined) return heard
  try {
    return { ...heard, result: alter(method, heard.result, params) }
  } catch (error) {
    if (!(error instanceof LyingError)) throw error
    const { message, code } = error
    return { jsonrpc: '2.0', id: 1, error: { code: -32_003, message, data: { code } } }
  }
}

export async function startProxy(
  t: Pick<Test, 'teardown'>,
  target: string,
  first?: Alter,
): Promise<Proxy> {
  let alter = first
  const calls = new Map<string, number>()
  const server = createServer(async (request, response) => {
    try {
      const body = (await json(request)) as Request
      calls.set(body.method, (calls.get(body.method) ?? 0) + 1)
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(target, { method: 'POST', headers, body: JSON.stringify(body) })
      const heard = (await answer.json()) as { readonly result?: unknown }
      const told = altered(alter, body, heard)
      response.setHeader('content-type', 'application/json').end(JSON.stringify(told))
    } catch {
      // The real node is gone, or the caller is.
      response.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    lie: (next) => {
      alter = next
    },
  }
}
