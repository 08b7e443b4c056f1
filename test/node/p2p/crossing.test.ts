// Both sides dial at once: one connection is left, and it is the same on both.
import t from 'tap'
import { allConnected, connectedTo, counted, Network, next, type Party } from './network.ts'
import { createRogue } from './rogue.ts'

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
