// The way of a transaction into a node: each reason to refuse has its code, and one envelope is checked once.
import t from 'tap'
import { type Admission, createAdmission } from '../../node/admission.ts'
import { createMempool, mempoolLimits } from '../../node/mempool.ts'
import {
  accountOf,
  act,
  batch,
  genesisTimeMs,
  idOf,
  prove,
  put,
  putOf,
  revoke,
} from '../support/toy-chain.ts'
import { grow } from '../support/toy-ledger.ts'
import { toyNowMs } from '../support/toy-validator.ts'
import { createRooms } from './replica/rooms.ts'

async function scene(limits = mempoolLimits) {
  const rooms = await createRooms()
  const { ledger, check } = rooms
  const mempool = createMempool(limits)
  const admit = createAdmission({
    rules: ledger.rules,
    head: () => ({ ...ledger.head().header, state: ledger.state() }),
    isInWindow: ledger.isInWindow,
    isDecided: ledger.contains,
    check,
    mempool,
    nowMs: toyNowMs,
  })
  const takeAll = (...portion: readonly Uint8Array[]): Promise<Admission[]> =>
    Promise.all(admit(portion, { own: true }))
  const take = async (bytes: Uint8Array): Promise<Admission> => {
    const [admission] = await takeAll(bytes)
    if (admission === undefined) throw new Error('one admission for each envelope')
    return admission
  }
  return { ...rooms, mempool, take, takeAll }
}

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1
  return copy
}

const codeOf = (admission: Admission) =>
  admission.kind === 'refused' ? admission.code : admission.kind

t.test('what is refused says why', async (t) => {
  const good = act(putOf('good')).transaction.bytes
  const window = toyNowMs() + 600_000
  const cases: readonly (readonly [why: string, envelope: Uint8Array, code: string])[] = [
    ['bytes of nothing', new Uint8Array(), 'TX_MALFORMED'],
    ['bytes that go on', Uint8Array.from([...good, 0]), 'TX_MALFORMED'],
    ['too many bytes', new Uint8Array(262_145), 'TX_MALFORMED'],
    [
      'of another chain',
      act({ ...putOf('a'), chainId: idOf('other') }).transaction.bytes,
      'TX_OTHER_CHAIN',
    ],
    ['over', act({ ...putOf('a'), validUntil: genesisTimeMs }).transaction.bytes, 'TX_EXPIRED'],
    [
      'from the far future',
      act({ ...putOf('a'), validUntil: window + 60_000 }).transaction.bytes,
      'TX_TOO_FAR_AHEAD',
    ],
    [
      'heavier than any block',
      batch(
        { type: prove, payload: Array.from({ length: 400 }, () => ({ fact: 'a', proof: 1 })) },
        true,
      ).transaction.bytes,
      'TX_TOO_HEAVY',
    ],
    [
      'by a key that is not active',
      act({ ...putOf('a'), signers: ['dan'] }).transaction.bytes,
      'TX_KEY_NOT_ACTIVE',
    ],
    ['with a signature that does not hold', flipped(good), 'TX_BAD_SIGNATURE'],
  ]
  for (const [why, envelope, code] of cases) {
    const { take, mempool } = await scene()
    const admission = await take(envelope)
    t.match(admission, { kind: 'refused', code, detail: /\w/ }, why)
    t.equal(mempool.size().count, 0)
  }
})

t.test(
  'a proof that does not hold is refused alone, and in a batch is the receipt’s matter',
  async (t) => {
    const { take, ledger } = await scene()
    await grow(ledger, [
      act({ type: put, payload: { name: 'fact', value: new Uint8Array([1]), recipients: [] } }),
    ])
    const payload = { fact: 'fact', proof: 0 }
    t.match(await take(act({ type: prove, payload }).transaction.bytes), {
      code: 'TX_PROOF_REFUSED',
      detail: 'BAD_PROOF',
    })
    t.match(await take(batch({ type: prove, payload: [payload] }, false).transaction.bytes), {
      kind: 'admitted',
    })
  },
)

