// The bodies of a proposal come from whoever has them, and only those that were signed count.
import t from 'tap'
import { bodiesAnswerCodec, requestCodec } from '../../node/protocol.ts'
import { decode, encode } from '../../vm/codec.ts'
import type { CheckedTransaction } from '../../vm/execute.ts'
import { act, putOf } from '../support/toy-chain.ts'
import { peerKeyOf } from '../support/toy-validator.ts'
import { createRooms } from './replica/rooms.ts'

const [first, second] = [peerKeyOf(1), peerKeyOf(2)]
const sources = [first, second]

function referencesTo(all: readonly CheckedTransaction[]) {
  return all.map(({ transaction: { id, bytes } }) => ({ id, length: bytes.length }))
}

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1
  return copy
}

/** Bodies of a node whose peers answer as told; `asked` lists who was asked for how many. */
async function scene(
  all: readonly CheckedTransaction[],
  lie: (honest: readonly (Uint8Array | null)[]) => Uint8Array | undefined,
) {
  const asked: (readonly [string, number])[] = []
  const { bodies, mempool } = await createRooms(async (to, bytes) => {
    const request = decode(requestCodec, bytes)
    if (request.kind !== 'bodies') return undefined
    asked.push([to, request.ids.length])
    const honest = request.ids.map(
      (id) => all.find(({ transaction }) => transaction.id === id)?.transaction.bytes ?? null,
    )
    return to === first ? lie(honest) : encode(bodiesAnswerCodec, honest)
  })
  return { bodies, mempool, asked }
}

t.test('what one peer does not have or signs wrongly, another one delivers', async (t) => {
  const all = [act(putOf('a')), act(putOf('b')), act(putOf('c'))]
  const other = act(putOf('d')).transaction.bytes
  const cases: readonly (readonly [string, Parameters<typeof scene>[1], missing: number])[] = [
    ['no answer', () => undefined, 3],
    ['nonsense', () => new Uint8Array([0xff, 0]), 3],
    ['nothing of it', () => encode(bodiesAnswerCodec, [null, null, null]), 3],
    ['too few', (honest) => encode(bodiesAnswerCodec, honest.slice(0, 1)), 2],
    [
      'one with a bad signature',
      ([a, b, c]) => encode(bodiesAnswerCodec, [a ?? null, flipped(b ?? other), c ?? null]),
      1,
    ],
    [
      'another transaction in its place',
      ([a, b]) => encode(bodiesAnswerCodec, [a ?? null, b ?? null, other]),
      1,
    ],
    [
      'bytes that are none',
      ([a, b]) => encode(bodiesAnswerCodec, [a ?? null, b ?? null, new Uint8Array([1])]),
      1,
    ],
  ]
  for (const [why, lie, missing] of cases) {
    const { bodies, asked } = await scene(all, lie)
    const found = await bodies.resolve(referencesTo(all), sources)
    t.same(
      found?.map(({ transaction }) => transaction.id),
      all.map(({ transaction }) => transaction.id),
      why,
    )
    t.same(
      asked,
      [
        [first, 3],
        [second, missing],
      ],
      'only what is missing is asked for',
    )
  }
})

t.test(
  'what nobody has makes the block unavailable, and what came is kept for the next time',
  async (t) => {
    const all = [act(putOf('a')), act(putOf('b'))]
    const known = all.slice(0, 1)
    const { bodies, asked } = await scene(known, () => undefined)
    t.equal(await bodies.resolve(referencesTo(all), sources), undefined)
    t.equal(await bodies.resolve(referencesTo(all), sources), undefined)
    t.same(
      asked.map(([, count]) => count),
      [2, 2, 1, 1],
    )
  },
)

t.test(
  'nobody is asked for what waits here, and it is served until the height is decided',
  async (t) => {
    const one = act(putOf('a'))
    const { bodies, mempool, asked } = await scene([], () => undefined)
    mempool.add({ ...one, verdicts: [], arrivedMs: 0, arrivedAt: 0, own: true })
    const { id, bytes } = one.transaction
    t.ok(await bodies.resolve(referencesTo([one]), sources))
    t.same(asked, [])
    mempool.remove([id])
    t.same(bodies.serve(id), bytes, 'although the mempool has lost it')
    bodies.clear()
    t.equal(bodies.serve(id), undefined)
  },
)

t.test('nobody is asked for what is admitted within the next turns', async (t) => {
  const one = act(putOf('a'))
  const { bodies, mempool, asked } = await scene([], () => undefined)
  const found = bodies.resolve(referencesTo([one]), sources)
  setImmediate(() => mempool.add({ ...one, verdicts: [], arrivedMs: 0, arrivedAt: 0, own: false }))
  t.equal((await found)?.length, 1)
  t.same(asked, [])
})
