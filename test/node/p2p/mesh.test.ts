// The mesh: members find each other, strangers and impostors are refused, a restart heals.
import t from 'tap'
import { allConnected, connectedTo, counted, frames, Network, next } from './network.ts'

t.test('four members form a full mesh, one session each, and all hear a broadcast', async (t) => {
  const network = new Network(t)
  const parties = await Promise.all([1, 2, 3, 4].map((index) => network.join(index)))
  await allConnected(parties)
  for (const { host } of parties) t.equal(host.counters().peersConnected, 3)
  const [first, ...others] = parties
  if (first === undefined) return
  const heard = Promise.all(others.map((party) => next(party, 'frame')))
  t.equal(first.host.broadcast(new Uint8Array([7, 8])), 3)
  for (const [event] of await heard) {
    t.strictSame(event, [first.host.peerKey, new Uint8Array([7, 8])])
  }
})

t.test('frames and transactions arrive in order, requests are answered', async (t) => {
  const network = new Network(t)
  const [a, b] = await network.pair()
  const consensus = next(b, 'frame', 500)
  const sent = frames(500, 3_000)
  for (const frame of sent) t.ok(a.host.send(b.host.peerKey, frame))
  t.strictSame(
    (await consensus).map(([, frame]) => frame),
    sent,
  )

  const received: Uint8Array[] = []
  b.host.onTransactions((_, envelopes) => {
    received.push(...envelopes)
    b.events.emit('more')
  })
  const envelopes = frames(1_000, 250)
  t.equal(a.host.sendTransactions(b.host.peerKey, envelopes), 1_000)
  while (received.length < 1_000) await next(b, 'more')
  t.strictSame(received, envelopes)
  t.ok(b.host.counters().transactionFramesReceived < 10, 'many envelopes share a frame')

  b.host.onRequest((from, request) => {
    t.equal(from, a.host.peerKey)
    return new Uint8Array(8 * 1024 * 1024).fill(request[0] ?? 0)
  })
  const answers = await Promise.all(
    [1, 2].map((byte) => a.host.request(b.host.peerKey, new Uint8Array([byte]))),
  )
  for (const [place, answer] of answers.entries()) {
    t.ok(answer.ok && answer.bytes.length === 8 * 1024 * 1024 && answer.bytes[9] === place + 1)
  }
})

t.test('a stranger is refused whether it dials or is dialled', async (t) => {
  const network = new Network(t)
  // The list is not asked again later: the gates alone must hold.
  const [a] = await network.pair({ limits: { membersMs: 60_000 } })
  const both = () => [...network.members, ...stranger.map(({ host }) => entry(host))]
  const entry = (host: typeof a.host) => ({ peerKey: host.peerKey, addresses: host.addresses() })
  const stranger: (typeof a)[] = []
  // It knows the members and dials them; they do not know it.
  const dialling = await network.create(9, { members: () => network.members })
  await dialling.host.start()
  await counted(a.host, 'connectionsDenied', 2)
  t.equal(dialling.host.counters().handshakesCompleted, 0)
  // A member that does know it dials it; the stranger, knowing nobody, refuses.
  const closed = await network.create(8, { members: () => [], limits: { membersMs: 60_000 } })
  await closed.host.start()
  stranger.push(closed)
  const open = await network.create(3, { members: both })
  await open.host.start()
  await counted(closed.host, 'connectionsDenied', 2)
  t.equal(closed.host.counters().handshakesCompleted, 0)
  t.equal(a.host.connected().length, 1)
})

t.test(
  'the right PeerId on another chain, or without the consensus key, is no member',
  async (t) => {
    const network = new Network(t)
    const a = await network.join(1)
    // The same first eight bytes: only the handshake can tell these chains apart.
    const sibling = await network.join(2, { chainId: `0x${'c1'.repeat(31)}c2` as const })
    await counted(a.host, 'handshakesRefused', 1)
    const foreign = await network.join(3, { chainId: `0x${'d2'.repeat(32)}` as const })
    const impostor = await network.join(4, { impostor: true })
    await counted(a.host, 'handshakesRefused', 2)
    const honest = await network.join(5)
    await allConnected([a, honest])
    t.strictSame(a.host.connected(), [honest.host.peerKey])
    for (const { host } of [sibling, foreign]) t.strictSame(host.connected(), [])
    t.notOk(impostor.host.connected().includes(a.host.peerKey))
  },
)

t.test('a host that restarts is connected again, with a new event on both sides', async (t) => {
  const network = new Network(t)
  const [a, b] = await network.pair()
  const address = b.host.addresses()[0] ?? ''
  const lost = next(a, 'disconnected')
  await b.host.stop()
  t.strictSame(await lost, [[b.host.peerKey]])
  t.equal(a.host.send(b.host.peerKey, new Uint8Array(1)), false)
  const again = await network.create(2, { listen: address })
  const events = [next(a, 'connected'), next(again, 'connected')]
  await again.host.start()
  t.strictSame(await Promise.all(events), [[[b.host.peerKey]], [[a.host.peerKey]]])
  const heard = next(again, 'frame')
  t.ok(a.host.send(b.host.peerKey, new Uint8Array([1])))
  await heard
})

t.test('who leaves the member list is let go, who enters it is dialled', async (t) => {
  const network = new Network(t)
  const [a, b] = await network.pair()
  const c = await network.create(3)
  await c.host.start()
  const lost = next(a, 'disconnected')
  network.members.splice(
    network.members.findIndex(({ peerKey }) => peerKey === b.host.peerKey),
    1,
  )
  t.strictSame(await lost, [[b.host.peerKey]])
  network.admit(c.host)
  await connectedTo(a, c.host.peerKey)
  t.strictSame(a.host.connected(), [c.host.peerKey])
})

t.test('a peer that the node penalizes is refused for a while and comes back', async (t) => {
  const network = new Network(t)
  const [a, b] = await network.pair()
  const events = [next(a, 'disconnected'), next(b, 'disconnected')]
  a.host.penalize(b.host.peerKey, 'an invalid block')
  await Promise.all(events)
  t.equal(a.host.counters().penalties, 1)
  await allConnected([a, b])
})

t.test(
  'only the side with the higher key knows an address: it dials after its grace',
  async (t) => {
    const network = new Network(t)
    const limits = { dialGraceMs: 50 }
    const both = [await network.create(1, { limits }), await network.create(2, { limits })]
    const [low, high] = both.toSorted((x, y) => (x.host.peerKey < y.host.peerKey ? -1 : 1))
    if (low === undefined || high === undefined) return
    await low.host.start()
    await high.host.start()
    network.members.push({ peerKey: high.host.peerKey, addresses: [] })
    network.admit(low.host)
    await allConnected([low, high])
  },
)

t.test('a busy port is named', async (t) => {
  const network = new Network(t)
  const a = await network.join(1)
  const second = await network.create(2, { listen: a.host.addresses()[0] ?? '' })
  await t.rejects(second.host.start(), { code: 'PORT_BUSY' })
})
