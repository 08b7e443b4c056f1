// Batches of records in shares: one range proof for all of them, everything else for each, and all or none.
import t from 'tap'
import { sharedRecordUnits } from '../../../../apps/vault/costs.ts'
import { recordId } from '../../../../apps/vault/ids.ts'
import { SEGMENT_RECORDS_MAX } from '../../../../apps/vault/records.ts'
import { CLASSES_MAX } from '../../../../apps/vault/replicated/fields.ts'
import type { RepItem, RepRecordBatch } from '../../../../apps/vault/replicated/payloads.ts'
import { repRecordBatch } from '../../../../apps/vault/replicated/record-batch.ts'
import {
  badRecordTable,
  getBucket,
  getSegmentShares,
  nonceTable,
  putBucket,
  recordTable,
} from '../../../../apps/vault/state.ts'
import { noSums } from '../../../../apps/vault/sums.ts'
import { openReceipt } from '../../../../client/vault/receipt.ts'
import { recordIds } from '../../../../client/vault/record.ts'
import { buildRepRecord, findBadShares } from '../../../../client/vault/replicated/record.ts'
import { assert } from '../../../../vm/assert.ts'
import { toHex } from '../../../../vm/bytes.ts'
import { defaultParameters, envelopeBudget } from '../../../../vm/rules.ts'
import {
  ask,
  bucketOf,
  invoiceOf,
  letAskBucket,
  letWrite,
  readSum,
  segmentOf,
  tagOf,
} from '../cast.ts'
import { createWorld, idOf, must, suite, type World } from '../world.ts'
import { repBatchOf, reproven, withWrongShares } from './batches.ts'
import {
  dealRep,
  OWNER,
  prepareRep,
  type RepReady,
  recordComplaint,
  recordRep,
  repRecordOf,
  repRespond,
  repWritingOf,
  sendRecord,
} from './scene.ts'

const { group } = suite
const zero = new Uint8Array(32)

async function ready(options: Parameters<typeof dealRep>[1] = {}) {
  const world = await createWorld()
  const committee = dealRep(world, { bond: 500n, ...options })
  letWrite(world, 'pat', 'sam')
  const build = (word: string, amounts: readonly bigint[] = [5n, 6n, 7n]) =>
    repBatchOf(
      world,
      committee,
      amounts.map((amount, at) => invoiceOf('pat', amount, `${word} ${at}`)),
    )
  const send = (batch: object, signer = OWNER) => world.send('rep.recordBatch', batch, signer).code
  return { world, committee, build, send }
}

const open = (world: World, { committee }: RepReady, name = 'pat') =>
  getBucket(world.state(), { committee, bucket: bucketOf(name) })

function replaced(batch: RepRecordBatch, place: number, changes: Partial<RepItem>): RepRecordBatch {
  const records = batch.records.map((item, at) => (at === place ? { ...item, ...changes } : item))
  return { ...batch, records }
}

t.test('rights and form are checked, and of all records', async (t) => {
  const { world, committee, build, send } = await ready()
  const batch = build('rights')
  t.equal(send(batch, 'clinic desk'), 'NOT_SIGNER')
  t.equal(send({ ...batch, account: idOf('pat') }, 'pat'), 'ROLE_MISSING')
  t.equal(send({ ...batch, account: idOf('clinic desk') }, 'clinic desk'), 'WRITER_NOT_ALLOWED')
  t.equal(send({ ...batch, committee: idOf('none') }), 'COMMITTEE_UNKNOWN')
  t.equal(send({ ...batch, epoch: 2 }), 'EPOCH_WRONG')
  for (const place of [0, 1, 2]) {
    const shares = batch.records[place]?.shares.slice(1) ?? []
    t.equal(send(replaced(batch, place, { shares })), 'SHARES_COUNT')
    t.equal(send(replaced(batch, place, { tag: idOf('nobody') })), 'GRANT_MISSING')
  }
  t.equal(open(world, committee), undefined, 'none of them is there')
  t.equal(send(batch), '')
  t.equal(open(world, committee)?.count, 3)
  const { payload } = repRecordBatch
  const records = new Array(17).fill(batch.records[0])
  t.throws(() => payload.toCbor({ ...batch, records } as never), 'seventeen')
  t.throws(() => payload.toCbor({ ...batch, records: [] } as never), 'none')
  const waiting = prepareRep(world, { word: 'pending' })
  must(world, 'rep.init', waiting.init, OWNER)
  const early = repBatchOf(world, { ...committee, ...waiting }, [invoiceOf('pat', 1n, 'early')])
  t.equal(send(early), 'COMMITTEE_INACTIVE')
})

