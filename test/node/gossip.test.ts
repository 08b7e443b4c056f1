// Handing transactions on: once to each, again to who reconnects, the rest when a full queue has room, never more than asked for.
import t from 'tap'
import { nodeClock } from '../../node/clock.ts'
import { createGossip } from '../../node/gossip.ts'
import { createMempool } from '../../node/mempool.ts'
import type { CheckedTransaction } from '../../vm/execute.ts'
import type { PublicKey } from '../../vm/types.ts'
import { act, genesisTimeMs, idOf, putOf } from '../support/toy-chain.ts'

const [left, right] = [idOf('left'), idOf('right')]

/** Gossip over peers that take what they have room for, and what reached them, by its place in `all`. */
function scene(t: { teardown: (end: () => void) => void }, count: number) {
  const mempool = createMempool()
  const all = Array.from({ length: count }, (_, place) => act(putOf(`g${place}`)))
  const places = new Map(all.map(({ transaction }, place) => [transaction.id, place]))
  const byBytes = new Map(all.map(({ transaction }) => [transaction.bytes, transaction.id]))
  const connected = new Set<PublicKey>([left, right])
  const sent = new Map<PublicKey, number[]>()
  const room = { left: Number.POSITIVE_INFINITY }
  const watchers = new Set<() => void>()
  const gossip = createGossip({
    mempool,
    clock: nodeClock,
    blockBudget: all.slice(0, 3).reduce((sum, { acts }) => sum + acts.cost, 0),
    host: {
      connected: () => [...connected],
      sendTransactions: (peer, envelopes) => {
        const taken = envelopes.slice(0, room.left)
        room.left -= taken.length
        const before = sent.get(peer) ?? []
        const now = taken.map((bytes) => places.get(byBytes.get(bytes) ?? '0x') ?? -1)
        sent.set(peer, [...before, ...now])
        for (const watcher of watchers) watcher()
        return taken.length
      },
    },
  })
  t.teardown(gossip.stop)
  const add = ({ transaction, acts }: CheckedTransaction, own: boolean) =>
    mempool.add({
      ...{ transaction, acts, own, verdicts: [{ ok: true }] },
      ...{ arrivedMs: genesisTimeMs, arrivedAt: 0 },
    })
  return {
    ...{ mempool, all, gossip, connected, room, add },
    ids: all.map(({ transaction }) => transaction.id),
    /** What the peer was sent since it was last asked for. */
    take: (peer: PublicKey): readonly number[] => {
      const taken = sent.get(peer) ?? []
      sent.delete(peer)
      return taken
    },
    sending: () =>
      new Promise<void>((resolve) => {
        const watcher = () => {
          watchers.delete(watcher)
          resolve()
        }
        watchers.add(watcher)
      }),
  }
}

t.test('what a client gave goes to each peer once', async (t) => {
  const { all, ids, add, gossip, take } = scene(t, 2)
  for (const [place, one] of all.entries()) {
    add(one, true)
    gossip.offer([ids[place] ?? '0x'])
  }
  gossip.offer(ids)
  t.same(take(left), [0, 1])
  t.same(take(right), [0, 1])
})

t.test('nothing is sent back to who sent it', async (t) => {
  const { all, ids, add, gossip, take } = scene(t, 1)
  for (const one of all) add(one, false)
  gossip.heard(left, ids)
  gossip.offer(ids)
  t.same([take(left), take(right)], [[], [0]])
})

t.test('who reconnects is sent again what clients gave here, and nothing else', async (t) => {
  const { all, ids, add, gossip, connected, take } = scene(t, 3)
  for (const [place, one] of all.entries()) add(one, place !== 1)
  gossip.offer(ids)
  take(left)
  connected.delete(left)
  gossip.onDisconnected(left)
  connected.add(left)
  gossip.welcome(left)
  t.same(take(left), [0, 2])
})

t.test('a full queue is offered the rest later, without what was decided meanwhile', async (t) => {
  const { all, ids, add, gossip, connected, room, mempool, take, sending } = scene(t, 4)
  connected.delete(right)
  for (const one of all) add(one, true)
  room.left = 1
  gossip.welcome(left)
  t.same(take(left), [0])
  const decided = ids.slice(1, 2)
  mempool.remove(decided)
  gossip.forget(decided)
  room.left = Number.POSITIVE_INFINITY
  await sending()
  t.same(take(left), [2, 3])
})

t.test('sharing hands out the oldest that fit a block, to who may lack them', async (t) => {
  const { all, ids, add, gossip, take } = scene(t, 5)
  for (const one of all) add(one, false)
  gossip.heard(left, ids.slice(0, 2))
  gossip.share()
  gossip.share()
  t.same([take(left), take(right)], [[2], [0, 1, 2]])
})

t.test('what has left the mempool is neither sent nor remembered', async (t) => {
  const { all, ids, add, gossip, mempool, take } = scene(t, 1)
  gossip.heard(left, ids)
  for (const one of all) add(one, true)
  gossip.offer([ids[0] ?? '0x'])
  t.same(take(left), [0], 'what was heard before it waited says nothing')
  mempool.remove(ids)
  gossip.forget(ids)
  gossip.share()
  t.same([take(left), take(right)], [[], [0]])
})
