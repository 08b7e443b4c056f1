// The HTTP side: what is refused before a body is read, the pages, limits, and how the server ends.
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { test } from 'tap'
import { silentLogger } from '../../../node/logger.ts'
import { createMetrics } from '../../../node/metrics.ts'
import { createRpcServer } from '../../../node/rpc/server.ts'
import { createTestChain } from './chain.ts'
import { serve } from './serve.ts'

const call = '{"jsonrpc":"2.0","id":1,"method":"chain_head"}'
const json = { 'content-type': 'application/json' }

/** fetch hides Host; this does not. */
function raw(
  port: number,
  options: { path?: string; method?: string; headers?: Record<string, string>; body?: string },
): Promise<{ status: number | undefined; headers: Record<string, unknown>; text: string }> {
  const { path = '/', method = 'POST', headers = {}, body = '' } = options
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, text }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

test('each transport fault has its status and code', async (t) => {
  const { port } = await serve(t)
  const large = ' '.repeat(1024 * 1024 + 1)
  const table = [
    { why: 'GET', method: 'GET', status: 405, code: 'METHOD_NOT_ALLOWED' },
    { why: 'PUT', method: 'PUT', headers: json, status: 405, code: 'METHOD_NOT_ALLOWED' },
    { why: 'no content type', body: call, status: 415, code: 'CONTENT_TYPE' },
    {
      why: 'text/plain',
      headers: { 'content-type': 'text/plain' },
      body: call,
      status: 415,
      code: 'CONTENT_TYPE',
    },
    {
      why: 'a charset that is not UTF-8',
      headers: { 'content-type': 'application/json; charset=latin1' },
      body: call,
      status: 415,
      code: 'CONTENT_TYPE',
    },
    {
      why: 'a compressed body',
      headers: { ...json, 'content-encoding': 'gzip' },
      body: call,
      status: 415,
      code: 'CONTENT_ENCODING',
    },
    { why: 'a large body', headers: json, body: large, status: 413, code: 'BODY_TOO_LARGE' },
    {
      why: 'a large body without length',
      headers: { ...json, 'transfer-encoding': 'chunked' },
      body: large,
      status: 413,
      code: 'BODY_TOO_LARGE',
    },
    { why: 'another path', path: '/admin', headers: json, status: 404, code: 'NOT_FOUND' },
    {
      why: 'POST to a page',
      path: '/health',
      headers: json,
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
    },
    {
      why: 'a foreign Host (DNS rebinding)',
      headers: { ...json, host: 'evil.example' },
      body: call,
      status: 403,
      code: 'HOST_NOT_ALLOWED',
    },
    {
      why: 'a web page of another origin',
      headers: { ...json, origin: 'https://evil.example' },
      body: call,
      status: 403,
      code: 'ORIGIN_NOT_ALLOWED',
    },
  ]
  for (const { why, status, code, ...options } of table) {
    const answer = await raw(port, options)
    t.equal(answer.status, status, `${why}: ${status}`)
    t.equal(JSON.parse(answer.text).code, code, `${why}: ${code}`)
    t.equal(answer.headers['access-control-allow-origin'], undefined, `${why}: no CORS`)
  }
  for (const host of [
    'localhost',
    `127.0.0.1:${port}`,
    '[::1]:1',
    'node.example',
    'NODE.example:80',
  ]) {
    const answer = await raw(port, { headers: { ...json, host }, body: call })
    t.equal(answer.status, 200, `${host} is answered`)
  }
})

test('a body that is not UTF-8 is refused', async (t) => {
  const { post } = await serve(t)
  const response = await post(new Uint8Array([0x22, 0xff, 0x22]))
  t.equal(response.status, 400)
})

test('health, readiness and metrics are on the same port', async (t) => {
  const { chain, url, call: rpc } = await serve(t)
  t.equal((await fetch(`${url}/health`)).status, 200)
  t.equal((await fetch(`${url}/ready`)).status, 200)
  chain.status.quorum = false
  chain.status.syncing = true
  const notReady = await fetch(`${url}/ready`)
  t.equal(notReady.status, 503)
  t.match(await notReady.json(), { ready: false, reasons: [/quorum/, /caught up/] })
  t.equal((await fetch(`${url}/health`)).status, 200, 'it is alive all the same')
  await rpc('chain_head')
  await rpc('chain_header', [99])
  const metrics = await (await fetch(`${url}/metrics`)).text()
  t.match(metrics, /epione_rpc_call_duration_seconds_count\{method="chain_head",status="ok"\} 1/)
  t.match(metrics, /method="chain_header",status="NOT_FOUND"/)
  t.notMatch(metrics, /TYPE \S+_total gauge/, 'no gauge is called _total')
  for (const line of metrics.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    t.match(line, /^epione_/, 'every metric has the prefix')
  }
})

test('too many connections hear 503, too many calls 429', async (t) => {
  const { url } = await serve(t, { limits: { connections: 0 } })
  const response = await fetch(`${url}/health`)
  t.equal(response.status, 503)
  t.equal(response.headers.get('retry-after'), '1')
  const busy = await serve(t, { limits: { callsUnderWay: 0 } })
  t.equal((await busy.post(call)).status, 429)
})

test('a connection kept for a later call gives way to one that has a call now', async (t) => {
  const { url, port } = await serve(t, { limits: { connections: 1 } })
  const idle = connect(port, '127.0.0.1')
  idle.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const [answer] = await once(idle, 'data')
  t.match(String(answer), /^HTTP\/1\.1 200/)
  const closed = once(idle, 'close')
  t.equal((await fetch(`${url}/health`)).status, 200)
  await closed
})

test('connections that never ask give way to one that does', async (t) => {
  const { url, port } = await serve(t, { limits: { connections: 2 } })
  const silent = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  const [first, second] = silent.map((socket) => once(socket.resume(), 'close'))
  for (const socket of silent) socket.write('POST / HTTP/1.1\r\n')
  let status = 0
  while (status !== 200) status = (await fetch(`${url}/health`)).status
  await Promise.all([first, second])
})

test('a public address needs the explicit setting, a taken port says what to do', async (t) => {
  const { port, chain } = await serve(t)
  const { rpc, expose } = createMetrics({ version: '0.1.0' })
  const make = (host: string, number: number) =>
    createRpcServer({
      port: chain.port,
      settings: { host, port: number, public: false, allowedHosts: [] },
      log: silentLogger(),
      metrics: { ...rpc, expose },
    })
  await t.rejects(make('0.0.0.0', 0).start(), { code: 'CONFIG_INVALID', hint: /rpc\.public/ })
  await t.rejects(make('127.0.0.1', port).start(), { code: 'PORT_BUSY', hint: /--rpc-port/ })
})

test('a server that stops answers those who wait and closes', async (t) => {
  const plain = await createTestChain()
  const reached = Promise.withResolvers<void>()
  const head = () => {
    reached.resolve()
    return plain.ledger.head()
  }
  const chain = { ...plain, port: { ...plain.port, ledger: { ...plain.ledger, head } } }
  const { call: rpc, stop, url } = await serve(t, { chain })
  const waiting = rpc('chain_head', { minHeight: 5 })
  await reached.promise
  await stop()
  t.match((await waiting).error?.data, { code: 'SHUTTING_DOWN' })
  await t.rejects(fetch(url), 'nobody listens any more')
})