t.test('one bad record among good ones refuses all, wherever it stands', async (t) => {
  const { world, committee, build, send } = await ready()
  const [batch, other] = [build('one'), build('two')]
  for (const place of [0, 1, 2]) {
    const [own, stranger] = [batch.records[place], other.records[place]]
    assert(own && stranger, 'three records')
    const refused = (code: string, changes: Partial<RepItem>) =>
      t.equal(send(replaced(batch, place, changes)), code, `${code} ${place}`)
    refused('POINT_INVALID', { shares: [zero, ...own.shares.slice(1)] })
    refused('POINT_INVALID', { ephemeral: zero })
    refused('SCALAR_INVALID', { offset: zero.map(() => 255) })
    refused('PROOF_BOX', { boxProof: stranger.boxProof })
    refused('PROOF_BOX', { shares: stranger.shares })
    refused('PROOF_BOX', { offset: stranger.offset })
    refused('PROOF_BOX', { box: stranger.box })
    refused('PROOF_BOX', { nonce: stranger.nonce })
    refused('PROOF_BOX', { tag: tagOf('sam').publicKey })
    refused('PROOF_BOX', { document: idOf('document') })
  }
  t.equal(open(world, committee), undefined)
  t.equal(send(batch), '')
})

t.test('one range proof is about all commitments in their order', async (t) => {
  const { world, committee, build, send } = await ready()
  const [batch, other] = [build('range'), build('other')]
  const spoiled = batch.rangeProof.map((byte, at) => (at === 9 ? byte ^ 1 : byte))
  t.equal(send({ ...batch, rangeProof: spoiled }), 'RANGE_PROOF')
  t.equal(send({ ...batch, rangeProof: other.rangeProof }), 'RANGE_PROOF')
  t.equal(send({ ...batch, rangeProof: batch.rangeProof.slice(0, 608) }), 'RANGE_PROOF')
  t.equal(send({ ...batch, records: batch.records.toReversed() }), 'RANGE_PROOF')
  t.equal(send({ ...batch, records: batch.records.slice(0, 2) }), 'RANGE_PROOF')
  const mixed = [...other.records.slice(0, 1), ...batch.records.slice(1)]
  t.equal(send({ ...batch, records: mixed }), 'RANGE_PROOF')
  for (const place of [0, 1, 2]) {
    const at = group.decodeScalar(batch.records[place]?.offset ?? zero) ?? 0n
    const offset = group.encodeScalar((at + group.order - 10n) % group.order)
    const negative = reproven(world, batch, { place, changes: { offset } })
    t.equal(send(negative), 'RANGE_PROOF', `record ${place} would be negative`)
  }
  t.equal(open(world, committee), undefined)
  t.equal(send(batch), '')
})

