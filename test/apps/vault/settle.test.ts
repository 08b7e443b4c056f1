// Settling by a policy: rate, deductible and cap upon the accumulated sum, plain and committed, and what an insurer might try.
import t from 'tap'
import { getEscrow } from '../../../apps/bank/state.ts'
import { setHash } from '../../../apps/vault/ids.ts'
import { accumulatorTable, policyTable, resultTable } from '../../../apps/vault/state.ts'
import { holdsTotal, totalOf } from '../../../client/vault/settle.ts'
import { assert } from '../../../vm/assert.ts'
import type { Digest } from '../../../vm/types.ts'
import {
  ask,
  bucketOf,
  letAsk,
  letAskBucket,
  letWrite,
  readSum,
  recordAmounts,
  respond,
  tagOf,
} from './cast.ts'
import { deal } from './dealing.ts'
import {
  type Answered,
  accountOf,
  agree,
  askSegment,
  nextSegment,
  settle,
  settleOf,
  termsOf,
} from './policies.ts'
import { createWorld, idOf, must, suite, type World } from './world.ts'

const { group } = suite

async function ready() {
  const world = await createWorld()
  const committee = deal(world)
  letWrite(world, 'pat')
  const consent = letAskBucket(world, committee.committee, 'pat', { maxUses: 100 })
  let segment = 0
  /** The next segment with these amounts. */
  const grow = (...amounts: readonly bigint[]) =>
    nextSegment(world, committee, { segment: segment++, consent, amounts })
  const again = (at: number) => askSegment(world, committee, { segment: at, consent })
  return { world, committee, consent, grow, again, id: committee.committee }
}

const escrowOf = (world: World, policy: Digest) => getEscrow(world.state(), policy)?.amount ?? 0n

/** Sums grow; the totals are 0, floor(0.8 · 23), the cap, the cap. */
const year = [
  { why: 'below the deductible', amounts: [30n, 30n, 30n], paid: 0n, event: 'vault.nothing-due' },
  { why: 'shared, rounded down', amounts: [10n, 10n, 13n], paid: 18n, event: 'vault.paid' },
  { why: 'the rest up to the cap', amounts: [100n, 100n, 100n], paid: 182n, event: 'vault.paid' },
  { why: 'above the cap', amounts: [1n, 2n, 3n], paid: 0n, event: 'vault.nothing-due' },
] as const

t.test('plain payouts follow from the accumulated sum and leave the escrow', async (t) => {
  const { world, grow } = await ready()
  const before = world.balance('payer a')
  let account = agree(world)
  t.equal(world.balance('payer a'), before - 200n)
  let paid = 0n
  for (const { why, amounts, ...expected } of year) {
    const { code, events, next } = settle(world, grow(...amounts), account)
    t.equal(code, '', why)
    t.equal(events.find(({ recipient }) => recipient === idOf('pat'))?.kind, expected.event, why)
    paid += expected.paid
    t.equal(world.balance('pat'), paid, why)
    t.equal(escrowOf(world, account.policy), 200n - paid, why)
    account = next
  }
  t.equal(world.balance('payer a'), before - 200n)
  const answer = await world.query('vault.policy', { bucket: bucketOf('pat') })
  t.match(answer, { ok: true, result: { accumulator: { settled: 4, paid: '200' }, escrow: '0' } })
})

t.test('committed payouts prove the same totals and move no money', async (t) => {
  const { world, grow } = await ready()
  const before = world.balance('payer a')
  let account = agree(world, { payout: 'committed' })
  let total = 0n
  for (const { why, amounts, paid } of year) {
    const { code, events, next } = settle(world, grow(...amounts), account)
    t.equal(code, '', why)
    t.ok(events.some(({ kind }) => kind === 'vault.payout-promised'))
    total += paid
    t.equal(next.promised.amount, total, why)
    const promised = accumulatorTable.get(world.state(), account.policy)?.promised
    assert(promised, 'a commitment')
    t.ok(holdsTotal(group, promised, next.promised), 'the patient can check what is told')
    t.notOk(holdsTotal(group, promised, { ...next.promised, amount: total + 1n }))
    account = next
  }
  t.equal(world.balance('payer a'), before)
  t.equal(world.balance('pat'), 0n)
})

