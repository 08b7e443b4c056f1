// Proofs bind everything: no part of a transaction, no fact and no place can be exchanged under one.
import fc from 'fast-check'
import t from 'tap'
import { consentId } from '../../../apps/vault/ids.ts'
import type { BatchItem } from '../../../apps/vault/payloads.ts'
import { verifyRecordBatch } from '../../../apps/vault/record-proofs.ts'
import { publicKeyTable, resultTable } from '../../../apps/vault/state.ts'
import { contentSession, tagWeights } from '../../../apps/vault/statements.ts'
import { buildConsentRevoke } from '../../../client/vault/consent.ts'
import { buildComplain, buildOffer } from '../../../client/vault/deal.ts'
import { buildSettle } from '../../../client/vault/query.ts'
import { buildRecord } from '../../../client/vault/record.ts'
import { assert } from '../../../vm/assert.ts'
import { toHex } from '../../../vm/bytes.ts'
import { uint } from '../../../vm/codec-scalar.ts'
import type { Digest } from '../../../vm/types.ts'
import { checkBinding, checkForeign, checkGarbage, sampleOf, verdictOf } from './binding.ts'
import {
  batchOf,
  bucketOf,
  grantOf,
  invoiceOf,
  letWrite,
  openOf,
  respond,
  responseOf,
  segmentOf,
  tagOf,
  writerConsent,
} from './cast.ts'
import { deal, prepareDeal, seatOf } from './dealing.ts'
import { prepareReshare } from './reshare-scene.ts'
import { createWorld, entropyOf, idOf, must, suite, type TypeName } from './world.ts'

const { group } = suite

/** Every type with proofs, each once and valid, in two worlds that differ by the word of their deal. */
async function samplesOf(word: string, name: string) {
  const world = await createWorld()
  const { chainId } = world
  const next = prepareDeal(world, { word: `${word} next` })
  const init = sampleOf(world, 'vault.init', next.init)
  must(world, 'vault.init', next.init, 'hospital desk')
  const sender = { chainId, account: idOf('server 1'), entropy: entropyOf(`${word} complaint`) }
  const complain = buildComplain(group, seatOf(world, next, 1), sender)
  const ready = deal(world, { word })
  const again = prepareReshare(world, ready, { servers: ['server 2', 'server 3'], threshold: 2 })
  letWrite(world, name)
  const { committee } = ready
  const offer = buildOffer(group, {
    chainId,
    account: idOf('server 1'),
    committee,
    epoch: 2,
    entropy: entropyOf(`${word} offer`),
  })
  const invoices = [1, 2, 3].map((i) => invoiceOf(name, BigInt(i), `${word} ${i}`))
  const batch = batchOf(world, ready, invoices, word)
  must(world, 'vault.recordBatch', batch, 'hospital desk')
  const writing = { chainId, account: idOf('hospital desk'), ...ready }
  const secrets = { writerSecret: entropyOf('writer'), entropy: entropyOf(`${word} single`) }
  const single = invoiceOf(name, 9n, `${word} single`)
  const record = buildRecord({ group, range: suite }, { ...writing, ...secrets }, single)
  const scope = { kind: 'buckets', buckets: [bucketOf(name)] } as const
  const grant = grantOf(world, committee, { names: [name], scope })
  must(world, 'consent.grant', grant, name)
  const consent = consentId(grant)
  const { publicKey, secret } = tagOf(name)
  const revoke = buildConsentRevoke(
    group,
    { account: idOf(name), consent, scope },
    { chainId, tagSecrets: new Map([[publicKey, secret]]), entropy: entropyOf(`${word} revoke`) },
  )
  const open = openOf(world, ready, { target: segmentOf(name, 0), consent, word })
  must(world, 'query.open', open.payload, 'payer a')
  const { query, answerSecret } = open
  const response = responseOf(world, ready, { query, index: 1 })
  for (const index of [1, 2, 3]) respond(world, ready, { query, index })
  const result = resultTable.get(world.state(), query)
  assert(result, 'the result')
  const settling = { chainId, account: idOf('payer a'), query, answerSecret, result, sum: 6n }
  const settle = buildSettle(group, { ...settling, entropy: entropyOf(`${word} settle`) }).payload
  const of = (type: TypeName, payload: unknown) => sampleOf(world, type, payload)
  const samples = [
    init,
    of('vault.complain', complain),
    of('vault.reshare', again.payload),
    of('server.offer', offer.payload),
    of('vault.record', record),
    of('vault.recordBatch', batch),
    of('consent.writer', writerConsent(world, name, { policies: [idOf(word)] })),
    of('consent.grant', grant),
    of('consent.revoke', revoke),
    of('query.open', open.payload),
    of('query.respond', response),
    of('query.settle', settle),
  ]
  return { chainId, samples }
}

