// One-time tags: a record each, found by its patient alone, asked for by id with one proof for all keys.
import t from 'tap'
import { consentId, recordId, reversalId } from '../../../apps/vault/ids.ts'
import { getBucket } from '../../../apps/vault/state.ts'
import { buildConsentRevoke } from '../../../client/vault/consent.ts'
import { buildDispute, openReceipt } from '../../../client/vault/receipt.ts'
import { readReceipt, recordIds } from '../../../client/vault/record.ts'
import { oneTimeSecret, oneTimeTag } from '../../../client/vault/tags.ts'
import { assert } from '../../../vm/assert.ts'
import { fromHex } from '../../../vm/bytes.ts'
import type { Digest } from '../../../vm/types.ts'
import {
  ask,
  batchOf,
  bucketOf,
  invoiceOf,
  letWrite,
  type Question,
  readSum,
  respond,
} from './cast.ts'
import { deal, type Ready } from './dealing.ts'
import { dealRep, OWNER, repRecordOf, repRespond, sendRecord } from './replicated/scene.ts'
import { grantFor, ownOf, pat, recordOf, sam, stealthy } from './stealthy.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from './world.ts'

const { group } = suite

function answerAll(world: World, ready: Ready, question: Question): bigint | undefined {
  for (const index of [1, 2, 3]) respond(world, ready, { ...question, index })
  return readSum(world, question)
}

t.test(
  'records under one-time tags go from hospital to sum, and only the patient finds them',
  async (t) => {
    const world = await createWorld()
    const ready = deal(world)
    const { committee } = ready
    letWrite(world, 'pat')
    const invoices = [
      stealthy(pat, 100n, 'a'),
      stealthy(sam, 1_000n, 'b'),
      stealthy(pat, 20n, 'c'),
      stealthy(pat, 3n, 'd'),
      invoiceOf('pat', 7n, 'static'),
      stealthy(pat, 100n, 'e'),
    ]
    const batch = batchOf(world, ready, invoices)
    must(world, 'vault.recordBatch', batch, OWNER)
    const ids = recordIds(batch)
    const tags = ids.map((id) => recordOf(world, id).tag)
    t.equal(new Set(tags).size, 6, 'no two records share a tag')
    for (const { address } of [pat, sam]) {
      t.notOk(tags.includes(address.spendKey))
      t.notOk(tags.includes(address.scanKey))
    }
    const own = ownOf(world, ids, pat)
    t.same(
      own.map(({ id }) => id),
      [0, 2, 3, 5].map((at) => ids[at]),
    )
    t.same(
      ownOf(world, ids, sam).map(({ id }) => id),
      [ids[1]],
    )
    const amounts = own.map((record) => {
      const { box } = batch.records.find(({ tag }) => tag === record.tag) ?? {}
      assert(box, 'the box is in the transaction')
      return readReceipt(group, { ...record, box }, record.secret)?.amount
    })
    t.same(amounts, [100n, 20n, 3n, 100n])
    const { grant, target } = grantFor(world, committee, own)
    must(world, 'consent.grant', grant, 'pat')
    const question = ask(world, ready, { target, consent: consentId(grant) })
    t.equal(question.code, '')
    t.equal(answerAll(world, ready, question), 223n)
    t.equal(ask(world, ready, { target, consent: consentId(grant) }).code, '', 'again as it is')
  },
)

t.test('one-time records are in no segment: nothing sums them but their ids', async (t) => {
  const world = await createWorld()
  const ready = deal(world)
  const batch = batchOf(
    world,
    ready,
    [1n, 2n, 3n].map((amount) => stealthy(pat, amount, `s ${amount}`)),
  )
  must(world, 'vault.recordBatch', batch, OWNER)
  for (const id of recordIds(batch)) {
    const { tag, policy, period, segment, previous } = recordOf(world, id)
    t.same([segment, previous], [null, null])
    const bucket = { tag, policy, period }
    t.equal(getBucket(world.state(), { committee: ready.committee, bucket }), undefined)
  }
})

