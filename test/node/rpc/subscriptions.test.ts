// Subscriptions over WebSocket: replay and live without gap or repetition, limits, and consumers that do not keep up.
import { once } from 'node:events'
import { connect } from 'node:net'
import { type Test, test } from 'tap'
import { WebSocket } from 'ws'
import type { RpcLimits } from '../../../node/rpc/limits.ts'
import { rpcLimits } from '../../../node/rpc/limits.ts'
import { toHex } from '../../../vm/bytes.ts'
import { createTestChain, type TestChain } from './chain.ts'
import { serve } from './serve.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests look into messages of many forms.
type Heard = any

type Line = {
  readonly socket: WebSocket
  readonly ask: (method: string, params: unknown) => Promise<Heard>
  /** Notifications so far; `until` resolves when there are so many. */
  readonly heard: readonly Heard[]
  readonly until: (count: number) => Promise<void>
}

async function openLine(t: Test, url: string): Promise<Line> {
  const socket = new WebSocket(url.replace('http', 'ws'))
  t.teardown(() => socket.terminate())
  const heard: Heard[] = []
  const answers = new Map<number, (message: Heard) => void>()
  let more = Promise.withResolvers<void>()
  socket.on('message', (data) => {
    const message = JSON.parse(String(data))
    if (message.method === undefined) return answers.get(message.id)?.(message)
    heard.push(message.params)
    more.resolve()
    more = Promise.withResolvers<void>()
  })
  await once(socket, 'open')
  let calls = 0
  return {
    socket,
    heard,
    until: async (count) => {
      while (heard.length < count) await more.promise
    },
    ask: (method, params) =>
      new Promise((resolve) => {
        calls += 1
        answers.set(calls, resolve)
        socket.send(JSON.stringify({ jsonrpc: '2.0', id: calls, method, params }))
      }),
  }
}

async function pay(chain: TestChain, payers: readonly number[]): Promise<void> {
  for (const from of payers) {
    const { bytes } = await chain.transfer({ from, to: 1, amount: '1' })
    await chain.port.submit(bytes)
  }
  await chain.commit()
}

const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i)

test('blocks are replayed from a height and go on live, each once and in order', async (t) => {
  const { chain, url } = await serve(t)
  for (const _ of numbers(150)) await chain.commit()
  const line = await openLine(t, url)
  const { result } = await line.ask('chain_subscribe', { topic: 'newBlocks', fromHeight: 1 })
  t.equal(result.height, 150)
  // Blocks come while the replay is under way.
  for (const _ of numbers(50)) await chain.commit()
  await line.until(200)
  await chain.commit()
  await line.until(201)
  t.same(
    line.heard.map(({ result: block }) => block.height),
    numbers(201, 1),
  )
  t.same(
    line.heard.map(({ sequence }) => sequence),
    numbers(201),
  )
  t.ok(line.heard.every(({ subscription }) => subscription === result.subscription))
})

test('a replay comes up to the head without waiting for another block', async (t) => {
  const { chain, url } = await serve(t)
  // One more than a step of the replay has.
  for (const _ of numbers(65)) await chain.commit()
  const line = await openLine(t, url)
  await line.ask('chain_subscribe', { topic: 'newBlocks', fromHeight: 1 })
  await line.until(65)
  t.equal(line.heard.at(-1).result.height, 65)
})

test('without a height only what comes is sent, and after unsubscribing nothing', async (t) => {
  const { chain, url } = await serve(t)
  await chain.commit()
  const line = await openLine(t, url)
  const { result } = await line.ask('chain_subscribe', ['newBlocks'])
  await chain.commit()
  await line.until(1)
  t.match(line.heard, [{ sequence: 0, result: { height: 2 } }])
  const ended = await line.ask('chain_unsubscribe', [result.subscription])
  t.same(ended.result, { height: 2, ended: true })
  await chain.commit()
  const again = await line.ask('chain_unsubscribe', [result.subscription])
  t.same(again.result, { height: 3, ended: false })
  t.equal(line.heard.length, 1)
})

test('events of a recipient are replayed from a cursor, also in the middle of a block', async (t) => {
  const { chain, url } = await serve(t)
  await pay(chain, [0, 2, 3])
  await chain.commit()
  await pay(chain, [0, 2])
  const line = await openLine(t, url)
  const recipient = chain.account(1)
  await line.ask('chain_subscribe', { topic: 'events', recipient, cursor: '1-1' })
  await line.until(2)
  await pay(chain, [4])
  await line.until(3)
  const cursors = line.heard.map(({ result }) =>
    result.events.map(({ cursor }: { cursor: string }) => cursor),
  )
  t.same(cursors, [['1-2'], ['3-0', '3-1'], ['4-0']])
})

test('many events are read in steps without losing one', async (t) => {
  const { chain, url } = await serve(t)
  for (const _ of numbers(40)) await pay(chain, [0, 2, 3])
  const line = await openLine(t, url)
  const recipient = chain.account(1)
  await line.ask('chain_subscribe', { topic: 'events', recipient, fromHeight: 0 })
  const cursors = () =>
    line.heard.flatMap(({ result }) =>
      result.events.map(({ cursor }: { cursor: string }) => cursor),
    )
  for (let count = 1; cursors().length < 120; count++) await line.until(count)
  t.same(
    cursors(),
    numbers(40, 1).flatMap((height) => numbers(3).map((index) => `${height}-${index}`)),
  )
})

