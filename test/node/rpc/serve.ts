// A test chain behind a real RPC server on a free port, and plain calls to it without our client.
import type { Test } from 'tap'
import { silentLogger } from '../../../node/logger.ts'
import { createMetrics } from '../../../node/metrics.ts'
import type { RpcLimits } from '../../../node/rpc/limits.ts'
import { createRpcServer } from '../../../node/rpc/server.ts'
import { createTestChain, type TestChain } from './chain.ts'

export type Served = {
  readonly chain: TestChain
  readonly url: string
  readonly port: number
  readonly stop: () => Promise<void>
  /** One JSON-RPC call; the whole response object. */
  readonly call: (method: string, params?: unknown) => Promise<RpcResponse>
  /** Any text as a body. */
  readonly post: (body: BodyInit, headers?: Record<string, string>) => Promise<Response>
}

export type RpcResponse = {
  readonly id?: unknown
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many forms.
  readonly result?: any
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many forms.
  readonly error?: any
}

export async function serve(
  t: Pick<Test, 'teardown'>,
  options: { readonly limits?: Partial<RpcLimits>; readonly chain?: TestChain } = {},
): Promise<Served> {
  const chain = options.chain ?? (await createTestChain())
  const metrics = createMetrics({ version: '0.1.0' })
  const server = createRpcServer({
    port: chain.port,
    settings: { host: '127.0.0.1', port: 0, public: false, allowedHosts: ['node.example'] },
    log: silentLogger(),
    metrics: { ...metrics.rpc, expose: metrics.expose },
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  })
  const { url, port } = await server.start()
  t.teardown(() => server.stop(0))
  const post: Served['post'] = (body, headers = { 'content-type': 'application/json' }) =>
    fetch(url, { method: 'POST', headers, body })
  return {
    chain,
    url,
    port,
    stop: () => server.stop(0),
    post,
    call: async (method, params) => {
      const response = await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
      return (await response.json()) as RpcResponse
    },
  }
}
