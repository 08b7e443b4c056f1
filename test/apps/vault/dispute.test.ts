// Receipts: a patient contests what a record holds, and whoever is wrong pays.
import t from 'tap'
import { transfer } from '../../../apps/bank/money.ts'
import { recordId, setHash } from '../../../apps/vault/ids.ts'
import { SEED_SIZE, SEEDED_BOX_SIZE } from '../../../apps/vault/receipts.ts'
import { disputedTable, getBucket, recordTable } from '../../../apps/vault/state.ts'
import { deriveScalar } from '../../../client/vault/entropy.ts'
import { openReceipt } from '../../../client/vault/receipt.ts'
import { readReceipt } from '../../../client/vault/record.ts'
import { buildRepRecord, proveRepRecord } from '../../../client/vault/replicated/record.ts'
import { assert } from '../../../vm/assert.ts'
import { fromHex } from '../../../vm/bytes.ts'
import {
  ask,
  bucketOf,
  invoiceOf,
  letAsk,
  letAskBucket,
  letWrite,
  readSum,
  recordAmounts,
  respond,
  segmentOf,
  tagOf,
} from './cast.ts'
import { deal } from './dealing.ts'
import { disputeOf, retold, type Told, toldRecordOf } from './receipts.ts'
import { dealRep, OWNER, repRecordOf, repWritingOf, sendRecord } from './replicated/scene.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from './world.ts'

const { group } = suite
const BOND = 5_000n

const give = (world: World, name: string) =>
  world.change((state) => {
    const order = { from: idOf('payer b'), to: idOf(name), currency: 'USD', amount: 1_000n }
    assert(transfer(state, order) === undefined, 'payer b has money')
  })

async function ready(changes: Parameters<typeof createWorld>[0] = {}) {
  const world = await createWorld(changes)
  const committee = deal(world, { bond: BOND })
  letWrite(world, 'pat', 'sam')
  const record = (of: Omit<Told, 'name'>, name = 'pat') => {
    const payload = toldRecordOf(world, committee, { ...of, name })
    must(world, 'vault.record', payload, OWNER)
    const id = recordId(payload)
    return {
      id,
      box: payload.box,
      disputed: () => disputeOf(world, { id, box: payload.box, name }),
    }
  }
  const countOf = (name = 'pat') =>
    getBucket(world.state(), { committee: committee.committee, bucket: bucketOf(name) })?.count
  return { world, committee, record, countOf }
}

const lies: readonly (Omit<Told, 'name' | 'amount'> & { readonly why: string })[] = [
  { why: 'another amount', told: 11n },
  { why: 'another seed', seed: new Uint8Array(SEED_SIZE).fill(1) },
  { why: 'garbage', box: new Uint8Array(SEEDED_BOX_SIZE).fill(7) },
]

for (const { why, ...lie } of lies)
  t.test(`a receipt with ${why} costs the writer its bond, and the record is out`, async (t) => {
    const { world, record, countOf } = await ready()
    record({ amount: 1n })
    const { id, disputed } = record({ amount: 10n, ...lie })
    t.equal(countOf(), 2)
    const before = world.burned()
    t.equal(world.bond(OWNER).amount, BOND)
    const { code, events } = world.send('receipt.dispute', disputed(), 'pat')
    t.equal(code, '', 'nobody needs money to be right')
    const told = [idOf('pat'), idOf(OWNER), tagOf('pat').publicKey]
    t.same(new Set(events.map(({ recipient }) => recipient)), new Set(told))
    t.equal(events[0]?.kind, 'vault.receipt-bad')
    t.equal(world.bond(OWNER).amount, 0n)
    t.equal(world.balance('pat'), BOND / 2n)
    t.equal(world.burned() - before, BOND / 2n)
    t.equal(countOf(), 1)
    t.equal(world.send('receipt.dispute', disputed(), 'pat').code, 'RECORD_BAD')
    const answer = await world.query('vault.record', { record: id })
    t.match(answer, { ok: true, result: { mark: { kind: 'bad' }, disputed: null } })
  })

