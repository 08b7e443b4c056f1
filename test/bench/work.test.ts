// What is offered, when, and what becomes of it: the work of a run and the book of its times.
import t from 'tap'
import { createBook } from '../../bench/book.ts'
import { portions, prepareWork } from '../../bench/work.ts'
import type { Digest } from '../../vm/types.ts'

const idOf = (place: number) => `0x${place.toString(16).padStart(64, '0')}` as Digest

function workOf(rate: number, { seconds = 1, nodes = 2, countMax = 500, bytesMax = 1e6 } = {}) {
  let made = 0
  return prepareWork({ phases: [{ rate, seconds }], nodes, countMax, bytesMax }, () => ({
    id: idOf(made++),
    envelope: '0xab',
    bytes: 100,
  }))
}

t.test('a rate is offered evenly and exactly', async (t) => {
  for (const [rate, seconds] of [
    [1_000, 1],
    [333, 2],
    [5, 3],
    [0.5, 4],
  ] as const) {
    const all = portions({ rate, seconds })
    const sum = all.reduce((total, portion) => total + portion, 0)
    t.equal(sum, Math.round(rate * seconds), `${rate}/s`)
    t.ok(Math.max(...all) - Math.min(...all) <= 1, 'no bursts')
  }
})

t.test('every transaction is in one request, which says the place of its first', async (t) => {
  const { ids, requests } = await workOf(1_000)
  t.equal(ids.length, 1_000)
  let next = 0
  for (const { from, to, text } of requests) {
    t.equal(from, next)
    next = to
    const call = JSON.parse(Buffer.from(text).toString())
    t.match(call, { id: from, method: 'tx_submitMany' })
    t.equal(call.params.envelopes.length, to - from)
  }
  t.equal(next, 1_000)
  t.strictSame([...new Set(requests.map(({ node }) => node))], [0, 1], 'the nodes take turns')
})

t.test('a portion too large for a message becomes several', async (t) => {
  const { requests: byCount } = await workOf(1_000, { countMax: 4 })
  t.ok(byCount.every(({ from, to }) => to - from <= 4))
  const { requests: bySize } = await workOf(1_000, { bytesMax: 500 })
  t.ok(bySize.every(({ from, to }) => to - from <= 3))
})

t.test('a second phase begins when the first ends, and counts on', async (t) => {
  let made = 0
  const phases = [
    { rate: 1_000, seconds: 1 },
    { rate: 100, seconds: 2 },
  ]
  const { ids, requests } = await prepareWork({ phases, nodes: 3 }, () => ({
    id: idOf(made++),
    envelope: '0xab',
    bytes: 100,
  }))
  t.equal(ids.length, 1_200)
  const second = requests.filter(({ dueMs }) => dueMs >= 1_000)
  t.equal(second[0]?.from, 1_000)
  t.equal(second.at(-1)?.to, 1_200)
  t.ok(second.every(({ dueMs }) => dueMs < 3_000))
  for (const { from, text } of requests) {
    t.equal(JSON.parse(Buffer.from(text).toString()).id, from)
  }
})

t.test('queries go as a batch, each with its own number', async (t) => {
  const call = '"method":"bank_balance","params":{}'
  const { end, requests } = await prepareWork(
    { phases: [{ rate: 9_000, seconds: 0.01 }], nodes: 1 },
    () => ({
      id: idOf(0),
      envelope: '0x',
      bytes: 30,
      call,
    }),
  )
  t.equal(end, 'answer')
  const calls = requests.map(({ text }) => JSON.parse(Buffer.from(text).toString()))
  t.strictSame(
    calls.map((each) => each.length),
    [50, 40],
  )
  t.strictSame(calls[1][0], { jsonrpc: '2.0', id: 50, method: 'bank_balance', params: {} })
  const book = createBook([idOf(0), idOf(1)], end)
  book.due({ from: 0, to: 2 }, 1_000, 0)
  book.accepted({ from: 0, to: 2 }, 1_004, 2)
  t.equal(book.delivered(), 2)
  t.equal(book.underWay(), 0)
  t.strictSame(book.times().seen, [4, 4])
})

t.test('times count from due: accepted, first news, news at the entry', async (t) => {
  const book = createBook([idOf(0), idOf(1), idOf(2)])
  book.due({ from: 0, to: 2 }, 1_000, 1)
  book.accepted({ from: 0, to: 2 }, 1_010, 2)
  t.equal(book.underWay(), 2)
  book.heard(0, [{ id: idOf(0), code: '' }], 1_050)
  book.heard(1, [{ id: idOf(0), code: '' }], 1_080)
  t.equal(book.delivered(), 1)
  t.equal(book.underWay(), 1)
  t.strictSame(book.times(), { accepted: [10, 10], committed: [50], seen: [80] })
})

t.test('a refusal in a block delivers nothing, and is counted once', async (t) => {
  const book = createBook([idOf(0)])
  book.due({ from: 0, to: 1 }, 0, 0)
  for (const node of [0, 1]) book.heard(node, [{ id: idOf(0), code: 'BALANCE_TOO_LOW' }], 5)
  book.heard(0, [{ id: idOf(9), code: '' }], 5)
  t.equal(book.delivered(), 0)
  t.equal(book.underWay(), 0)
  t.strictSame([...book.refused], [['BALANCE_TOO_LOW', 1]])
  t.strictSame(book.times(), { accepted: [], committed: [], seen: [] })
})
