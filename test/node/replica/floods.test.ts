// What a member may send at will: each thing is cheap, drops who provably lied, and ends no process.
import t from 'tap'
import type { Message } from '../../../consensus/message.ts'
import { blocksAnswerCodec, bodiesAnswerCodec, requestCodec } from '../../../node/protocol.ts'
import { serve } from '../../../node/replica/serve.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import type { Store } from '../../../node/store/port.ts'
import { decode, encode } from '../../../vm/codec.ts'
import { act, genesisTimeMs, idOf, putOf } from '../../support/toy-chain.ts'
import { grow } from '../../support/toy-ledger.ts'
import {
  at,
  blocksAt,
  createRogue,
  decide,
  fresh,
  sign,
  startNetwork,
} from '../../support/toy-network.ts'
import { toyNowMs } from '../../support/toy-validator.ts'
import { createRooms } from './rooms.ts'

/** Three validators that go on, and the fourth played by the test, connected to all. */
async function scene(t: Parameters<typeof startNetwork>[0]) {
  const { wire, nodes } = await startNetwork(t, [0, 1, 2])
  const failures: unknown[] = []
  for (const { events } of nodes) events.on('failure', (error) => failures.push(error))
  const rogue = createRogue(wire, 3)
  const connect = () => {
    for (const { peerKey } of nodes) wire.connect(rogue.peerKey, peerKey)
  }
  connect()
  return { wire, nodes, rogue, connect, failures, victim: at(nodes, 0) }
}

function prepare(view: number, blockId = idOf('any', view)): Message {
  return sign(3, { kind: 'prepare', height: 1, view, blockId, signer: 3 })
}

t.test('a message that does not hold drops who sent it', async (t) => {
  const { wire, nodes, rogue, victim } = await scene(t)
  const dropped = wire.penalized(rogue.peerKey)
  rogue.say([victim], { ...prepare(0), signature: new Uint8Array(64) })
  t.equal(await dropped, 'BAD_SIGNATURE')
  await decide(victim, nodes)
})

t.test('who signs many things at one place is accused once', async (t) => {
  const { nodes, rogue, victim } = await scene(t)
  let accusations = 0
  victim.events.on('evidence', () => {
    accusations += 1
  })
  const first = victim.happens('evidence')
  for (let count = 0; count < 20; count++) rogue.say([victim], prepare(0, idOf('block', count)))
  await first
  await decide(victim, nodes)
  t.equal(accusations, 1)
})

t.test('a message about block 0, which nobody certified, is answered with nothing', async (t) => {
  const { nodes, rogue, victim, failures } = await scene(t)
  await decide(victim, nodes)
  for (const height of [0, 1, 0]) {
    const blockId = idOf('any', 0)
    rogue.say(nodes, sign(3, { kind: 'commit', height, view: 0, blockId, signer: 3 }))
  }
  await decide(victim, nodes)
  t.same(failures, [])
})

const { bytes: good } = fresh().transaction
const lies = {
  'is no envelope': new Uint8Array(200).fill(0xfe),
  'is of another chain': act({ ...putOf('x'), chainId: idOf('other') }).transaction.bytes,
  'has a bad signature': Uint8Array.from(good, (byte, place) =>
    place === good.length - 1 ? byte ^ 1 : byte,
  ),
}

for (const [why, envelope] of Object.entries(lies)) {
  t.test(`a transaction that ${why} drops the member that hands it on`, async (t) => {
    const { wire, nodes, rogue, victim } = await scene(t)
    const dropped = wire.penalized(rogue.peerKey)
    rogue.host.sendTransactions(victim.peerKey, [envelope])
    await dropped
    await decide(victim, nodes)
  })
}

t.test('a transaction that came too late or too early is no lie', async (t) => {
  const { wire, nodes, rogue, victim } = await scene(t)
  const late = act({ ...putOf('late'), validUntil: genesisTimeMs - 1 })
  const early = act({ ...putOf('early'), validUntil: toyNowMs() + 2 ** 40 })
  const known = fresh()
  const envelopes = [late, early, known, known].map(({ transaction }) => transaction.bytes)
  rogue.host.sendTransactions(victim.peerKey, envelopes)
  while (!victim.ledger.contains(known.transaction.id)) await victim.happens('block')
  await decide(victim, nodes)
  t.same(wire.penalties, [])
})