t.test(
  'a right receipt costs who disputes it the deposit, once, and the record stays',
  async (t) => {
    const { world, record, countOf } = await ready()
    const { disputed } = record({ amount: 10n })
    t.equal(world.send('receipt.dispute', disputed(), 'pat').code, 'BALANCE_TOO_LOW')
    give(world, 'pat')
    const before = world.burned()
    const { code, events } = world.send('receipt.dispute', disputed(), 'pat')
    t.equal(code, '')
    t.equal(events[0]?.kind, 'vault.dispute-false')
    t.equal(world.balance('pat'), 900n)
    t.equal(world.bond('pat').amount, 0n)
    t.equal(world.burned() - before, 100n)
    t.equal(world.bond(OWNER).amount, BOND)
    t.equal(countOf(), 1)
    t.equal(world.send('receipt.dispute', disputed(), 'pat').code, 'FAULT_KNOWN')
  },
)

t.test(
  'a false dispute costs the deposit alone, whatever else its account has as a bond',
  async (t) => {
    const { world, record } = await ready()
    const { id, box } = record({ amount: 10n })
    const own = disputeOf(world, { id, box, name: 'pat', account: 'server 1' })
    t.equal(world.send('receipt.dispute', own, 'server 1').code, '')
    t.equal(world.bond('server 1').amount, 1_000n)
  },
)

t.test(
  'a record that was asked for stays in its set, disputed and for anybody to reverse',
  async (t) => {
    const { world, committee, record } = await ready()
    recordAmounts(world, committee, { name: 'pat', amounts: [1n, 2n] })
    const { id, disputed } = record({ amount: 10n, told: 5n })
    const consent = letAskBucket(world, committee.committee, 'pat')
    const asked = ask(world, committee, { target: segmentOf('pat', 0), consent })
    must(world, 'receipt.dispute', disputed(), 'pat')
    t.ok(disputedTable.get(world.state(), id))
    for (const index of [1, 2, 3]) respond(world, committee, { query: asked.query, index })
    t.equal(readSum(world, asked), 13n, 'the answer is what the ledger says it is')
    t.equal(world.send('receipt.dispute', disputed(), 'pat').code, 'FAULT_KNOWN')
    t.equal(world.bond(OWNER).amount, 0n)
  },
)

t.test('the dealer pays for the accounts that write for it', async (t) => {
  const { world, committee } = await ready()
  const init = { ...committee.init, account: idOf('second desk') }
  const payload = toldRecordOf(world, { ...committee, init }, { name: 'pat', amount: 3n, told: 4n })
  must(world, 'vault.record', payload, 'second desk')
  const of = { id: recordId(payload), box: payload.box, name: 'pat' }
  must(world, 'receipt.dispute', disputeOf(world, of), 'pat')
  t.equal(world.bond(OWNER).amount, 0n)
})

t.test('a writer whose bond is gone writes no more', async (t) => {
  const { world, committee, record } = await ready({ dealerBondMin: BOND })
  const { disputed } = record({ amount: 10n, told: 11n })
  must(world, 'receipt.dispute', disputed(), 'pat')
  const next = toldRecordOf(world, committee, { name: 'pat', amount: 5n })
  t.equal(world.send('vault.record', next, OWNER).code, 'BOND_TOO_SMALL')
})