test('transactions come block by block with their outcomes', async (t) => {
  const { chain, url } = await serve(t)
  const line = await openLine(t, url)
  await line.ask('chain_subscribe', ['transactions'])
  await chain.commit()
  await pay(chain, [0, 2])
  await line.until(1)
  t.match(line.heard, [{ sequence: 0, result: { height: 2, transactions: [{ code: '' }, {}] } }])
})

test('wrong wishes are refused, and one connection has a bound of subscriptions', async (t) => {
  const { chain, url } = await serve(t, { limits: { subscriptionsPerSocket: 2 } })
  const line = await openLine(t, url)
  const recipient = chain.account(0)
  for (const wish of [{ topic: 'events' }, { topic: 'newBlocks', recipient }, { topic: 'all' }]) {
    const { error } = await line.ask('chain_subscribe', wish)
    t.match(error, { code: -32_602, data: { code: 'INVALID_PARAMS' } }, JSON.stringify(wish))
  }
  for (const _ of numbers(2)) t.ok((await line.ask('chain_subscribe', ['newBlocks'])).result)
  const { error } = await line.ask('chain_subscribe', ['newBlocks'])
  t.match(error, { code: -32_005, data: { code: 'LIMIT_EXCEEDED' } })
})

test('the same calls as over HTTP are answered, ids included', async (t) => {
  const { url } = await serve(t)
  const line = await openLine(t, url)
  line.socket.send('{"jsonrpc":"2.0","id":9007199254740993,"method":"chain_head"}')
  const [data] = await once(line.socket, 'message')
  t.match(String(data), /^\{"jsonrpc":"2.0","id":9007199254740993,"result":/)
})

test('one call too many under way is refused for its own id', async (t) => {
  const { url } = await serve(t, { limits: { callsPerSocket: 1 } })
  const line = await openLine(t, url)
  void line.ask('chain_head', { minHeight: 1 })
  const { error } = await line.ask('chain_head', {})
  t.match(error, { code: -32_005, data: { code: 'LIMIT_EXCEEDED' } })
})

test('binary frames, large messages, foreign origins and one connection too many are refused', async (t) => {
  const { url } = await serve(t, { limits: { sockets: 2 } })
  const binary = await openLine(t, url)
  binary.socket.send(new Uint8Array([1]))
  t.equal((await once(binary.socket, 'close'))[0], 1_003)
  const large = await openLine(t, url)
  large.socket.send(' '.repeat(rpcLimits.messageBytes + 1))
  t.equal((await once(large.socket, 'close'))[0], 1_009)
  const target = url.replace('http', 'ws')
  const foreign = new WebSocket(target, { origin: 'https://evil.example' })
  t.match((await once(foreign, 'error'))[0], /403/)
  await openLine(t, url)
  await openLine(t, url)
  const third = new WebSocket(target)
  t.match((await once(third, 'error'))[0], /503/)
})

/** A WebSocket client by hand that subscribes and then reads nothing more until it is told to. */
async function openDeaf(t: Test, port: number) {
  const socket = connect({ host: '127.0.0.1', port })
  t.teardown(() => socket.destroy())
  const head = [
    'GET / HTTP/1.1',
    'Host: localhost',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  await once(socket, 'data')
  const call = { jsonrpc: '2.0', id: 1, method: 'chain_subscribe', params: ['newBlocks'] }
  const text = Buffer.from(JSON.stringify(call))
  // One masked text frame whose mask is zero: the payload stands as it is.
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]))
  await once(socket, 'data')
  socket.pause()
  return socket
}

async function overrun(t: Test, limits: Partial<RpcLimits>): Promise<void> {
  const chain = await createTestChain()
  const { port, url } = await serve(t, { chain, limits })
  const deaf = await openDeaf(t, port)
  const slow = async () =>
    /slow_consumers_total 1/.test(await (await fetch(`${url}/metrics`)).text())
  // Until the buffers of the operating system are full, the consumer seems to keep up.
  let blocks = 0
  while (!(await slow())) {
    for (const _ of numbers(100)) await chain.commit()
    blocks += 100
    if (blocks > 20_000) break
  }
  let last = Buffer.alloc(0)
  deaf.resume()
  while (!last.includes('SLOW_CONSUMER')) {
    const [chunk] = await once(deaf, 'data')
    last = Buffer.concat([last.subarray(-64), chunk])
  }
  const at = last.lastIndexOf('SLOW_CONSUMER')
  t.equal(last.readUInt16BE(at - 2), 4_008, 'the close frame says why, with its code')
}

test('a consumer with too many notifications before it is closed with a code', (t) =>
  overrun(t, { queuedNotifications: 10 }))

test('so is one with too many bytes', (t) =>
  overrun(t, { queuedBytes: 20_000, queuedNotifications: 1_000_000 }))

test('a submission over WebSocket is answered while its socket waits', async (t) => {
  const { chain, url } = await serve(t)
  const line = await openLine(t, url)
  const { id, bytes } = await chain.transfer({ from: 0, to: 1, amount: '1' })
  const waiting = line.ask('tx_submitAndWait', [toHex(bytes)])
  t.ok((await line.ask('chain_head', [])).result, 'another call is answered meanwhile')
  await line.ask('tx_submit', [toHex(bytes)])
  await chain.commit()
  t.match((await waiting).result, { id, block: 1 })
})