t.test('a one-time tag needs no grant and serves once in a committee', async (t) => {
  const world = await createWorld()
  const ready = deal(world)
  const batch = batchOf(world, ready, [stealthy(pat, 5n, 'once')])
  const [record] = batch.records
  assert(record, 'a record')
  must(world, 'vault.recordBatch', batch, OWNER)
  // Whoever wants to write under a tag that was used, or twice in one batch, would have to prove the rest anew: rights come first.
  const again = batchOf(world, ready, [stealthy(pat, 5n, 'twice')])
  const [other] = again.records
  assert(other, 'a record')
  const code = (records: readonly object[]) =>
    world.send('vault.recordBatch', { ...again, records }, OWNER).code
  t.equal(code([{ ...other, tag: record.tag }]), 'TAG_USED')
  const third = {
    ...other,
    nonce: `0x${'77'.repeat(16)}`,
    nullifier: idOf('x'),
    ephemeral: record.ciphertext,
  }
  t.equal(code([other, third]), 'TAG_USED', 'twice in one transaction')
  t.equal(code([{ ...other, oneTime: false }]), 'GRANT_MISSING')
  t.equal(code([{ ...other, tag: `0x${'00'.repeat(32)}` }]), 'POINT_INVALID')
  t.equal(code([{ ...other, tag: bucketOf('pat').tag }]), 'PROOF_RECORD')
})

t.test('a one-time record under a static tag stays out of its bucket', async (t) => {
  const world = await createWorld()
  const ready = deal(world)
  letWrite(world, 'pat')
  must(world, 'vault.recordBatch', batchOf(world, ready, [invoiceOf('pat', 5n, 'own')]), OWNER)
  const { tag, policy, period } = bucketOf('pat')
  const count = () =>
    getBucket(world.state(), { committee: ready.committee, bucket: { tag, policy, period } })?.count
  t.equal(count(), 1)
  must(world, 'vault.recordBatch', batchOf(world, ready, [stealthy(pat, 5n, 'other')]), OWNER)
  t.equal(count(), 1)
})

t.test('a consent for an exact set needs the key behind each of its tags', async (t) => {
  const world = await createWorld()
  const ready = deal(world)
  const { committee } = ready
  const invoices = [1n, 2n, 3n, 4n].map((amount) => stealthy(pat, amount, `set ${amount}`))
  const batch = batchOf(world, ready, [...invoices, stealthy(sam, 9n, 'set sam')])
  must(world, 'vault.recordBatch', batch, OWNER)
  const ids = recordIds(batch)
  const own = ownOf(world, ids, pat)
  const [theirs] = ownOf(world, ids, sam)
  const [first] = own
  assert(theirs && first, 'records of both')
  const guessed = [...own, { ...theirs, secret: first.secret }]
  t.equal(
    world.send('consent.grant', grantFor(world, committee, guessed).grant, 'pat').code,
    'PROOF_CONSENT',
  )
  const { grant, target, scope, proving } = grantFor(world, committee, own)
  must(world, 'consent.grant', grant, 'pat')
  const consent = consentId(grant)
  const fewer = { kind: 'records', records: target.records.slice(1) } as const
  t.equal(ask(world, ready, { target: fewer, consent }).code, 'CONSENT_SCOPE', 'another set')
  const more = { kind: 'records', records: [...target.records, theirs.id].sort() } as const
  t.equal(ask(world, ready, { target: more, consent }).code, 'CONSENT_SCOPE', 'a larger set')
  const revoke = buildConsentRevoke(group, { account: idOf('pat'), consent, scope }, proving)
  t.equal(world.send('consent.revoke', { ...revoke, tags: 1 }, 'pat').code, 'CONSENT_SCOPE')
  t.equal(world.send('consent.revoke', revoke, 'pat').code, '')
  t.equal(ask(world, ready, { target, consent }).code, 'CONSENT_REVOKED')
})

t.test('sets of many tags are told by the consent’s id, within the bound of events', async (t) => {
  const world = await createWorld()
  const ready = deal(world)
  const { committee } = ready
  const ids: Digest[] = []
  for (const half of [0, 1, 2, 3, 4]) {
    const invoices = Array.from({ length: 14 }, (_, i) => stealthy(pat, 1n, `many ${half} ${i}`))
    const batch = batchOf(world, ready, invoices)
    must(world, 'vault.recordBatch', batch, OWNER)
    ids.push(...recordIds(batch))
  }
  const own = ownOf(world, ids, pat)
  t.equal(own.length, 70)
  const { grant, target } = grantFor(world, committee, own)
  const consent = consentId(grant)
  const granted = must(world, 'consent.grant', grant, 'pat').events
  t.same(new Set(granted.map(({ recipient }) => recipient)), new Set([idOf('payer a'), consent]))
  const question = ask(world, ready, { target, consent })
  t.equal(answerAll(world, ready, question), 70n)
})