for (const payout of ['plain', 'committed'] as const)
  t.test(`a total that falls takes nothing back: ${payout}`, async (t) => {
    const { world, committee, grow } = await ready()
    const [wrong] = recordAmounts(world, committee, { name: 'pat', amounts: [150n] })
    assert(wrong, 'a record')
    let account = agree(world, { payout })
    const first = settle(world, grow(10n, 10n), account)
    t.equal(first.code, '')
    t.equal(first.next.sum.amount, 170n)
    account = first.next
    must(world, 'vault.reverse', { account: idOf('hospital desk'), record: wrong }, 'hospital desk')
    const second = settle(world, grow(20n, 20n, 20n), account)
    t.equal(second.code, '')
    t.equal(second.next.sum.amount, 80n, 'below the deductible again')
    account = second.next
    const third = settle(world, grow(10n, 30n, 40n), account)
    t.equal(third.code, '', 'total 48, of which 56 were paid')
    account = third.next
    const fourth = settle(world, grow(10n, 10n, 10n), account)
    t.equal(fourth.code, '', 'total 72')
    const { paid } = accumulatorTable.get(world.state(), account.policy) ?? {}
    t.equal(payout === 'plain' ? paid : fourth.next.promised.amount, 72n)
    t.equal(world.balance('pat'), payout === 'plain' ? 72n : 0n)
  })

t.test('an insurer cannot settle by other terms, another sum or another regime', async (t) => {
  const { world, grow } = await ready()
  const account = agree(world)
  const first = grow(100n, 100n, 53n)
  const { terms } = account
  const by = (changes: Partial<typeof terms>) =>
    settle(world, first, { ...account, terms: { ...terms, ...changes } }).code
  t.equal(by({ rate: 79 }), 'PROOF_PAYOUT')
  t.equal(by({ deductible: 110n }), 'PROOF_PAYOUT')
  t.equal(by({ deductible: 1_000n }), 'PROOF_PAYOUT', 'below, which it is not')
  t.equal(by({ cap: 90n }), 'PAYOUT_TOTAL', 'another cap')
  t.equal(by({ payout: 'committed' }), 'PAYOUT_TOTAL')
  const richer = { ...account, sum: { amount: -100n, blinding: 5n } }
  t.equal(settle(world, first, richer).code, 'SUM_MOVED')
  const { payload } = settleOf(world, first, account)
  assert(payload.payout, 'a payout')
  const changed = (changes: object) =>
    world.send('query.settle', { ...payload, payout: { ...payload.payout, ...changes } }, 'payer a')
      .code
  t.equal(changed({ total: { kind: 'plain', amount: 121n } }), 'PROOF_SETTLEMENT')
  t.equal(changed({ regime: 'below' }), 'PROOF_SETTLEMENT')
  t.equal(changed({ version: 2 }), 'POLICY_VERSION')
  const broken = payload.payout.rangeProof.with(200, 1 ^ (payload.payout.rangeProof[200] ?? 0))
  t.equal(changed({ rangeProof: broken }), 'PROOF_PAYOUT')
  t.equal(world.send('query.settle', payload, 'payer a').code, '')
  t.equal(world.balance('pat'), 122n, 'floor(0.8 · 153)')
})

t.test('each segment is paid for once, and a whole one only', async (t) => {
  const { world, committee, grow, again, id } = await ready()
  let account = agree(world)
  const first = settle(world, grow(50n, 50n, 50n), account)
  t.equal(first.code, '')
  account = first.next
  t.equal(settle(world, again(0), account).code, 'SEGMENT_SETTLED')
  const plain = settleOf(world, again(0))
  t.equal(world.send('query.settle', plain.payload, 'payer a').code, '', 'without a payout')
  const records = [
    ...recordAmounts(world, committee, { name: 'pat', amounts: [1n, 2n, 3n] }),
  ].sort()
  const target = { kind: 'records', records } as const
  const scope = { kind: 'set', set: setHash(id, target), tags: [tagOf('pat').publicKey] } as const
  const exact = letAsk(world, id, { names: ['pat'], scope })
  const asked = ask(world, committee, { target, consent: exact })
  for (const index of [1, 2, 3]) respond(world, committee, { query: asked.query, index })
  const answered: Answered = { ...asked, sum: readSum(world, asked) ?? 0n }
  t.equal(settle(world, answered, account).code, 'PAYOUT_SEGMENT')
  const result = resultTable.get(world.state(), asked.query)
  t.ok(result, 'the sum was answered all the same')
})

t.test(
  'a payout needs the newest terms of this insurer and bucket, in time, and the escrow',
  async (t) => {
    const { world, grow } = await ready()
    const first = grow(100n, 100n, 100n)
    const missing = accountOf(termsOf(world))
    t.equal(settle(world, first, missing).code, 'POLICY_UNKNOWN', 'nothing was agreed on')
    const other = agree(world, { period: 7 })
    t.equal(settle(world, first, other).code, 'POLICY_UNKNOWN', 'of another bucket')
    const old = agree(world, { escrow: 50n })
    t.equal(settle(world, first, old).code, 'ESCROW_TOO_LOW')
    const next = agree(world, { version: 2, currency: 'EUR', escrow: 0n })
    t.equal(settle(world, first, old).code, 'POLICY_VERSION')
    t.equal(settle(world, first, next).code, 'CURRENCY_DIFFERS')
    const last = agree(world, { version: 3 })
    t.equal(settle(world, first, last).code, '')
    t.equal(world.balance('pat'), 160n)
    const late = grow(1n, 2n, 3n)
    world.wait(1_000_000)
    t.equal(settle(world, late, last).code, 'POLICY_OVER')
    t.equal(world.send('query.settle', settleOf(world, late).payload, 'payer a').code, '')
  },
)

