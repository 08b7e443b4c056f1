// Recording invoices and taking them back: who may, what must be new, what proofs must show.
import t from 'tap'
import { recordUnits } from '../../../apps/vault/costs.ts'
import type { RecordBatch } from '../../../apps/vault/payloads.ts'
import { getBucket } from '../../../apps/vault/state.ts'
import { noSums } from '../../../apps/vault/sums.ts'
import {
  buildRecord,
  documentHash,
  invoiceNullifier,
  readReceipt,
  recordIds,
} from '../../../client/vault/record.ts'
import { assert } from '../../../vm/assert.ts'
import { toHex } from '../../../vm/bytes.ts'
import { defaultParameters, envelopeBudget } from '../../../vm/rules.ts'
import {
  ask,
  batchOf,
  bucketOf,
  hexOf,
  invoiceOf,
  letAskBucket,
  letWrite,
  recordAmounts,
  segmentOf,
  tagOf,
  writerConsent,
} from './cast.ts'
import { deal, prepareDeal } from './dealing.ts'
import { createWorld, entropyOf, idOf, must, suite } from './world.ts'

const { group } = suite

async function ready(changes: Parameters<typeof createWorld>[0] = {}) {
  const world = await createWorld(changes)
  const committee = deal(world)
  letWrite(world, 'pat')
  const send = (batch: object, signer = 'hospital desk') =>
    world.send('vault.recordBatch', batch, signer).code
  return { world, committee, send }
}

t.test(
  'only the dealer’s organization writes, in an active committee, where the patient lets it',
  async (t) => {
    const { world, committee, send } = await ready()
    const batch = batchOf(world, committee, [invoiceOf('pat', 5n, 'one')])
    t.equal(send(batch, 'second desk'), 'NOT_SIGNER')
    t.equal(send({ ...batch, account: idOf('server 1') }, 'server 1'), 'ROLE_MISSING')
    t.equal(send({ ...batch, account: idOf('clinic desk') }, 'clinic desk'), 'WRITER_NOT_ALLOWED')
    t.equal(send({ ...batch, epoch: 2 }), 'EPOCH_WRONG')
    t.equal(send({ ...batch, committee: idOf('none') }), 'COMMITTEE_UNKNOWN')
    t.equal(send(batchOf(world, committee, [invoiceOf('sam', 5n, 'two')])), 'GRANT_MISSING')
    t.equal(send(batch), '')
    const waiting = prepareDeal(world, { word: 'pending' })
    must(world, 'vault.init', waiting.init, 'hospital desk')
    const early = { ...waiting, key: waiting.init.commitments[0] ?? new Uint8Array(32) }
    t.equal(send(batchOf(world, early, [invoiceOf('pat', 5n, 'three')])), 'COMMITTEE_INACTIVE')
  },
)

t.test('a grant names organizations and policies, expires, and is replaced', async (t) => {
  const { world, committee, send } = await ready()
  const record = (word: string, payer?: string) =>
    send(batchOf(world, committee, [invoiceOf('pat', 5n, word, payer)]))
  const grant = (changes: object) =>
    must(world, 'consent.writer', writerConsent(world, 'pat', changes), 'pat')
  grant({ policies: [idOf('payer a')] })
  t.equal(record('one'), '')
  t.equal(record('two', 'payer b'), 'GRANT_MISSING')
  grant({ writers: [idOf('clinic')] })
  t.equal(record('three'), 'GRANT_MISSING')
  grant({ writers: [] })
  t.equal(record('four'), 'GRANT_MISSING')
  grant({ expiresAt: world.now() + 1_000 })
  t.equal(record('five'), '')
  world.wait(1_000)
  t.equal(record('six'), 'GRANT_MISSING')
})

t.test('record, invoice and R are new, in the ledger and within a batch', async (t) => {
  const { world, committee, send } = await ready()
  const build = (words: readonly string[], entropy: string) =>
    batchOf(
      world,
      committee,
      words.map((word) => invoiceOf('pat', 5n, word)),
      entropy,
    )
  const first = build(['one'], 'a')
  t.equal(send(first), '')
  t.equal(send(first), 'RECORD_EXISTS')
  t.equal(send(build(['one'], 'b')), 'NULLIFIER_USED')
  const other = build(['two', 'three'], 'c')
  const [left, right] = other.records
  const [used] = first.records
  assert(left && right && used, 'records')
  const withRight = (changes: object) => ({ ...other, records: [left, { ...right, ...changes }] })
  t.equal(send(withRight({ ephemeral: used.ephemeral })), 'EPHEMERAL_USED')
  t.equal(send(withRight({ ephemeral: left.ephemeral })), 'EPHEMERAL_USED')
  t.equal(send(withRight({ nonce: left.nonce })), 'RECORD_EXISTS')
  t.equal(send(withRight({ nullifier: left.nullifier })), 'NULLIFIER_USED')
  t.equal(send(other), '')
})

