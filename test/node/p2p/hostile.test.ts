// Members that send garbage, lie about lengths, do not read or fall silent: they are dropped, and nothing else happens.
import { connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import type { Host } from '../../../node/p2p/types.ts'
import { allConnected, connectedTo, counted, Network, next, type Party } from './network.ts'
import { claiming, createRogue, type RawStream, type Rogue } from './rogue.ts'

const junk = new Uint8Array(40).fill(0xfe)

type Attack = {
  readonly why: string
  readonly penalty: boolean
  readonly strike: (rogue: Rogue, host: Host) => Promise<unknown>
}

/** Opens a stream of the attacker's and writes on it. */
function onStream(
  protocol: Parameters<Rogue['open']>[1],
  write: (stream: RawStream) => unknown,
): Attack['strike'] {
  return async (rogue, host) => {
    const connection = await rogue.connect(host)
    write(await rogue.open(connection, protocol))
  }
}

const attacks: readonly Attack[] = [
  ...(['consensus', 'transactions', 'requests'] as const).flatMap((protocol): Attack[] => [
    {
      why: `a length of 4 GiB on ${protocol}`,
      penalty: true,
      strike: onStream(protocol, (stream) => stream.send(claiming(0xffffffff, junk))),
    },
    {
      why: `a length one above the limit on ${protocol}`,
      penalty: true,
      strike: onStream(protocol, (stream) => stream.send(claiming(1024 * 1024 + 1, junk))),
    },
    {
      why: `a length of zero on ${protocol}`,
      penalty: true,
      strike: onStream(protocol, (stream) => stream.send(claiming(0, junk))),
    },
    {
      why: `more bytes than the length says on ${protocol}`,
      penalty: true,
      strike: onStream(protocol, (stream) => stream.send(claiming(6, junk))),
    },
    {
      why: `fewer bytes than the length says on ${protocol}`,
      penalty: false,
      strike: onStream(protocol, (stream) => {
        stream.send(claiming(100, junk))
        return stream.close()
      }),
    },
    {
      why: `bytes against the direction of ${protocol}`,
      penalty: true,
      strike: async (rogue, host) => {
        await rogue.connect(host)
        const stream = await rogue.incoming(protocol)
        stream.send(claiming(protocol === 'requests' ? 5 : 1, new Uint8Array(5)))
      },
    },
  ]),
  {
    why: 'transactions that are no list of envelopes',
    penalty: true,
    strike: onStream('transactions', (stream) => stream.send(claiming(40, junk))),
  },
  {
    why: 'a request too short for its number',
    penalty: true,
    strike: onStream('requests', (stream) => stream.send(claiming(3, new Uint8Array(3)))),
  },
  {
    why: 'an answer of an unknown status',
    penalty: true,
    strike: async (rogue, host) => {
      await rogue.connect(host)
      const stream = await rogue.incoming('requests')
      void host.request(rogue.peerKey, new Uint8Array(1))
      stream.send(claiming(6, new Uint8Array([0, 0, 0, 0, 9, 1])))
    },
  },
  {
    why: 'a second handshake stream',
    penalty: false,
    strike: async (rogue, host) => {
      const connection = await rogue.connect(host)
      await rogue.open(connection, 'handshake').catch(() => undefined)
      connection.abort(new Error('done'))
    },
  },
]

t.test('garbage drops the peer that sent it, and only that one', async (t) => {
  const network = new Network(t)
  const limits = { penaltyMs: 0 }
  const victim = await network.join(1, { limits })
  const honest = await network.join(2, { limits })
  const rogue = await createRogue(t, network)
  await allConnected([victim, honest])
  const handled: unknown[] = []
  victim.host.onFrame((from, frame) => {
    if (from === rogue.peerKey) handled.push(frame)
    else victim.events.emit('frame', from, frame)
  })
  for (const { why, penalty, strike } of attacks) {
    const before = victim.host.counters().penalties
    const lost = next(victim, 'disconnected')
    await strike(rogue, victim.host)
    t.strictSame(await lost, [[rogue.peerKey]], why)
    t.equal(victim.host.counters().penalties - before, penalty ? 1 : 0, why)
  }
  const heard = next(victim, 'frame')
  t.ok(honest.host.send(victim.host.peerKey, new Uint8Array([1])))
  await heard
  t.equal(honest.host.counters().disconnections, 0)
  t.ok(handled.length <= 1, 'a frame before the garbage may be delivered, the garbage is not')
})

t.test('before the handshake nothing is delivered, and it must come soon', async (t) => {
  const network = new Network(t)
  const victim = await network.join(1, { limits: { handshakeTimeoutMs: 200 } })
  const rogue = await createRogue(t, network)
  const connection = await rogue.dial(victim.host)
  const closed = new Promise((resolve) => connection.addEventListener('close', resolve))
  const stream = await rogue.open(connection, 'consensus')
  stream.send(claiming(1, new Uint8Array([1])))
  await closed
  t.equal(victim.host.counters().consensusFramesReceived, 0)
  t.strictSame(victim.host.connected(), [])
})

/** A generator with a written seed, so that a failing run can be had again (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

t.test('random bytes on every protocol never reach more than the handlers', async (t) => {
  const network = new Network(t)
  const limits = { penaltyMs: 0, handshakeTimeoutMs: 2_000 }
  const victim = await network.join(1, { limits })
  const honest = await network.join(2, { limits })
  const rogue = await createRogue(t, network)
  await allConnected([victim, honest])
  victim.host.onRequest((_, request) => request)
  const chance = random(20_26)
  for (let run = 0; run < 60; run++) {
    const protocol = (['consensus', 'transactions', 'requests', 'handshake'] as const)[run % 4]
    if (protocol === undefined) continue
    const size = Math.floor(chance() * 2_000)
    const bytes = Uint8Array.from({ length: size }, () => Math.floor(chance() * 256))
    const framed = chance() < 0.5 && size > 0 ? claiming(size, bytes) : bytes
    const connection =
      protocol === 'handshake' ? await rogue.dial(victim.host) : await rogue.connect(victim.host)
    const stream = await rogue.open(connection, protocol)
    if (framed.length > 0) stream.send(framed)
    await stream.close().catch(() => undefined)
    connection.abort(new Error('next run'))
  }
  const heard = next(victim, 'frame')
  t.ok(honest.host.send(victim.host.peerKey, new Uint8Array([1])))
  const [event] = await heard
  t.equal(event?.[0], honest.host.peerKey)
  t.equal(honest.host.counters().disconnections, 0)
})

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

t.test('of two connections dialled by both sides the one of the lower key is kept', async (t) => {
  const orders = new Set<boolean>()
  for (const index of [61, 62, 63, 64, 65]) {
    const network = new Network(t)
    const host = await network.join(1)
    const rogue = await createRogue(t, network, index, ['/ip4/127.0.0.1/tcp/0'])
    network.members.pop()
    network.members.push({ peerKey: rogue.peerKey, addresses: rogue.addresses() })
    await connectedTo(host, rogue.peerKey)
    const first = host.host.counters().handshakesCompleted
    t.equal(first, 1, 'dialled by the host')
    const crossing = await rogue.dial(host.host)
    const closed = new Promise((resolve) => crossing.addEventListener('close', resolve))
    void rogue.greet(crossing, host.host).catch(() => undefined)
    const isLower = host.host.peerKey < rogue.peerKey
    orders.add(isLower)
    if (isLower) {
      await closed
      t.match(host.host.counters(), { handshakesCompleted: 1, disconnections: 0 })
    } else {
      await counted(host.host, 'handshakesCompleted', 2)
      t.match(host.host.counters(), { disconnections: 1, peersConnected: 1 })
    }
    await host.host.stop()
  }
  t.equal(orders.size, 2, 'both orders of keys were tried')
})

async function crossing(network: Network, round: number): Promise<readonly Party[]> {
  const limits = { dialGraceMs: 0 }
  const indices = [10 + 2 * round, 11 + 2 * round]
  const parties = await Promise.all(indices.map((index) => network.create(index, { limits })))
  for (const { host } of parties) await host.start()
  for (const { host } of parties) network.admit(host)
  return parties
}

t.test('both sides dial at once: one session is left on each, and it is the same', async (t) => {
  for (let round = 0; round < 8; round++) {
    const network = new Network(t)
    const parties = await crossing(network, round)
    const [a, b] = parties
    if (a === undefined || b === undefined) return
    await allConnected(parties)
    const settled = async (from: Party, to: Party): Promise<void> => {
      for (;;) {
        await connectedTo(from, to.host.peerKey)
        const heard = next(to, 'frame')
        from.host.send(to.host.peerKey, new Uint8Array([round + 1]))
        const later = new Promise((resolve) => setTimeout(resolve, 300, 'again'))
        if ((await Promise.race([heard, later])) !== 'again') return
      }
    }
    await settled(a, b)
    await settled(b, a)
    await allConnected(parties)
    const lost = a.host.counters().disconnections + b.host.counters().disconnections
    t.ok(lost <= 2, `at most one replacement on each side: ${lost}`)
    await Promise.all([a.host.stop(), b.host.stop()])
  }
})
