// Records in replicated shares: what is refused, what the patient reads, who pays for a wrong share.
import t from 'tap'
import { recordId } from '../../../../apps/vault/ids.ts'
import { SEGMENT_RECORDS_MAX } from '../../../../apps/vault/records.ts'
import type { RepRecord } from '../../../../apps/vault/replicated/payloads.ts'
import { badRecordTable, getBucket, putBucket, recordTable } from '../../../../apps/vault/state.ts'
import { noSums } from '../../../../apps/vault/sums.ts'
import { openReceipt } from '../../../../client/vault/receipt.ts'
import {
  buildRepRecord,
  findBadShares,
  proveRepRecord,
} from '../../../../client/vault/replicated/record.ts'
import { assert } from '../../../../vm/assert.ts'
import { invoiceOf, letWrite, tagOf } from '../cast.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from '../world.ts'
import {
  badRecordOf,
  dealRep,
  noncesOf,
  OWNER,
  prepareRep,
  type RepReady,
  recordComplaint,
  recordRep,
  repRecordOf,
  repWritingOf,
  sendRecord,
} from './scene.ts'

const { group } = suite

async function ready(options: Parameters<typeof dealRep>[1] = {}) {
  const world = await createWorld()
  const committee = dealRep(world, { bond: 500n, ...options })
  letWrite(world, 'pat', 'sam')
  return { world, committee }
}

const open = (world: World, { committee }: RepReady, name = 'pat') =>
  getBucket(world.state(), {
    committee,
    bucket: { tag: tagOf(name).publicKey, policy: idOf('payer a'), period: 0 },
  })

t.test('rights, form and proofs of a record are checked', async (t) => {
  const { world, committee } = await ready()
  const own = repRecordOf(world, committee, invoiceOf('pat', 5n, 'rep form'))
  const zero = new Uint8Array(32)
  const isRefused = (code: string, changes: Partial<RepRecord>, signer = OWNER) =>
    t.equal(world.send('rep.record', { ...own, ...changes }, signer).code, code, code)
  isRefused('NOT_SIGNER', {}, 'clinic desk')
  isRefused('ROLE_MISSING', { account: idOf('pat') }, 'pat')
  isRefused('COMMITTEE_UNKNOWN', { committee: idOf('none') })
  isRefused('EPOCH_WRONG', { epoch: 2 })
  isRefused('WRITER_NOT_ALLOWED', { account: idOf('clinic desk') }, 'clinic desk')
  isRefused('GRANT_MISSING', { tag: idOf('nobody') })
  isRefused('SHARES_COUNT', { shares: own.shares.slice(1) })
  isRefused('POINT_INVALID', { shares: [zero, ...own.shares.slice(1)] })
  isRefused('POINT_INVALID', { ephemeral: zero })
  // q itself and the largest 32 bytes: no canonical scalars.
  const order = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n
  const q = Uint8Array.from({ length: 32 }, (_, i) => Number((order >> BigInt(8 * i)) & 255n))
  isRefused('SCALAR_INVALID', { offset: q })
  isRefused('SCALAR_INVALID', { offset: zero.map(() => 255) })
  isRefused('PROOF_BOX', { offset: zero })
  isRefused('PROOF_BOX', { shares: own.shares.toReversed() })
  isRefused('PROOF_BOX', { account: idOf('second desk') }, 'second desk')
  isRefused('RANGE_PROOF', {
    rangeProof: own.rangeProof.map((byte, at) => (at === 9 ? byte ^ 1 : byte)),
  })
  isRefused('', {})
})

t.test('an amount out of range cannot be recorded, whatever the offset', async (t) => {
  const { world, committee } = await ready()
  const own = repRecordOf(world, committee, invoiceOf('pat', 5n, 'rep range'))
  const offset = group.encodeScalar(
    ((group.decodeScalar(own.offset) ?? 0n) + group.order - 10n) % group.order,
  )
  const secret = { chainId: world.chainId, a: 77n, random: entropyOf('forged') }
  const ephemeral = group.encode(group.multiplyBase(secret.a))
  const forged = proveRepRecord(
    group,
    { ...own, offset, ephemeral, boxProof: new Uint8Array(64) },
    secret,
  )
  t.equal(world.send('rep.record', forged, OWNER).code, 'RANGE_PROOF', 'minus five')
})