t.test(
  'terms are signed by insurer and patient and proven by the key behind the tag',
  async (t) => {
    const { world, grow } = await ready()
    const send = (changes: object, ...signers: readonly string[]) =>
      world.send(
        'policy.agree',
        { ...termsOf(world), ...changes },
        ...(signers.length > 0 ? signers : ['payer a', 'pat']),
      ).code
    t.equal(send({}, 'payer a'), 'NOT_SIGNER')
    t.equal(send({}, 'pat'), 'NOT_SIGNER')
    t.equal(send({ account: idOf('pat') }), 'ROLE_MISSING')
    t.equal(send({ rate: 90 }), 'PROOF_TAG')
    t.equal(send({ tag: tagOf('sam').publicKey }), 'PROOF_TAG')
    t.equal(send({ tag: `0x${'00'.repeat(32)}` }), 'POINT_INVALID')
    const code = (changes: object, signer = 'payer a') =>
      world.send('policy.agree', termsOf(world, changes), signer, 'pat').code
    t.equal(code({ cap: 2n ** 56n }), 'POLICY_TERMS')
    t.equal(code({ deductible: 2n ** 56n }), 'POLICY_TERMS')
    t.equal(code({ escrow: 201n }), 'POLICY_TERMS')
    t.equal(code({ payout: 'committed', escrow: 1n }), 'POLICY_TERMS')
    t.equal(code({ settleByMs: world.now() }), 'POLICY_OVER')
    t.equal(code({ version: 2 }), 'POLICY_VERSION')
    t.equal(code({ cap: 2_000_000n, escrow: 2_000_000n }), 'BALANCE_TOO_LOW')
    t.equal(code({}), '')
    t.equal(code({}), 'POLICY_VERSION', 'the same again')
    t.equal(code({ version: 2, account: idOf('payer b') }, 'payer b'), 'POLICY_INSURER')
    const second = agree(world, { version: 2, escrow: 150n })
    t.equal(escrowOf(world, second.policy), 150n, 'what was put aside before went back')
    t.equal(world.balance('payer a'), 1_000_000n - 150n)
    t.equal(code({ version: 3, payout: 'committed' }), '', 'nothing was settled yet')
    const fourth = agree(world, { version: 4 })
    t.equal(settle(world, grow(1n, 2n, 3n), fourth).code, '')
    t.equal(code({ version: 5, payout: 'committed' }), 'POLICY_FIXED')
    t.equal(code({ version: 5, currency: 'EUR', escrow: 0n }), 'POLICY_FIXED')
    t.equal(code({ version: 5, rate: 90 }), '')
    t.equal(policyTable.get(world.state(), fourth.policy, 4)?.rate, 80, 'old terms stay')
  },
)

t.test(
  'what is not settled in time goes back to the insurer, and the patient is told',
  async (t) => {
    const { world, grow } = await ready()
    const { policy, ...account } = agree(world)
    t.equal(settle(world, grow(100n, 10n, 10n), { policy, ...account }).code, '')
    const close = (of = policy, name = 'sam') =>
      world.send('policy.close', { account: idOf(name), policy: of }, name)
    t.equal(close(idOf('none')).code, 'POLICY_UNKNOWN')
    t.equal(close().code, 'POLICY_OPEN')
    world.wait(1_000_000)
    t.equal(world.send('policy.close', { account: idOf('pat'), policy }, 'sam').code, 'NOT_SIGNER')
    const { code, events } = close()
    t.equal(code, '', 'anybody may')
    t.same(
      new Set(events.map(({ recipient, kind }) => `${recipient} ${kind}`)),
      new Set(['payer a', 'pat'].map((name) => `${idOf(name)} vault.policy-closed`)),
    )
    t.equal(world.balance('pat'), 16n)
    t.equal(world.balance('payer a'), 1_000_000n - 16n)
    t.equal(close().code, 'POLICY_CLOSED')
  },
)

t.test('totals are rounded down and meet at the edges of the regimes', async (t) => {
  const terms = { rate: 80, deductible: 100n, cap: 200n }
  const cases: readonly (readonly [bigint, string, bigint])[] = [
    [-5n, 'below', 0n],
    [100n, 'below', 0n],
    [101n, 'shared', 0n],
    [102n, 'shared', 1n],
    [349n, 'shared', 199n],
    [350n, 'capped', 200n],
    [2n ** 40n, 'capped', 200n],
  ]
  for (const [sum, regime, total] of cases) t.same(totalOf(terms, sum), { regime, total }, `${sum}`)
})
