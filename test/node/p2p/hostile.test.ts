// Members that send garbage or lie about lengths: they are dropped, and nothing else happens.
import t from 'tap'
import type { Host } from '../../../node/p2p/types.ts'
import { allConnected, Network, next } from './network.ts'
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