t.test('full is BUSY, with the time after which to come back', async (t) => {
  const { take } = await scene({ ...mempoolLimits, countMax: 2, clientShare: 1, accountShare: 0.5 })
  t.equal(codeOf(await take(act(putOf('a')).transaction.bytes)), 'admitted')
  t.match(await take(act(putOf('b')).transaction.bytes), {
    code: 'BUSY',
    detail: 'ACCOUNT_FULL',
    retryAfterMs: Number,
  })
  t.equal(
    codeOf(await take(act({ ...putOf('b'), signers: ['bob'] }).transaction.bytes)),
    'admitted',
  )
  t.match(await take(act({ ...putOf('c'), signers: ['cid'] }).transaction.bytes), {
    code: 'BUSY',
    detail: 'MEMPOOL_FULL',
  })
})

t.test('an id counts once: waiting, copied, under way and decided', async (t) => {
  const { take, ledger, mempool, counters } = await scene()
  await grow(ledger, [
    act({ type: put, payload: { name: 'fact', value: new Uint8Array([1]), recipients: [] } }),
  ])
  const one = act({ type: prove, payload: { fact: 'fact', proof: 1 } })
  const { bytes, id } = one.transaction
  const both = await Promise.all([take(bytes), take(bytes)])
  t.same(both.map(codeOf), ['admitted', 'admitted'], 'the second waits for the first')
  t.equal(counters().signaturesVerified, 1, 'whose signature is checked once')
  t.match(await take(bytes), { kind: 'known', id, committed: false })
  await grow(ledger, [one])
  mempool.remove([id])
  t.match(await take(bytes), { kind: 'known', id, committed: true })
})

t.test('who asks again for what was decided long ago hears so', async (t) => {
  const { take, ledger } = await scene()
  const old = act({ ...putOf('old'), validUntil: genesisTimeMs + 1_500 })
  await grow(ledger, [old])
  await grow(ledger, [act(putOf('later'))])
  t.ok(ledger.head().header.timeMs > genesisTimeMs + 1_500, 'its time is over')
  t.match(await take(old.transaction.bytes), { kind: 'known', committed: true })
})

t.test('a copy with a bad signature says nothing about the id', async (t) => {
  const { take } = await scene()
  const { bytes } = act(putOf('twice')).transaction
  t.equal(codeOf(await take(flipped(bytes))), 'TX_BAD_SIGNATURE')
  t.equal(codeOf(await take(bytes)), 'admitted')
})

t.test('a revoked key signs nothing any more', async (t) => {
  const { take, ledger } = await scene()
  const [signer] = act(putOf('a')).transaction.body.signers
  const payload = { account: accountOf('ann'), publicKey: signer?.publicKey }
  await grow(ledger, [act({ type: revoke, payload })])
  t.equal(codeOf(await take(act(putOf('b')).transaction.bytes)), 'TX_KEY_NOT_ACTIVE')
})

t.test('a portion is answered in its order, as if each had come alone', async (t) => {
  const { takeAll, mempool, counters } = await scene()
  const [one, two, three] = [
    act(putOf('one')).transaction,
    act(putOf('two')).transaction,
    act(putOf('three')).transaction,
  ]
  const all = [one.bytes, flipped(two.bytes), new Uint8Array(), two.bytes, three.bytes]
  t.same((await takeAll(...all)).map(codeOf), [
    'admitted',
    'TX_BAD_SIGNATURE',
    'TX_MALFORMED',
    'admitted',
    'admitted',
  ])
  t.same(
    [...mempool.values()].map(({ transaction }) => transaction.id),
    [one.id, two.id, three.id],
  )
  t.equal(counters().signaturesVerified, 4)
})

t.test('what stands in a portion twice is checked once', async (t) => {
  const { takeAll, mempool, counters } = await scene()
  const { bytes, id } = act(putOf('twice')).transaction
  const both = await takeAll(bytes, bytes)
  t.same(both, [
    { kind: 'admitted', id },
    { kind: 'known', id, committed: false },
  ])
  t.equal(counters().signaturesVerified, 1)
  t.equal(mempool.size().count, 1)
})

t.test('a portion fills a node as far as there is room', async (t) => {
  const { takeAll, mempool } = await scene({ ...mempoolLimits, countMax: 2, clientShare: 1 })
  const many = ['ann', 'bob', 'cid'].map((by) => act({ ...putOf(by), signers: [by] }).transaction)
  const codes = (await takeAll(...many.map(({ bytes }) => bytes))).map(codeOf)
  t.same(codes, ['admitted', 'admitted', 'BUSY'])
  t.equal(mempool.size().count, 2)
})