t.test('nonce, id, nullifier and E serve once', async (t) => {
  const { world, committee } = await ready()
  const writing = repWritingOf(world, committee, 'twice')
  const invoice = invoiceOf('pat', 5n, 'rep once')
  const build = (changes: object = {}, of = invoice) =>
    buildRepRecord({ group, range: suite }, { ...writing, ...changes }, of)
  const own = build()
  const send = (payload: RepRecord, signer = OWNER) =>
    world.send('rep.record', payload, signer).code
  t.equal(send(own), '')
  t.equal(send(own), 'RECORD_EXISTS')
  t.equal(send(build({ entropy: entropyOf('other') })), 'NULLIFIER_USED')
  const renewed = { chainId: world.chainId, a: 9n, random: entropyOf('renewed') }
  const fresh = (changes: Partial<RepRecord>) =>
    proveRepRecord(
      group,
      { ...own, nullifier: idOf('fresh'), ...changes, boxProof: new Uint8Array(64) },
      renewed,
    )
  // Another account of the owner has other record ids, and the same nonce tells the difference all the same.
  const ephemeral = group.encode(group.multiplyBase(renewed.a))
  const second = fresh({ account: idOf('second desk'), ephemeral })
  t.equal(send(second, 'second desk'), 'NONCE_USED')
  const copied = { ...build({ entropy: entropyOf('third') }, invoiceOf('pat', 6n, 'rep third')) }
  t.equal(send({ ...copied, ephemeral: own.ephemeral }), 'EPHEMERAL_USED')
})

t.test('records of an inactive committee, and too many of one segment, are refused', async (t) => {
  const world = await createWorld()
  const dealing = prepareRep(world)
  must(world, 'rep.init', dealing.init, OWNER)
  letWrite(world, 'pat')
  const other = dealRep(world, { word: 'active' })
  const early = repRecordOf(world, { ...other, ...dealing }, invoiceOf('pat', 1n, 'rep early'))
  t.equal(world.send('rep.record', early, OWNER).code, 'COMMITTEE_INACTIVE')
  const [id] = recordRep(world, other, { name: 'pat', amounts: [1n] })
  const bucket = { tag: tagOf('pat').publicKey, policy: idOf('payer a'), period: 0 }
  assert(id, 'a record')
  const sums = { reversals: 0, sums: noSums, last: id }
  const full = { segment: 0, count: SEGMENT_RECORDS_MAX, ...sums }
  world.change((state) => putBucket(state, { committee: other.committee, bucket }, full))
  const late = repRecordOf(world, other, invoiceOf('pat', 2n, 'rep late'))
  t.equal(world.send('rep.record', late, OWNER).code, 'SEGMENT_FULL')
  t.ok(BigInt(SEGMENT_RECORDS_MAX) * (2n ** 32n - 1n) < 2n ** 48n)
})

t.test(
  'the patient reads amount and blinding, and sees when the box tells another amount',
  async (t) => {
    const { world, committee } = await ready()
    const payload = repRecordOf(world, committee, invoiceOf('pat', 4_200n, 'rep receipt'))
    const id = sendRecord(world, payload)
    const kept = recordTable.get(world.state(), id)
    assert(kept, 'the record')
    const { ephemeral, commitment } = kept
    const seen = { id, ephemeral, commitment, box: payload.box }
    t.equal(openReceipt(group, seen, tagOf('pat').secret)?.amount, 4_200n)
    t.equal(openReceipt(group, seen, tagOf('sam').secret), undefined)
    const [other] = recordRep(world, committee, { name: 'pat', amounts: [1n] })
    const foreign = recordTable.get(world.state(), other ?? id)
    assert(foreign, 'the other record')
    const swapped = { ...seen, commitment: foreign.commitment }
    t.equal(openReceipt(group, swapped, tagOf('pat').secret), undefined)
  },
)

for (const held of [1, 2, 3]) {
  t.test(`a wrong share of class ${held} is found by its holders and by nobody else`, async (t) => {
    const { world, committee } = await ready()
    const payload = badRecordOf(world, committee, { name: 'pat', amount: 7n, class: held })
    const id = sendRecord(world, payload)
    const found = committee.held.map((secrets) => findBadShares(group, payload, secrets))
    t.strictSame(
      found,
      committee.held.map((secrets) => (secrets.has(held) ? [held] : [])),
    )
    const honest = repRecordOf(world, committee, invoiceOf('pat', 7n, `rep honest ${held}`))
    for (const secrets of committee.held) t.strictSame(findBadShares(group, honest, secrets), [])
    t.equal(recordId(payload), id)
  })
}