t.test('a one-time record is voided, reversed and disputed as any other', async (t) => {
  const world = await createWorld()
  const ready = deal(world)
  const { committee } = ready
  const batch = batchOf(
    world,
    ready,
    [1n, 2n, 3n, 4n].map((n) => stealthy(pat, n, `more ${n}`)),
  )
  must(world, 'vault.recordBatch', batch, OWNER)
  const ids = recordIds(batch)
  const [voided, disputed] = ids
  assert(voided && disputed, 'records')
  must(world, 'vault.void', { account: idOf(OWNER), record: voided, reason: 'error' }, OWNER)
  const own = ownOf(world, ids.slice(1), pat)
  const { grant, target } = grantFor(world, committee, own)
  must(world, 'consent.grant', grant, 'pat')
  const question = ask(world, ready, { target, consent: consentId(grant) })
  t.equal(answerAll(world, ready, question), 9n)
  must(world, 'vault.reverse', { account: idOf(OWNER), record: disputed }, OWNER)
  const negative = recordOf(world, reversalId(disputed))
  t.equal(negative.segment, null)
  const [, , third] = batch.records
  const last = own[1]
  assert(third && last, 'a record that is not reversed')
  const dispute = buildDispute(
    group,
    { id: last.id, ephemeral: last.ephemeral, box: third.box },
    {
      chainId: world.chainId,
      account: idOf('server 1'),
      tagSecret: last.secret,
      entropy: entropyOf('d'),
    },
  )
  const { code, events } = world.send('receipt.dispute', dispute, 'server 1')
  t.equal(code, '')
  t.equal(events[0]?.kind, 'vault.dispute-false')
})

t.test('replicated records have one-time tags too', async (t) => {
  const world = await createWorld()
  const ready = dealRep(world)
  const payloads = [10n, 20n, 30n].map((amount) =>
    repRecordOf(world, ready, stealthy(pat, amount, `rep ${amount}`)),
  )
  const ids = payloads.map((payload) => sendRecord(world, payload))
  const own = ownOf(world, ids, pat)
  t.equal(own.length, 3)
  const told = own.map((record) => {
    const payload = payloads.find((candidate) => recordId(candidate) === record.id)
    assert(payload, 'a payload')
    return openReceipt(group, { ...record, box: payload.box }, record.secret)?.amount
  })
  t.same(told, [10n, 20n, 30n])
  const again = repRecordOf(world, ready, stealthy(pat, 1n, 'rep again'))
  t.equal(world.send('rep.record', { ...again, tag: payloads[0]?.tag }, OWNER).code, 'TAG_USED')
  const { grant, target } = grantFor(world, ready.committee, own)
  must(world, 'consent.grant', grant, 'pat')
  const question = ask(world, ready, { target, consent: consentId(grant) })
  for (const index of [1, 2])
    t.equal(repRespond(world, ready, { query: question.query, records: ids, index }).code, '')
  t.equal(readSum(world, question), 60n)
})

t.test('tags of both sides agree, and depend on every part', async (t) => {
  const r = 12_345n
  const ephemeral = group.encode(group.multiplyBase(r))
  const tag = oneTimeTag(group, pat.address, r)
  const secret = group.decodeScalar(fromHex(oneTimeSecret(group, ephemeral, pat.secrets)))
  assert(secret !== undefined, 'a scalar')
  t.same(group.encode(group.multiplyBase(secret)), fromHex(tag))
  const others = [
    oneTimeTag(group, pat.address, r + 1n),
    oneTimeTag(group, { ...pat.address, scanKey: sam.address.scanKey }, r),
    oneTimeTag(group, { ...pat.address, spendKey: sam.address.spendKey }, r),
  ]
  t.equal(new Set([tag, ...others]).size, 4)
})