t.test('nobody stops an invoice by recording its nullifier elsewhere', async (t) => {
  const { world, committee, send } = await ready()
  const servers = [1, 2, 3, 4, 5].map((i) => `server ${i}`)
  const clinic = deal(world, { word: 'clinic', dealer: 'clinic desk', servers })
  must(world, 'consent.writer', writerConsent(world, 'sam', { writers: [idOf('clinic')] }), 'sam')
  const copied = batchOf(world, clinic, [invoiceOf('sam', 1n, 'one')])
  t.equal(send(copied, 'clinic desk'), '')
  const own = batchOf(world, committee, [invoiceOf('pat', 5n, 'one')])
  t.equal(send(own), '')
  t.equal(send(batchOf(world, committee, [invoiceOf('pat', 5n, 'one')])), 'NULLIFIER_USED')
})

t.test('a batch counts only if every proof of it holds', async (t) => {
  const { world, committee, send } = await ready()
  const build = (word: string) =>
    batchOf(world, committee, [
      invoiceOf('pat', 5n, `${word} 1`),
      invoiceOf('pat', 6n, `${word} 2`),
      invoiceOf('pat', 7n, `${word} 3`),
    ])
  const [batch, other] = [build('one'), build('two')]
  const replace = (place: number, changes: object): RecordBatch => ({
    ...batch,
    records: batch.records.map((item, i) => (i === place ? { ...item, ...changes } : item)),
  })
  for (const place of [0, 1, 2]) {
    const stranger = other.records[place]
    const own = batch.records[place]
    assert(stranger && own, 'three records')
    t.equal(send(replace(place, { proof: stranger.proof })), 'PROOF_RECORD')
    t.equal(send(replace(place, { ciphertext: stranger.ciphertext })), 'PROOF_RECORD')
    t.equal(send(replace(place, { commitment: stranger.commitment })), 'PROOF_RECORD')
    t.equal(send(replace(place, { commitment: own.ephemeral })), 'PROOF_RECORD')
    for (const point of ['ephemeral', 'ciphertext', 'commitment'])
      t.equal(send(replace(place, { [point]: new Uint8Array(32) })), 'POINT_INVALID')
  }
  t.equal(send({ ...batch, rangeProof: other.rangeProof }), 'RANGE_PROOF')
  t.equal(send({ ...batch, rangeProof: batch.rangeProof.slice(0, 608) }), 'RANGE_PROOF')
  t.equal(send(batch), '')
})

t.test('somebody else’s ciphertext cannot be posted as an own record', async (t) => {
  const { world, committee, send } = await ready()
  const victim = batchOf(world, committee, [invoiceOf('pat', 5n, 'one')])
  const stolen = { ...victim, account: idOf('second desk') }
  t.equal(send(stolen, 'second desk'), 'PROOF_RECORD')
  const [record] = victim.records
  assert(record, 'one record')
  const renamed = { ...victim, records: [{ ...record, nonce: `0x${'01'.repeat(16)}` }] }
  t.equal(send(renamed), 'PROOF_RECORD')
})

t.test('an amount that is out of range or negative cannot be committed to', async (t) => {
  const { world, committee } = await ready()
  const writing = {
    chainId: world.chainId,
    account: idOf('hospital desk'),
    ...committee,
    writerSecret: entropyOf('writer'),
    entropy: entropyOf('fresh'),
  }
  // The sigma proof holds for any scalar; only the range proof can refuse it, and it can only be made for another commitment.
  const range = {
    proveRange: (amounts: readonly bigint[], blindings: readonly bigint[]) =>
      suite.proveRange(
        amounts.map(() => 5n),
        blindings,
      ),
  }
  const record = buildRecord({ group, range }, writing, invoiceOf('pat', 6n, 'one'))
  t.equal(world.send('vault.record', record, 'hospital desk').code, 'RANGE_PROOF')
  for (const amount of [2n ** 32n, -5n])
    t.throws(() => buildRecord({ group, range: suite }, writing, invoiceOf('pat', amount, 'two')))
})

t.test('a single record is checked like a batch', async (t) => {
  const { world, committee } = await ready()
  const writing = {
    chainId: world.chainId,
    account: idOf('hospital desk'),
    ...committee,
    writerSecret: entropyOf('writer'),
    entropy: entropyOf('fresh'),
  }
  const record = buildRecord({ group, range: suite }, writing, invoiceOf('pat', 6n, 'one'))
  const send = (changes: object) =>
    world.send('vault.record', { ...record, ...changes }, 'hospital desk').code
  t.equal(send({ proof: record.proof.map((byte) => byte ^ 1) }), 'PROOF_RECORD')
  t.equal(send({ commitment: record.ciphertext }), 'PROOF_RECORD')
  t.equal(send({ ciphertext: new Uint8Array(32).fill(255) }), 'POINT_INVALID')
  t.equal(send({ rangeProof: record.rangeProof.map((byte) => byte ^ 1) }), 'RANGE_PROOF')
  t.equal(send({}), '')
  t.equal(send({}), 'RECORD_EXISTS')
})