t.test('a batch serves one sender, one committee, one chain and one type', async (t) => {
  const { world, committee, build, send } = await ready()
  const other = dealRep(world, { word: 'other', bond: 500n })
  const batch = build('replay', [5n])
  const [item] = batch.records
  assert(item, 'a record')
  const stolen = { ...batch, account: idOf('second desk') }
  t.equal(send(stolen, 'second desk'), 'PROOF_BOX')
  t.equal(send({ ...batch, committee: other.committee }), 'PROOF_BOX')
  const { account, epoch, rangeProof } = batch
  const alone = { account, committee: batch.committee, epoch, ...item, rangeProof }
  t.equal(world.send('rep.record', alone, OWNER).code, 'PROOF_BOX')
  const single = repRecordOf(world, committee, invoiceOf('pat', 5n, 'single'))
  const { account: _, committee: __, epoch: ___, rangeProof: range, ...content } = single
  t.equal(send({ ...batch, records: [content], rangeProof: range }), 'PROOF_BOX')
  const elsewhere = { ...world, chainId: idOf('another chain') }
  t.equal(send(repBatchOf(elsewhere, committee, [invoiceOf('pat', 5n, 'chain')])), 'PROOF_BOX')
  t.equal(send(batch), '')
  t.equal(send(batch), 'RECORD_EXISTS')
})

t.test('nonce, id, nullifier and E are new, in the ledger and within a batch', async (t) => {
  const { world, committee, build, send } = await ready()
  const writing = repWritingOf(world, committee, 'known')
  const invoice = invoiceOf('pat', 5n, 'known')
  const known = buildRepRecord({ group, range: suite }, writing, invoice)
  sendRecord(world, known)
  const batch = build('new')
  const [left] = batch.records
  assert(left, 'a record')
  for (const place of [1, 2]) {
    const changed = (changes: Partial<RepItem>) => send(replaced(batch, place, changes))
    t.equal(changed({ nonce: known.nonce }), 'RECORD_EXISTS')
    t.equal(changed({ nullifier: known.nullifier }), 'NULLIFIER_USED')
    t.equal(changed({ ephemeral: known.ephemeral }), 'EPHEMERAL_USED')
    t.equal(changed({ nonce: left.nonce }), 'RECORD_EXISTS')
    t.equal(changed({ nullifier: left.nullifier }), 'NULLIFIER_USED')
    t.equal(changed({ ephemeral: left.ephemeral }), 'EPHEMERAL_USED')
    // Another account of the owner has other record ids, and the same nonce tells the difference all the same.
    const own = { ...batch, account: idOf('second desk') }
    t.equal(send(replaced(own, place, { nonce: known.nonce }), 'second desk'), 'NONCE_USED')
  }
  t.equal(send(batch), '')
  for (const { nonce } of batch.records)
    t.equal(
      nonceTable.get(world.state(), committee.committee, nonce),
      recordId({ ...batch, nonce }),
      'each nonce is used from now on',
    )
  const again = invoiceOf('pat', 5n, 'new 0')
  t.equal(
    send(repBatchOf(world, committee, [invoiceOf('pat', 1n, 'fresh'), again])),
    'NULLIFIER_USED',
  )
})

t.test('a segment takes all records of a batch or none', async (t) => {
  const { world, committee, send } = await ready()
  const [id] = recordRep(world, committee, { name: 'pat', amounts: [1n] })
  assert(id, 'a record')
  const place = { committee: committee.committee, bucket: bucketOf('pat') }
  const count = SEGMENT_RECORDS_MAX - 1
  const nearlyFull = { segment: 0, count, reversals: 0, sums: noSums, last: id }
  world.change((state) => putBucket(state, place, nearlyFull))
  const two = [
    invoiceOf('sam', 1n, 'full 1'),
    invoiceOf('pat', 1n, 'full 2'),
    invoiceOf('pat', 2n, 'full 3'),
  ]
  t.equal(send(repBatchOf(world, committee, two)), 'SEGMENT_FULL')
  t.equal(open(world, committee, 'sam'), undefined)
  t.equal(send(repBatchOf(world, committee, two.slice(0, 2))), '')
})