t.test(
  'inside the window the owner pays its bond and half of it rewards the complainant',
  async (t) => {
    const { world, committee } = await ready({ bond: 501n })
    recordRep(world, committee, { name: 'pat', amounts: [1n, 2n] })
    const id = sendRecord(
      world,
      badRecordOf(world, committee, { name: 'pat', amount: 7n, class: 1 }),
    )
    t.equal(open(world, committee)?.count, 3)
    const before = world.balance('server 1')
    must(
      world,
      'rep.complainRecord',
      recordComplaint(world, committee, { id, index: 1, class: 1 }),
      'server 1',
    )
    t.equal(world.bond(OWNER).amount, 0n)
    t.equal(world.balance('server 1') - before, 250n)
    t.equal(world.burned(), 251n)
    t.equal(open(world, committee)?.count, 2, 'a bad record leaves its open segment')
    t.ok(badRecordTable.get(world.state(), id))
    const again = recordComplaint(world, committee, { id, index: 3, class: 1, word: 'again' })
    t.equal(world.send('rep.complainRecord', again, 'server 3').code, 'FAULT_KNOWN')
    const payload = { account: idOf(OWNER), record: id, reason: 'error' }
    t.equal(world.send('vault.void', payload, OWNER).code, 'RECORD_BAD')
  },
)

t.test('after the window the owner pays all the same, and nobody is rewarded', async (t) => {
  const { world, committee } = await ready({ bond: 501n })
  const id = sendRecord(world, badRecordOf(world, committee, { name: 'pat', amount: 7n, class: 2 }))
  world.wait(1_500)
  const before = world.balance('server 2')
  must(
    world,
    'rep.complainRecord',
    recordComplaint(world, committee, { id, index: 2, class: 2 }),
    'server 2',
  )
  t.equal(world.bond(OWNER).amount, 0n)
  t.equal(world.balance('server 2'), before)
  t.equal(world.burned(), 501n)
})

t.test('a complaint about an honest share costs the complainant its bond, once', async (t) => {
  const { world, committee } = await ready()
  const [id] = recordRep(world, committee, { name: 'pat', amounts: [7n] })
  assert(id, 'a record')
  const send = (word: string) =>
    world.send(
      'rep.complainRecord',
      recordComplaint(world, committee, { id, index: 1, class: 2, word }),
      'server 1',
    ).code
  t.equal(send('one'), '')
  t.equal(world.bond('server 1').amount, 0n)
  t.equal(world.bond(OWNER).amount, 500n)
  t.equal(world.burned(), 1_000n)
  t.equal(open(world, committee)?.count, 1, 'the record stays')
  t.equal(send('two'), 'FAULT_KNOWN')
})

t.test(
  'a complaint is made by a holder about a record of its committee, with a right seed',
  async (t) => {
    const { world, committee } = await ready()
    const other = dealRep(world, { word: 'other' })
    const [id] = recordRep(world, committee, { name: 'pat', amounts: [7n] })
    const [foreign] = recordRep(world, other, { name: 'pat', amounts: [7n] })
    assert(id && foreign, 'two records')
    const own = recordComplaint(world, committee, { id, index: 1, class: 1 })
    const send = (changes: object, signer = 'server 1') =>
      world.send('rep.complainRecord', { ...own, ...changes }, signer).code
    t.equal(send({}, 'server 2'), 'NOT_SIGNER')
    t.equal(send({ account: idOf('pat') }, 'pat'), 'ROLE_MISSING')
    t.equal(send({ index: 2 }), 'NOT_MEMBER')
    t.equal(send({ class: 3 }), 'CLASS_NOT_HELD')
    t.equal(send({ record: idOf('none') }), 'RECORD_UNKNOWN')
    t.equal(send({ record: foreign }), 'RECORD_UNKNOWN')
    t.equal(send({ committee: other.committee }), 'RECORD_UNKNOWN')
    t.equal(send({ seed: new Uint8Array(32) }), 'POINT_INVALID')
    t.equal(send({ class: 2 }), 'PROOF_SEED')
    const [nonce] = noncesOf(world, [foreign])
    t.ok(nonce)
    const elsewhere = recordComplaint(world, other, { id: foreign, index: 1, class: 1 })
    t.equal(send({ seed: elsewhere.seed }), 'PROOF_SEED')
    t.equal(send({ proof: elsewhere.proof }), 'PROOF_SEED')
  },
)
