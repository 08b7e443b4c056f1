// What patients let others do: consents to write, to ask, and their end.
import t from 'tap'
import { consentId } from '../../../apps/vault/ids.ts'
import { grantTable } from '../../../apps/vault/state.ts'
import { buildConsentRevoke, buildConsentWriter } from '../../../client/vault/consent.ts'
import type { Digest } from '../../../vm/types.ts'
import {
  ask,
  bucketOf,
  grantOf,
  letAsk,
  letAskBucket,
  letWrite,
  openOf,
  recordAmounts,
  segmentOf,
  tagOf,
  writerConsent,
} from './cast.ts'
import { deal } from './dealing.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from './world.ts'

async function ready() {
  const world = await createWorld()
  const committee = deal(world)
  letWrite(world, 'pat', 'sam')
  for (const name of ['pat', 'sam'])
    recordAmounts(world, committee, { name, amounts: [1n, 2n, 3n] })
  return { world, committee, id: committee.committee }
}

function revokeOf(world: World, consent: Digest, name = 'pat') {
  const { publicKey, secret } = tagOf(name)
  return buildConsentRevoke(
    suite.group,
    { account: idOf(name), consent, scope: { kind: 'buckets', buckets: [bucketOf(name)] } },
    {
      chainId: world.chainId,
      tagSecrets: new Map([[publicKey, secret]]),
      entropy: entropyOf(`revoke ${name}`),
    },
  )
}

t.test('only who holds the key behind a tag says who may write under it', async (t) => {
  const world = await createWorld()
  const own = writerConsent(world, 'pat')
  const send = (changes: object, signer = 'pat') =>
    world.send('consent.writer', { ...own, ...changes }, signer).code
  t.equal(send({}, 'sam'), 'NOT_SIGNER')
  t.equal(send({ account: idOf('sam') }, 'sam'), 'PROOF_TAG')
  t.equal(send({ tag: tagOf('sam').publicKey }), 'PROOF_TAG')
  t.equal(send({ writers: [idOf('clinic')] }), 'PROOF_TAG')
  t.equal(send({ tag: `0x${'00'.repeat(32)}` }), 'POINT_INVALID')
  t.equal(send(writerConsent(world, 'pat', { expiresAt: world.now() - 1 })), 'GRANT_EXPIRY')
  t.equal(send({}), '')
  const answer = await world.query('vault.grant', { tag: own.tag })
  t.match(answer, { ok: true, result: { found: { writers: [idOf('hospital')], policies: null } } })
  t.equal(send(writerConsent(world, 'pat', { writers: [], expiresAt: 0 })), '')
})

t.test(
  'a grant that was taken back is not brought again by the account that carried it',
  async (t) => {
    const world = await createWorld()
    const given = writerConsent(world, 'pat', { account: idOf('payer a') })
    t.equal(world.send('consent.writer', given, 'payer a').code, '')
    const taken = buildConsentWriter(
      suite.group,
      { account: idOf('pat'), tag: given.tag, writers: [], policies: null, expiresAt: 0 },
      { chainId: world.chainId, tagSecret: tagOf('pat').secret, entropy: entropyOf('taken back') },
    )
    t.equal(world.send('consent.writer', taken, 'pat').code, '')
    t.equal(world.send('consent.writer', given, 'payer a').code, 'GRANT_REPEATED')
    const { proof } = writerConsent(world, 'pat', { account: idOf('payer a'), expiresAt: 1 })
    t.equal(world.send('consent.writer', { ...given, proof }, 'payer a').code, 'PROOF_TAG')
    t.equal(grantTable.get(world.state(), given.tag)?.writers.length, 0)
  },
)

t.test('a consent is proven by the keys of all its tags and given once', async (t) => {
  const { world, id } = await ready()
  const buckets = [bucketOf('pat'), bucketOf('sam')]
  const scope = { kind: 'buckets', buckets } as const
  const both = grantOf(world, id, { names: ['pat', 'sam'], scope })
  const send = (changes: object, signer = 'pat') =>
    world.send('consent.grant', { ...both, ...changes }, signer).code
  t.equal(send({}, 'sam'), 'NOT_SIGNER')
  t.equal(send({ account: idOf('sam') }, 'sam'), 'PROOF_CONSENT')
  t.equal(send({ insurer: idOf('payer b') }), 'PROOF_CONSENT')
  const own = grantOf(world, id, {
    names: ['pat'],
    scope: { kind: 'buckets', buckets: [bucketOf('pat')] },
  })
  t.equal(send({ ...own, scope }), 'PROOF_CONSENT')
  const noTag = { ...bucketOf('pat'), tag: `0x${'00'.repeat(32)}` }
  t.equal(send({ scope: { kind: 'buckets', buckets: [noTag] } }), 'POINT_INVALID')
  t.equal(send({ committee: idOf('none') }), 'COMMITTEE_UNKNOWN')
  t.equal(send({ expiresAt: world.now() - 1 }), 'GRANT_EXPIRY')
  t.equal(send({}), '')
  t.equal(send({}), 'CONSENT_EXISTS')
})

