// The mempool: bounded for everybody and for each account, each id once, in the order of arrival.
import t from 'tap'
import { createMempool, type MempoolLimits, type Waiting } from '../../node/mempool.ts'
import { accountOf, act, genesisTimeMs, put, putOf } from '../support/toy-chain.ts'

let names = 0

function waiting(plan: { readonly by?: string; readonly validUntil?: number } = {}): Waiting {
  const { by = 'ann', ...rest } = plan
  const checked = act({ ...putOf(`cell-${names++}`), signers: [by], ...rest })
  return { ...checked, verdicts: [{ ok: true }], arrivedMs: 0, arrivedAt: 0, own: true }
}

const size = waiting().transaction.bytes.length
const limits: MempoolLimits = {
  countMax: 4,
  bytesMax: 4 * (size + 10),
  unitsMax: 100,
  accountShare: 0.5,
  clientShare: 0.5,
}
const room = (by: string) => [accountOf(by), { bytes: size, units: 2 }] as const

t.test('an account may fill its share, and all together the whole', async (t) => {
  const mempool = createMempool(limits)
  t.ok(mempool.add(waiting()))
  t.ok(mempool.add(waiting()))
  t.equal(mempool.room(...room('ann')), 'ACCOUNT_FULL')
  t.notOk(mempool.add(waiting()))
  t.equal(mempool.room(...room('bob')), undefined)
  t.ok(mempool.add(waiting({ by: 'bob' })))
  t.ok(mempool.add(waiting({ by: 'cid' })))
  t.equal(mempool.room(...room('dan')), 'MEMPOOL_FULL')
  t.notOk(mempool.add(waiting({ by: 'dan' })))
  t.equal(mempool.size().count, 4)
})

t.test('clients fill their part, and what others have taken has the rest', async (t) => {
  const mempool = createMempool({ ...limits, accountShare: 1 })
  t.equal(mempool.clientRoom(...room('ann')), undefined)
  mempool.add(waiting())
  mempool.add(waiting({ by: 'bob' }))
  t.equal(mempool.clientRoom(...room('cid')), 'MEMPOOL_FULL')
  t.equal(mempool.room(...room('cid')), undefined)
  const fair = createMempool({ ...limits, countMax: 8, bytesMax: 100 * size })
  fair.add(waiting())
  fair.add(waiting())
  t.equal(fair.clientRoom(...room('ann')), 'ACCOUNT_FULL', 'half of the half is one account’s')
  t.equal(fair.clientRoom(...room('bob')), undefined)
})

t.test('bytes and verification units are bounds of their own', async (t) => {
  const few = createMempool({ ...limits, countMax: 100, accountShare: 1, bytesMax: size + 1 })
  t.ok(few.add(waiting()))
  t.equal(few.room(...room('bob')), 'MEMPOOL_FULL')
  const light = createMempool({ ...limits, countMax: 100, accountShare: 1, unitsMax: 5 })
  t.ok(light.add(waiting()))
  t.ok(light.add(waiting()))
  t.equal(light.room(...room('bob')), 'MEMPOOL_FULL', 'each costs two units')
})

t.test('what leaves makes room, once', async (t) => {
  const mempool = createMempool(limits)
  const [first, second] = [waiting(), waiting()]
  mempool.add(first)
  mempool.add(second)
  mempool.remove([first.transaction.id, first.transaction.id])
  const { bytes } = second.transaction
  t.same(mempool.size(), { count: 1, bytes: bytes.length, units: second.acts.cost })
  t.equal(mempool.room(...room('ann')), undefined)
  mempool.remove([second.transaction.id])
  t.same(mempool.size(), { count: 0, bytes: 0, units: 0 })
})

t.test('an id is there once, whatever its signatures', async (t) => {
  const mempool = createMempool(limits)
  const one = waiting()
  t.ok(mempool.add(one))
  t.notOk(mempool.add({ ...one, own: false }))
  t.equal(mempool.get(one.transaction.id)?.own, true, 'the first stays')
})

t.test('in the order of arrival, also after a verdict was made up for', async (t) => {
  const mempool = createMempool({ ...limits, accountShare: 1 })
  const all = [waiting(), waiting(), waiting()]
  for (const one of all) mempool.add(one)
  const [first] = all
  mempool.replaceVerdicts(first?.transaction.id ?? '0x', [{ ok: false, code: 'BAD_PROOF' }])
  t.same(
    [...mempool.values()].map(({ transaction }) => transaction.id),
    all.map(({ transaction }) => transaction.id),
  )
})

t.test('what no later block may hold expires', async (t) => {
  const mempool = createMempool({ ...limits, accountShare: 1 })
  const now = genesisTimeMs + 1_000
  const [past, last, next] = [now - 1, now, now + 1].map((validUntil) => waiting({ validUntil }))
  for (const one of [past, last, next]) if (one !== undefined) mempool.add(one)
  t.same(mempool.expire(now), [past?.transaction.id, last?.transaction.id])
  t.equal(mempool.size().count, 1)
  t.equal(put.name, 'toy.put')
})