t.test('the patient finds the amount in the receipt, and sees when it is wrong', async (t) => {
  const { world, committee } = await ready()
  const document = new TextEncoder().encode('two fillings')
  const batch = batchOf(world, committee, [{ ...invoiceOf('pat', 4_711n, 'one'), document }])
  const [record] = batch.records
  const [id] = recordIds(batch)
  assert(record && id, 'one record')
  const receipt = readReceipt(group, { id, ...record }, tagOf('pat').secret)
  assert(receipt, 'the box opens')
  t.equal(receipt.amount, 4_711n)
  t.equal(record.document, documentHash(receipt.salt, document))
  t.equal(readReceipt(group, { id, ...record }, tagOf('sam').secret), undefined)
  const other = batchOf(world, committee, [invoiceOf('pat', 1n, 'two')]).records[0]
  assert(other, 'one record')
  const { commitment } = other
  t.equal(readReceipt(group, { id, ...record, commitment }, tagOf('pat').secret), undefined)
})

t.test('even without fresh entropy two amounts never share an R', async (t) => {
  const { world, committee } = await ready()
  const build = (amount: bigint, name: string) =>
    batchOf(world, committee, [invoiceOf(name, amount, 'one')], 'a broken random source')
  const built = [build(1n, 'pat'), build(2n, 'pat'), build(1n, 'sam'), build(1n, 'pat')]
  const ephemerals = built.map(({ records }) => toHex(records[0]?.ephemeral ?? new Uint8Array()))
  t.equal(new Set(ephemerals).size, 3)
  t.equal(ephemerals[3], ephemerals[0], 'the same invoice is the same record')
})

t.test('nullifiers are keyed: the same for one invoice, unlinkable without the secret', (t) => {
  const [mine, theirs] = [entropyOf('mine'), entropyOf('theirs')]
  t.equal(invoiceNullifier(mine, 'A-1'), invoiceNullifier(mine, 'A-1'))
  t.not(invoiceNullifier(mine, 'A-1'), invoiceNullifier(mine, 'A-2'))
  t.not(invoiceNullifier(mine, 'A-1'), invoiceNullifier(theirs, 'A-1'))
  t.end()
})

t.test('whether an invoice is recorded can be asked for many at once', async (t) => {
  const { world, committee, send } = await ready()
  const batch = batchOf(world, committee, [invoiceOf('pat', 5n, 'one')])
  send(batch)
  const nullifiers = [idOf('invoice one'), idOf('invoice two')]
  const answer = await world.query('vault.nullifier', {
    organization: idOf('hospital'),
    nullifiers,
  })
  t.same(answer, { ok: true, result: { records: [recordIds(batch)[0], null] } })
})

t.test('a record is withdrawn as long as nobody asked for it, and stays used', async (t) => {
  const { world, committee, send } = await ready()
  const [first = '', second = '', third = '', fourth = ''] = recordAmounts(world, committee, {
    name: 'pat',
    amounts: [1n, 2n, 3n, 4n],
  })
  const takeBack = (record: string, account = 'hospital desk') =>
    world.send('vault.void', { account: idOf(account), record, reason: 'error' }, account).code
  t.equal(takeBack(idOf('none')), 'RECORD_UNKNOWN')
  t.equal(takeBack(first, 'clinic desk'), 'WRITER_NOT_ALLOWED')
  t.equal(takeBack(first, 'server 1'), 'ROLE_MISSING')
  t.equal(takeBack(first, 'second desk'), '')
  t.equal(takeBack(first), 'RECORD_VOID')
  const place = { committee: committee.committee, bucket: bucketOf('pat') }
  t.equal(getBucket(world.state(), place)?.count, 3)
  const segment = { ...place, segment: 0, from: null, limit: 10 }
  const listed = await world.query('vault.segment', segment)
  t.match(listed, { ok: true, result: { count: 3, records: [fourth, third, second] } })
  const consent = letAskBucket(world, committee.committee, 'pat')
  ask(world, committee, { target: segmentOf('pat', 0), consent })
  t.equal(takeBack(second), 'RECORD_PINNED')
  t.equal(send(batchOf(world, committee, [invoiceOf('pat', 5n, 'new')])), '')
})

t.test('a bucket whose records are all withdrawn sums to nothing', async (t) => {
  const { world, committee } = await ready()
  const records = recordAmounts(world, committee, { name: 'pat', amounts: [8n, 9n] })
  for (const record of records) {
    const payload = { account: idOf('hospital desk'), record, reason: 'duplicate' }
    must(world, 'vault.void', payload, 'hospital desk')
  }
  const place = { committee: committee.committee, bucket: bucketOf('pat') }
  t.equal(getBucket(world.state(), place)?.count, 0)
  t.same(hexOf(getBucket(world.state(), place)?.sums), hexOf(noSums))
})

t.test('a batch of sixteen fits in half of the default block', (t) => {
  t.ok(recordUnits(16) < envelopeBudget(defaultParameters))
  t.ok(recordUnits(16) < 16 * recordUnits(1))
  t.equal(toHex(noSums.ephemeral), `0x${'00'.repeat(32)}`)
  t.end()
})