t.test('a tag chosen to cancel another does not stand for its key', async (t) => {
  const { world, id } = await ready()
  const { group } = suite
  const victim = tagOf('pat').publicKey
  const bytes = Uint8Array.from(Buffer.from(victim.slice(2), 'hex'))
  const point = group.decode(bytes)
  if (point === undefined) throw new Error('a tag is a point')
  const rogue = group.add(group.multiplyBase(7n), group.negate(point))
  const rogueTag = `0x${Buffer.from(group.encode(rogue)).toString('hex')}` as const
  const scope = {
    kind: 'buckets',
    buckets: [bucketOf('pat'), { ...bucketOf('pat'), tag: rogueTag }],
  } as const
  const forged = grantOf(world, id, {
    names: ['sam'],
    scope: { kind: 'buckets', buckets: [bucketOf('sam')] },
  })
  t.equal(world.send('consent.grant', { ...forged, scope }, 'sam').code, 'PROOF_CONSENT')
})

t.test(
  'a query needs a consent for this insurer, committee and bucket that is not over',
  async (t) => {
    const { world, committee, id } = await ready()
    const target = segmentOf('pat', 0)
    const code = (consent: Digest, changes: object = {}) =>
      ask(world, committee, { target, consent, ...changes }).code
    t.equal(code(idOf('none')), 'CONSENT_UNKNOWN')
    t.equal(code(letAskBucket(world, id, 'sam')), 'CONSENT_SCOPE')
    t.equal(code(letAskBucket(world, id, 'pat'), { payer: 'payer b' }), 'CONSENT_SCOPE')
    const elsewhere = deal(world, { word: 'elsewhere' })
    t.equal(code(letAskBucket(world, elsewhere.committee, 'pat')), 'CONSENT_SCOPE')
    const short = letAskBucket(world, id, 'pat', { expiresAt: world.now() + 100 })
    world.wait(100)
    t.equal(code(short), 'CONSENT_EXPIRED')
    const ended = letAskBucket(world, id, 'pat')
    t.equal(world.send('consent.revoke', revokeOf(world, ended), 'pat').code, '')
    t.equal(code(ended), 'CONSENT_REVOKED')
  },
)

t.test('uses are counted when a query succeeds, not when it is refused', async (t) => {
  const { world, committee, id } = await ready()
  const consent = letAskBucket(world, id, 'pat', { maxUses: 2 })
  const target = segmentOf('pat', 0)
  t.equal(ask(world, committee, { target: segmentOf('pat', 5), consent }).code, 'SEGMENT_UNKNOWN')
  for (const expected of ['', '', 'CONSENT_USED_UP'])
    t.equal(ask(world, committee, { target, consent }).code, expected)
  const answer = await world.query('vault.consent', { consent })
  t.match(answer, { ok: true, result: { uses: { uses: 2, revoked: false } } })
})

t.test('a consent for one exact set covers that set and records of its tags only', async (t) => {
  const { world, committee, id } = await ready()
  const records = [
    ...recordAmounts(world, committee, { name: 'pat', amounts: [1n, 2n, 3n] }),
  ].sort()
  const others = [...recordAmounts(world, committee, { name: 'sam', amounts: [1n, 2n, 3n] })].sort()
  const { setHash } = await import('../../../apps/vault/ids.ts')
  const setOf = (ids: readonly Digest[]) => setHash(id, { kind: 'records', records: ids })
  const tags = [tagOf('pat').publicKey]
  const grant = (set: Digest) =>
    letAsk(world, id, { names: ['pat'], scope: { kind: 'set', set, tags } })
  const code = (consent: Digest, ids: readonly Digest[]) =>
    ask(world, committee, { target: { kind: 'records', records: ids }, consent }).code
  t.equal(code(grant(setOf(others)), others), 'CONSENT_SCOPE', 'another patient’s records')
  t.equal(code(grant(setOf(records)), records.slice(1)), 'CONSENT_SCOPE')
  t.equal(code(grant(setOf(records)), records), '')
})

t.test('only the keys behind a consent end it, once', async (t) => {
  const { world, id } = await ready()
  const grant = grantOf(world, id, {
    names: ['pat'],
    scope: { kind: 'buckets', buckets: [bucketOf('pat')] },
  })
  must(world, 'consent.grant', grant, 'pat')
  const consent = consentId(grant)
  const own = revokeOf(world, consent)
  t.equal(world.send('consent.revoke', own, 'sam').code, 'NOT_SIGNER')
  const stranger = revokeOf(world, consent, 'sam')
  t.equal(world.send('consent.revoke', stranger, 'sam').code, 'PROOF_CONSENT')
  t.equal(
    world.send('consent.revoke', { ...own, consent: idOf('x') }, 'pat').code,
    'CONSENT_UNKNOWN',
  )
  t.equal(world.send('consent.revoke', own, 'pat').code, '')
  t.equal(world.send('consent.revoke', own, 'pat').code, 'CONSENT_REVOKED')
})

t.test('a consent tells the insurer and the patient', async (t) => {
  const { world, committee, id } = await ready()
  const scope = { kind: 'buckets', buckets: [bucketOf('pat')] } as const
  const grant = grantOf(world, id, { names: ['pat'], scope })
  const { events } = must(world, 'consent.grant', grant, 'pat')
  const told = new Set(events.map(({ recipient }) => recipient))
  t.same(told, new Set([idOf('payer a'), tagOf('pat').publicKey]))
  const { payload } = openOf(world, committee, {
    target: segmentOf('pat', 0),
    consent: consentId(grant),
  })
  const opened = must(world, 'query.open', payload, 'payer a').events
  t.same(
    new Set(opened.map(({ recipient }) => recipient)),
    new Set([...[1, 2, 3, 4, 5].map((i) => idOf(`server ${i}`)), tagOf('pat').publicKey]),
  )
})
