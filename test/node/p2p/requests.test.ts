// Requests between nodes: every way to fail has its code, and no peer can ask for more than its share.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { createTokenBucket } from '../../../node/p2p/request-server.ts'
import type { RequestResult } from '../../../node/p2p/types.ts'
import { CodecError } from '../../../vm/codec.ts'
import { chainId, Network, next } from './network.ts'

const ask = new Uint8Array([1])

function codeOf(result: RequestResult): string {
  return result.ok ? 'ok' : result.code
}

t.test('each failure has its code', async (t) => {
  const network = new Network(t)
  const [a, b] = await network.pair()
  const to = b.host.peerKey
  const stranger = `0x${'00'.repeat(32)}` as const
  t.equal(codeOf(await a.host.request(stranger, ask)), 'NOT_CONNECTED')
  t.equal(codeOf(await a.host.request(to, ask)), 'REFUSED', 'nobody handles requests')

  b.host.onRequest(() => new Uint8Array(9 * 1024 * 1024))
  t.equal(codeOf(await a.host.request(to, ask)), 'REFUSED', 'an answer too large to send')

  const { promise: never } = Promise.withResolvers<Uint8Array>()
  b.host.onRequest(() => never)
  t.equal(codeOf(await a.host.request(to, ask, { timeoutMs: 30 })), 'TIMEOUT')
  const controller = new AbortController()
  const aborted = a.host.request(to, ask, { signal: controller.signal })
  controller.abort()
  t.equal(codeOf(await aborted), 'ABORTED')
  t.equal(codeOf(await a.host.request(to, ask, { signal: controller.signal })), 'ABORTED')

  const cut = a.host.request(to, ask)
  await b.host.stop()
  t.equal(codeOf(await cut), 'NOT_CONNECTED')
})

t.test('an answer that comes after its timeout harms nobody', async (t) => {
  const network = new Network(t)
  const [a, b] = await network.pair()
  const late = Promise.withResolvers<Uint8Array>()
  b.host.onRequest(() => late.promise)
  t.equal(codeOf(await a.host.request(b.host.peerKey, ask, { timeoutMs: 20 })), 'TIMEOUT')
  b.host.onRequest((_, request) => request)
  late.resolve(new Uint8Array([9]))
  const answer = await a.host.request(b.host.peerKey, new Uint8Array([5]))
  t.strictSame(answer, { ok: true, bytes: new Uint8Array([5]) })
})

t.test('too many at once are told BUSY, here and there', async (t) => {
  const network = new Network(t)
  const limits = { requestsOpenMax: 6, requestsServedMax: 4 }
  const [a, b] = await network.pair({ limits })
  const { promise, resolve } = Promise.withResolvers<Uint8Array>()
  b.host.onRequest(() => promise)
  const results = Array.from({ length: 8 }, () => a.host.request(b.host.peerKey, ask))
  const early = await Promise.all(results.slice(4))
  t.strictSame(early.map(codeOf), ['BUSY', 'BUSY', 'BUSY', 'BUSY'])
  t.equal(b.host.counters().requestsRejected, 2, 'two of them were refused by the other side')
  resolve(ask)
  t.strictSame((await Promise.all(results.slice(0, 4))).map(codeOf), ['ok', 'ok', 'ok', 'ok'])
})

t.test('a token bucket bounds what one peer may ask', async (t) => {
  let nowMs = 0
  const bucket = createTokenBucket(10, 3, () => nowMs)
  const takes = (count: number) => Array.from({ length: count }, () => bucket.take())
  t.strictSame(takes(4), [true, true, true, false])
  nowMs = 250
  t.strictSame(takes(3), [true, true, false])
  nowMs = 60_000
  t.strictSame(takes(4), [true, true, true, false], 'never more than the burst')

  const network = new Network(t)
  const [a, b] = await network.pair({ limits: { requestsPerSecond: 0.001, requestsBurst: 5 } })
  b.host.onRequest((_, request) => request)
  const codes: string[] = []
  for (let asked = 0; asked < 7; asked++) {
    codes.push(codeOf(await a.host.request(b.host.peerKey, ask)))
  }
  t.strictSame(codes, ['ok', 'ok', 'ok', 'ok', 'ok', 'BUSY', 'BUSY'])
})

t.test('what a handler cannot decode drops the peer', async (t) => {
  const network = new Network(t)
  const [a, b] = await network.pair()
  b.host.onRequest(() => {
    throw new CodecError('not a request')
  })
  const lost = next(b, 'disconnected')
  t.equal(codeOf(await a.host.request(b.host.peerKey, ask)), 'NOT_CONNECTED')
  await lost
  t.equal(b.host.counters().penalties, 1)
})

t.test('a handler that waits holds back the frames behind it', async (t) => {
  const network = new Network(t)
  const [a, b] = await network.pair()
  const seen: number[] = []
  const first = Promise.withResolvers<void>()
  const all = Promise.withResolvers<void>()
  b.host.onFrame(async (_, frame) => {
    seen.push(frame[0] ?? 0)
    b.events.emit('seen')
    if (seen.length === 1) await first.promise
    if (seen.length === 50) all.resolve()
  })
  const one = next(b, 'seen')
  for (let place = 0; place < 50; place++) {
    a.host.send(b.host.peerKey, new Uint8Array(50_000).fill(place))
  }
  await one
  b.host.onRequest((_, request) => request)
  t.equal(codeOf(await a.host.request(b.host.peerKey, ask)), 'ok', 'other protocols go on')
  t.strictSame(seen, [0])
  first.resolve()
  await all.promise
  t.strictSame(
    seen,
    Array.from({ length: 50 }, (_, place) => place),
  )
})

/** Runs two hosts in a process of their own, with `handler` on the second, and answers how it ended. */
async function ran(handler: string): Promise<{ code: number | null; err: string }> {
  const source = `
    const { createHost } = await import(${JSON.stringify(
      new URL('../../../node/p2p/host.ts', import.meta.url).href,
    )})
    const { silentLogger } = await import(${JSON.stringify(
      new URL('../../../node/logger.ts', import.meta.url).href,
    )})
    const members = []
    const make = async (byte) => {
      const host = await createHost({
        peerSeed: new Uint8Array(32).fill(byte), chainId: '${chainId}',
        listen: ['/ip4/127.0.0.1/tcp/0'], members: () => members,
        handshake: { sign: () => new Uint8Array(64), verify: () => true },
        limits: { membersMs: 50 }, log: silentLogger(),
      })
      await host.start()
      members.push({ peerKey: host.peerKey, addresses: host.addresses() })
      return host
    }
    const a = await make(1)
    const b = await make(2)
    b.onFrame(${handler})
    a.onConnected((peerKey) => a.send(peerKey, new Uint8Array([1])))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source])
  let err = ''
  child.stderr.on('data', (bytes) => {
    err += bytes
  })
  const [code] = await once(child, 'exit')
  return { code, err }
}

t.test('after stop() a process ends by itself', async (t) => {
  t.match(await ran('() => { void a.stop(); void b.stop() }'), { code: 0, err: '' })
})

t.test('a bug in a handler ends the process, it is not taken for a bad peer', async (t) => {
  const { code, err } = await ran(`() => { throw new TypeError('our own mistake') }`)
  t.equal(code, 1)
  t.match(err, /our own mistake/)
})