/** A store that counts what is read. */
function counting(store: Store) {
  const reads = { count: 0 }
  const get: Store['get'] = (key) => {
    reads.count += 1
    return store.get(key)
  }
  return { store: { ...store, get }, reads }
}

t.test('one request for thousands of bodies of a decided block reads it once', async (t) => {
  const { store, reads } = counting(createMemoryStore())
  const rooms = await createRooms(undefined, store)
  const candidates = Array.from({ length: 50 }, () => act(putOf('a')))
  await grow(rooms.ledger, candidates)
  const decided = candidates.map(({ transaction }) => transaction)
  const ids = Array.from({ length: 10_000 }, (_, place) => at(decided, place % 50).id)
  const request = encode(requestCodec, { kind: 'bodies', ids })
  reads.count = 0
  const answer = decode(bodiesAnswerCodec, (await serve(rooms, request)) ?? new Uint8Array())
  t.same(answer[0], at(decided, 0).bytes)
  await serve(rooms, request)
  const unknown = Array.from({ length: 10_000 }, (_, place) => idOf('nothing', place))
  await serve(rooms, encode(requestCodec, { kind: 'bodies', ids: unknown }))
  for (let count = 0; count < 20; count++) {
    const { id: blockId } = rooms.ledger.head()
    t.ok(serve(rooms, encode(requestCodec, { kind: 'proposal', blockId })))
  }
  t.ok(reads.count < 20, `${reads.count} reads`)
})

t.test('requests for what there is not are answered with nothing', async (t) => {
  const { nodes, rogue, victim } = await scene(t)
  await decide(victim, nodes)
  for (const from of [0, 2 ** 30, Number.MAX_SAFE_INTEGER]) {
    const bytes = encode(requestCodec, { kind: 'blocks', from, count: 64 })
    const result = await rogue.host.request(victim.peerKey, bytes)
    const answer = result.ok ? decode(blocksAnswerCodec, result.bytes) : undefined
    const nothing = { kind: 'blocks', blocks: [] }
    t.same(answer, from === 0 ? { kind: 'pruned', lowest: 1 } : nothing)
  }
  const proposal = encode(requestCodec, { kind: 'proposal', blockId: idOf('none') })
  t.match(await rogue.host.request(victim.peerKey, proposal), { ok: false, code: 'REFUSED' })
})

t.test('a request of an unknown kind drops who asked', async (t) => {
  const { wire, nodes, rogue, victim } = await scene(t)
  const dropped = wire.penalized(rogue.peerKey)
  await rogue.host.request(victim.peerKey, new Uint8Array([0x82, 0x18, 0x63, 0xa0]))
  await dropped
  await decide(victim, nodes)
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

function mutated(bytes: Uint8Array, chance: () => number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const place = () => Math.floor(chance() * copy.length)
  for (let count = 1 + Math.floor(chance() * 3); count > 0; count--) {
    copy[place()] = Math.floor(chance() * 256)
  }
  return chance() < 0.2 ? copy.subarray(0, place()) : copy
}

t.test('frames of the others, altered at random, end no process and change no block', async (t) => {
  const { wire, nodes, rogue, connect, failures, victim } = await scene(t)
  const chance = random(20_26)
  const frames: Uint8Array[] = []
  wire.meddle(({ kind, from, bytes }) => {
    if (kind === 'frame' && from !== rogue.peerKey) frames.push(bytes)
    return [bytes]
  })
  for (let round = 0; round < 20; round++) {
    await decide(at(nodes, round % 3), nodes)
    for (const bytes of frames.splice(0)) {
      connect()
      rogue.host.broadcast(mutated(bytes, chance))
    }
  }
  const height = await decide(victim, nodes)
  for (let one = 1; one <= height; one++) t.equal(blocksAt(nodes, one).size, 1)
  t.same(failures, [])
  t.ok(wire.penalties.every(({ peerKey }) => peerKey === rogue.peerKey))
})