t.test('a batch of several patients ends where single records end, and is summed', async (t) => {
  const { world, committee, send } = await ready()
  const invoices = [
    invoiceOf('pat', 10n, 'sums 1'),
    invoiceOf('sam', 2n ** 32n - 1n, 'sums 2'),
    invoiceOf('pat', 0n, 'sums 3'),
    invoiceOf('pat', 30n, 'sums 4'),
  ]
  const batch = repBatchOf(world, committee, invoices)
  t.equal(send(batch), '')
  const more = recordRep(world, committee, { name: 'pat', amounts: [2n] })
  const ids = recordIds(batch)
  t.equal(open(world, committee)?.count, 4)
  t.equal(open(world, committee, 'sam')?.count, 1)
  const [, lone] = batch.records
  const sam = { committee: committee.committee, bucket: bucketOf('sam') }
  const kept = getSegmentShares(world.state(), sam, 0)
  t.strictSame(kept?.shares.map(toHex), lone?.shares.map(toHex))
  const records = [...ids.filter((_, at) => at !== 1), ...more]
  const consent = letAskBucket(world, committee.committee, 'pat')
  const asked = ask(world, committee, { target: segmentOf('pat', 0), consent })
  for (const index of [1, 2]) repRespond(world, committee, { ...asked, index, records })
  t.equal(readSum(world, asked), 42n)
  for (const [at, id] of ids.entries()) {
    const state = recordTable.get(world.state(), id)
    const box = batch.records[at]?.box
    assert(state && box, 'the record')
    const { secret } = tagOf(at === 1 ? 'sam' : 'pat')
    t.equal(openReceipt(group, { ...state, id, box }, secret)?.amount, invoices[at]?.amount)
  }
})

t.test('wrong shares of one record are found, and cost the owner its bond', async (t) => {
  const { world, committee, build, send } = await ready()
  const batch = withWrongShares(world, build('shares'), 1)
  t.equal(send(batch), '', 'nobody but a holder can see it')
  const { epoch } = batch
  const found = batch.records.map(({ nonce, shares }) => {
    const record = { committee: batch.committee, epoch, nonce, shares }
    return committee.held.map((secrets) => findBadShares(group, record, secrets))
  })
  t.strictSame(found, [
    [[], [], []],
    [[1, 2], [2], [1]],
    [[], [], []],
  ])
  const [right, wrong] = recordIds(batch)
  assert(right && wrong, 'three records')
  const complain = (id: typeof wrong, index: number) => {
    const complaint = recordComplaint(world, committee, { id, index, class: 2 })
    return world.send('rep.complainRecord', complaint, `server ${index}`).code
  }
  const bond = (name: string) => world.bond(name).amount
  t.equal(complain(right, 1), '')
  t.equal(bond('server 1'), 0n, 'a right record of the batch is nobody’s fault')
  t.equal(bond(OWNER), 500n)
  const before = world.balance('server 2')
  t.equal(complain(wrong, 2), '')
  t.equal(bond(OWNER), 0n)
  t.equal(world.balance('server 2') - before, 250n)
  t.ok(badRecordTable.get(world.state(), wrong))
  t.equal(open(world, committee)?.count, 2, 'the others stay')
})

t.test('records of a batch, made of one entropy, share neither nonce nor E', async (t) => {
  const { world, committee, build } = await ready()
  const { records } = build('same', [5n, 5n, 5n])
  t.equal(new Set(records.map(({ nonce }) => nonce)).size, 3)
  t.equal(new Set(records.map(({ ephemeral }) => toHex(ephemeral))).size, 3)
  const challenges = records.map(({ boxProof }) => toHex(boxProof.subarray(0, 32)))
  t.equal(new Set(challenges).size, 3)
  for (const amount of [2n ** 32n, -1n])
    t.throws(() => repBatchOf(world, committee, [invoiceOf('pat', amount, 'out')]))
})

t.test('the largest batch fits in an envelope and is cheaper than its records alone', (t) => {
  const largest = sharedRecordUnits(new Array(16).fill(CLASSES_MAX))
  t.ok(largest <= envelopeBudget(defaultParameters))
  t.ok(largest < 16 * sharedRecordUnits([CLASSES_MAX]))
  t.equal(sharedRecordUnits([3, 3]) - sharedRecordUnits([3, 2]), 3)
  t.end()
})
