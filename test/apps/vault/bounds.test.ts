// Sums stay below 2^48, sets below their bounds, and a consent that ends stops questions, not answers.
import t from 'tap'
import { QUERY_RECORDS_MAX } from '../../../apps/vault/fields.ts'
import { consentId } from '../../../apps/vault/ids.ts'
import { queryOpen } from '../../../apps/vault/query-open.ts'
import { SEGMENT_RECORDS_MAX } from '../../../apps/vault/records.ts'
import { getBucket, putBucket } from '../../../apps/vault/state.ts'
import { buildConsentRevoke } from '../../../client/vault/consent.ts'
import { createAddress } from '../../../client/vault/tags.ts'
import { assert } from '../../../vm/assert.ts'
import {
  ask,
  batchOf,
  bucketOf,
  grantOf,
  invoiceOf,
  letAskBucket,
  letWrite,
  readSum,
  recordAmounts,
  respond,
  segmentOf,
  tagOf,
} from './cast.ts'
import { deal } from './dealing.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from './world.ts'

const DESK = 'hospital desk'

async function ready() {
  const world = await createWorld()
  const committee = deal(world)
  letWrite(world, 'pat', 'sam')
  return { world, committee, id: committee.committee }
}

type Ready = Awaited<ReturnType<typeof ready>>['committee']

const numbered = (count: number, word: string, name = 'pat') =>
  Array.from({ length: count }, (_, i) => invoiceOf(name, 1n, `${word} ${i}`))

/** Pretends that the open segment has so many records. */
function fill(world: World, committee: Ready, count: number): void {
  const place = { committee: committee.committee, bucket: bucketOf('pat') }
  const open = getBucket(world.state(), place)
  assert(open, 'an open segment')
  world.change((state) => putBucket(state, place, { ...open, count }))
}

t.test('a segment takes no more records than a sum below 2^48 allows', async (t) => {
  const { world, committee } = await ready()
  recordAmounts(world, committee, { name: 'pat', amounts: [1n] })
  const send = (batch: object) => world.send('vault.recordBatch', batch, DESK).code
  fill(world, committee, SEGMENT_RECORDS_MAX - 2)
  t.equal(send(batchOf(world, committee, numbered(3, 'three'))), 'SEGMENT_FULL', 'none of them')
  t.equal(send(batchOf(world, committee, numbered(2, 'two'))), '', 'the last two')
  t.equal(send(batchOf(world, committee, numbered(1, 'one'))), 'SEGMENT_FULL')
  const mixed = [...numbered(1, 'mixed sam', 'sam'), ...numbered(1, 'mixed pat')]
  t.equal(send(batchOf(world, committee, mixed)), 'SEGMENT_FULL')
  const { address } = createAddress(suite.group, entropyOf('full'))
  const stealthy = numbered(1, 'one-time').map((invoice) => ({
    ...invoice,
    tag: address.spendKey,
    scanKey: address.scanKey,
  }))
  t.equal(send(batchOf(world, committee, stealthy)), '', 'a one-time record is in no segment')
  t.ok(BigInt(SEGMENT_RECORDS_MAX) * (2n ** 32n - 1n) < 2n ** 48n)
  t.ok(BigInt(QUERY_RECORDS_MAX) * (2n ** 32n - 1n) < 2n ** 48n)
})

t.test('sums of the largest amounts, and their negatives, are read', async (t) => {
  const { world, committee, id } = await ready()
  const max = 2n ** 32n - 1n
  const consent = letAskBucket(world, id, 'pat')
  const sumOf = (segment: number) => {
    const asked = ask(world, committee, { target: segmentOf('pat', segment), consent })
    t.equal(asked.code, '')
    for (const index of [1, 2, 3]) respond(world, committee, { query: asked.query, index })
    return readSum(world, asked)
  }
  const records = recordAmounts(world, committee, { name: 'pat', amounts: [max, max, max] })
  t.equal(sumOf(0), 3n * max)
  for (const record of records) must(world, 'vault.reverse', { account: idOf(DESK), record }, DESK)
  recordAmounts(world, committee, { name: 'pat', amounts: [0n, 1n, 0n] })
  t.equal(sumOf(1), 1n - 3n * max)
})

t.test('a query names at most so many records', async (t) => {
  const { payload } = queryOpen
  const example = queryOpen.example as Readonly<Record<string, never>>
  const named = (count: number) => {
    const records = Array.from({ length: count }, (_, i) => `0x${i.toString(16).padStart(64, '0')}`)
    return payload.fromJson({ ...example, target: { kind: 'records', records } })
  }
  t.ok(named(QUERY_RECORDS_MAX))
  t.throws(() => named(QUERY_RECORDS_MAX + 1))
  t.throws(() => named(0))
})

t.test('a consent that ends stops new questions; one that was asked is answered', async (t) => {
  const { world, committee, id } = await ready()
  recordAmounts(world, committee, { name: 'pat', amounts: [1n, 2n, 3n] })
  const scope = { kind: 'buckets', buckets: [bucketOf('pat')] } as const
  const grant = grantOf(world, id, { names: ['pat'], scope })
  must(world, 'consent.grant', grant, 'pat')
  const consent = consentId(grant)
  const target = segmentOf('pat', 0)
  const asked = ask(world, committee, { target, consent })
  const { publicKey, secret } = tagOf('pat')
  const revoke = buildConsentRevoke(
    suite.group,
    { account: idOf('pat'), consent, scope },
    {
      chainId: world.chainId,
      tagSecrets: new Map([[publicKey, secret]]),
      entropy: entropyOf('end'),
    },
  )
  must(world, 'consent.revoke', revoke, 'pat')
  t.equal(ask(world, committee, { target, consent }).code, 'CONSENT_REVOKED')
  for (const index of [1, 2, 3])
    t.equal(respond(world, committee, { query: asked.query, index }).code, '')
  t.equal(readSum(world, asked), 6n)
})

t.test('a consent is good until the very millisecond it names', async (t) => {
  const { world, committee, id } = await ready()
  recordAmounts(world, committee, { name: 'pat', amounts: [1n, 2n, 3n] })
  const target = segmentOf('pat', 0)
  const expiresAt = world.now() + 1_000
  const consent = letAskBucket(world, id, 'pat', { expiresAt })
  // Each block of this world is one millisecond after the last.
  world.wait(expiresAt - world.now() - 1)
  t.equal(ask(world, committee, { target, consent }).code, '')
  t.equal(ask(world, committee, { target, consent }).code, 'CONSENT_EXPIRED')
})