const { chainId, samples } = await samplesOf('one', 'pat')
const { samples: others } = await samplesOf('two', 'sam')

for (const [place, sample] of samples.entries()) {
  const tried = { chainId, sample, other: others[place] }
  const { name } = sample.tx
  t.test(`${name}: nothing can be exchanged under its proofs`, async (t) => checkBinding(t, tried))
  t.test(`${name}: a proof of another object does not fit`, async (t) => checkForeign(t, tried))
  t.test(`${name}: malformed proofs and points are refusals`, async (t) => checkGarbage(t, tried))
}

t.test('a session depends on every part of its place and on the content', async (t) => {
  const place = {
    chainId: idOf('chain'),
    type: 'consent.grant',
    slot: 'tags',
    account: idOf('account'),
    object: idOf('object'),
    epoch: 1,
  } as const
  const sessionOf = (changes: object, content = 1) =>
    toHex(contentSession({ ...place, ...changes }, uint(), content))
  const sessions = [
    sessionOf({}),
    sessionOf({ chainId: idOf('other') }),
    sessionOf({ type: 'consent.revoke' }),
    sessionOf({ slot: 'other' }),
    sessionOf({ account: idOf('other') }),
    sessionOf({ object: idOf('other') }),
    sessionOf({ epoch: 2 }),
    sessionOf({}, 2),
  ]
  t.equal(new Set(sessions).size, sessions.length)
})

t.test('the weight of each tag depends on all tags and on the session', async (t) => {
  const [a, b, c] = [idOf('a'), idOf('b'), idOf('c')]
  const weightsOf = (tags: readonly Digest[], session = 'one') =>
    tagWeights(group, entropyOf(session), tags)
  const firsts = [weightsOf([a, b]), weightsOf([a, c]), weightsOf([a, b], 'two')].map(([w]) => w)
  t.equal(new Set(firsts).size, 3)
  t.equal(new Set(weightsOf([a, b])).size, 2)
})

t.test('a proof does not serve another type, even where the form is the same', async (t) => {
  const grant = samples.find(({ tx }) => tx.name === 'consent.grant')
  const revoke = samples.find(({ tx }) => tx.name === 'consent.revoke')
  assert(grant && revoke, 'both')
  const from = grant.tx.payload.toJson(grant.payload) as { proof: string }
  const into = revoke.tx.payload.toJson(revoke.payload) as { proof: string }
  const forged = revoke.tx.payload.fromJson({ ...into, proof: from.proof })
  t.same(verdictOf(chainId, { ...revoke, payload: forged }).ok, false)
})

t.test('a batch is right if and only if each of its records alone is', async (t) => {
  const world = await createWorld()
  const ready = deal(world)
  const good = [0, 1].flatMap((half) =>
    batchOf(
      world,
      ready,
      Array.from({ length: 4 }, (_, i) => invoiceOf('pat', BigInt(i), `mix ${half} ${i}`)),
    ).records.map((record) => ({ record, isGood: true })),
  )
  const bad = good.slice(0, 4).map(({ record }, i) => {
    const proof = record.proof.map((byte, at) => (at === 32 + 8 * i ? byte ^ 1 : byte))
    return { record: { ...record, proof }, isGood: false }
  })
  const fact = world.state().get(publicKeyTable.key(ready.committee))
  assert(fact, 'the deal')
  const { account } = ready.init
  const head = { account, committee: ready.committee, epoch: ready.epoch }
  // Range proofs are aggregated for one grouping, so they are left out of this comparison.
  const crypto = { group, range: { verifyRange: () => true } }
  const isRight = (items: readonly { readonly record: BatchItem }[]) => {
    const records = items.map(({ record }) => record)
    const payload = { ...head, records, rangeProof: new Uint8Array(608) }
    return verifyRecordBatch({ chainId: world.chainId, payload, facts: [fact], crypto }).ok
  }
  for (const item of [...good, ...bad]) t.equal(isRight([item]), item.isGood)
  const all = [...good, ...bad]
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: 1 }), (group) => {
      t.equal(
        isRight(group),
        group.every(({ isGood }) => isGood),
      )
    }),
    { numRuns: 25, seed: 4 },
  )
})