t.test(
  'a dispute is refused where there is nothing to dispute, or somebody else does',
  async (t) => {
    const { world, record } = await ready()
    const { id, box, disputed } = record({ amount: 10n, told: 11n })
    const other = record({ amount: 10n, told: 12n })
    const code = (changes: object, signer = 'pat') =>
      world.send('receipt.dispute', { ...disputed(), ...changes }, signer).code
    t.equal(code({}, 'sam'), 'NOT_SIGNER')
    t.equal(code({ account: idOf('sam') }, 'sam'), 'PROOF_OPENING', 'somebody else’s opening')
    t.equal(code(disputeOf(world, { id, box, name: 'sam', account: 'pat' })), 'PROOF_OPENING')
    t.equal(code({ opening: new Uint8Array(32) }), 'POINT_INVALID')
    t.equal(code({ record: idOf('none') }), 'RECORD_UNKNOWN')
    t.equal(
      code({ record: other.id, box: other.box }),
      'PROOF_OPENING',
      'an opening of another box',
    )
    t.equal(code({ box: other.box }), 'BOX_DIFFERS')
    must(world, 'vault.void', { account: idOf(OWNER), record: other.id, reason: 'error' }, OWNER)
    t.equal(world.send('receipt.dispute', other.disputed(), 'pat').code, 'RECORD_VOID')
    world.wait(2_000_000)
    t.equal(code({}), 'DISPUTES_CLOSED')
    t.equal(world.bond(OWNER).amount, BOND)
  },
)

t.test('the bond is locked until the last receipt can no longer be disputed', async (t) => {
  const { world, record } = await ready()
  const { id } = record({ amount: 1n })
  const until = recordTable.get(world.state(), id)?.disputesEndMs
  t.equal(world.bond(OWNER).lockedUntilMs, until)
})

t.test('patients find wrong receipts before they dispute', async (t) => {
  const { world, committee } = await ready()
  for (const [told, found] of [
    [10n, true],
    [11n, false],
  ] as const) {
    const payload = toldRecordOf(world, committee, { name: 'pat', amount: 10n, told })
    const receipt = readReceipt(group, { id: recordId(payload), ...payload }, tagOf('pat').secret)
    t.equal(receipt !== undefined, found)
  }
})

t.test('receipts of replicated records are judged by amount and Σg', async (t) => {
  const world = await createWorld()
  const committee = dealRep(world, { bond: BOND })
  letWrite(world, 'pat')
  give(world, 'pat')
  const writing = repWritingOf(world, committee, 'lying')
  const invoice = invoiceOf('pat', 10n, 'lying')
  const honest = buildRepRecord({ group, range: suite }, writing, invoice)
  const id = recordId(honest)
  const parts = [writing.entropy, fromHex(id)]
  const a = deriveScalar(group, writing.writerSecret, { label: 'rep-receipt', parts })
  const box = retold({ id, ...honest }, { name: 'pat', told: 11n }, a)
  const random = entropyOf('lying proof')
  const payload = proveRepRecord(group, { ...honest, box }, { chainId: world.chainId, a, random })
  sendRecord(world, payload)
  const right = repRecordOf(world, committee, invoiceOf('pat', 10n, 'right'))
  const other = sendRecord(world, right)
  const boxed = { ...payload, id, commitment: recordTable.get(world.state(), id)?.commitment }
  assert(boxed.commitment, 'the record is on the ledger')
  const { commitment } = boxed
  t.equal(openReceipt(group, { ...boxed, commitment }, tagOf('pat').secret), undefined)
  must(
    world,
    'receipt.dispute',
    disputeOf(world, { id: other, box: right.box, name: 'pat' }),
    'pat',
  )
  t.equal(world.balance('pat'), 900n, 'the right one')
  must(world, 'receipt.dispute', disputeOf(world, { id, box, name: 'pat' }), 'pat')
  t.equal(world.balance('pat'), 900n + BOND / 2n, 'the wrong one')
  const target = { kind: 'records', records: [id] } as const
  const scope = {
    kind: 'set',
    set: setHash(committee.committee, target),
    tags: [tagOf('pat').publicKey],
  } as const
  const consent = letAsk(world, committee.committee, { names: ['pat'], scope, single: true })
  t.equal(ask(world, committee, { target, consent }).code, 'RECORD_BAD')
})
