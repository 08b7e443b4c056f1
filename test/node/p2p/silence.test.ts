// Members that do not read, and connections that fall silent: nothing piles up, and what is dead is noticed.
import { connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import { allConnected, counted, Network, next } from './network.ts'
import { createRogue } from './rogue.ts'

t.test(
  'a peer that does not read: old votes are dropped, transactions refused, then it catches up',
  async (t) => {
    const network = new Network(t)
    const limits = { consensusQueueMax: 3_000_000, transactionsQueueMax: 2_000_000 }
    const { host } = await network.join(1, { limits })
    const rogue = await createRogue(t, network)
    await rogue.connect(host)
    await counted(host, 'peersConnected', 1)
    const stream = await rogue.incoming('consensus')
    const numbered = (place: number) => new Uint8Array(100_000).fill(place)
    for (let place = 1; place <= 100; place++) t.ok(host.send(rogue.peerKey, numbered(place)))
    const { consensusFramesDropped, queuedBytes } = host.counters()
    t.ok(consensusFramesDropped >= 60, `${consensusFramesDropped} dropped`)
    t.ok(queuedBytes < 5_000_000, `${queuedBytes} queued`)
    const seen: number[] = []
    let size = 0
    const last = new Promise<void>((resolve) => {
      stream.addEventListener('message', ({ data }) => {
        for (const chunk of [data.subarray()]) {
          size += chunk.length
          seen.push(...chunk.filter((byte, at) => at % 50_000 === 0 && byte > 0))
          if (size === (100 - consensusFramesDropped) * 100_004) resolve()
        }
      })
    })
    stream.resume()
    await last
    t.equal(seen.at(-1), 100, 'the newest frame is the last to arrive')

    const envelopes = Array.from({ length: 20 }, () => new Uint8Array(200_000))
    const taken = host.sendTransactions(rogue.peerKey, envelopes)
    t.ok(taken > 0 && taken < 20, `${taken} taken`)
    t.equal(host.counters().transactionsRefused, 20 - taken)
  },
)

/** Forwards connections to a port until it is told to swallow everything, as a router does that has lost its state. */
async function blackHole(t: { teardown: (fn: () => void) => void }, port: number) {
  let swallow = false
  const sockets: Socket[] = []
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    sockets.push(near, far)
    near.on('data', (bytes) => swallow || far.write(bytes)).on('error', () => undefined)
    far.on('data', (bytes) => swallow || near.write(bytes)).on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = server.address()
  return {
    port: typeof address === 'object' ? address?.port : undefined,
    swallow: () => {
      swallow = true
    },
  }
}

t.test('a connection that goes half open is noticed on both sides', async (t) => {
  const network = new Network(t)
  const limits = { pingMs: 50, pingsMissedMax: 3 }
  const parties = [await network.create(1, { limits }), await network.create(2, { limits })]
  const [low, high] = parties.toSorted((x, y) => (x.host.peerKey < y.host.peerKey ? -1 : 1))
  if (low === undefined || high === undefined) return
  await high.host.start()
  const hole = await blackHole(t, Number(high.host.addresses()[0]?.split('/').at(-1)))
  const addresses = [`/ip4/127.0.0.1/tcp/${hole.port}`]
  network.members.push({ peerKey: high.host.peerKey, addresses })
  network.members.push({ peerKey: low.host.peerKey, addresses: [] })
  await low.host.start()
  await allConnected([low, high])
  while (low.host.roundTrips().size === 0) await new Promise((done) => setTimeout(done, 5))
  const lost = [next(low, 'disconnected'), next(high, 'disconnected')]
  hole.swallow()
  await Promise.all(lost)
  t.ok(low.host.counters().pingsMissed >= 3)
})

t.test('a connection that carries nothing but pings stays', async (t) => {
  const network = new Network(t)
  const [a, b] = await network.pair({ limits: { pingMs: 100, pingsMissedMax: 4 } })
  const handshake = a.host.counters().bytesReceived
  // A ping and its pong are 16 bytes: some thirty intervals, far more than may be missed.
  await counted(a.host, 'bytesReceived', handshake + 30 * 16)
  for (const { host } of [a, b]) t.match(host.counters(), { disconnections: 0, peersConnected: 1 })
})
