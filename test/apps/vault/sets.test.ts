// Which sets may be asked for: minimum size, segments, and the pin rule.
import t from 'tap'
import { setHash } from '../../../apps/vault/ids.ts'
import { queryOpen } from '../../../apps/vault/query-open.ts'
import { getBucket, putBucket, queryTable, recordTable } from '../../../apps/vault/state.ts'
import { noSums } from '../../../apps/vault/sums.ts'
import { sumRecords } from '../../../client/vault/query.ts'
import { recordIds } from '../../../client/vault/record.ts'
import { assert } from '../../../vm/assert.ts'
import { createOverlay } from '../../../vm/state.ts'
import type { Digest } from '../../../vm/types.ts'
import {
  ask,
  batchOf,
  bucketOf,
  hexOf,
  invoiceOf,
  letAsk,
  letAskBucket,
  letWrite,
  openOf,
  type Question,
  readSum,
  recordAmounts,
  respond,
  segmentOf,
  tagOf,
} from './cast.ts'
import { deal, type Ready } from './dealing.ts'
import { createWorld, idOf, must, type World } from './world.ts'

async function ready(changes: Parameters<typeof createWorld>[0] = {}) {
  const world = await createWorld(changes)
  const committee = deal(world)
  letWrite(world, 'pat', 'sam')
  const consent = letAskBucket(world, committee.committee, 'pat', { maxUses: 1_000 })
  const record = (amounts: readonly bigint[], name = 'pat') =>
    recordAmounts(world, committee, { name, amounts })
  return { world, committee, consent, record, id: committee.committee }
}

function answerAll(world: World, committee: Ready, question: Question): bigint | undefined {
  for (const index of [1, 2, 3]) respond(world, committee, { ...question, index })
  return readSum(world, question)
}

t.test('a set has at least the minimum of records unless the consent waives it', async (t) => {
  const { world, committee, consent, record, id } = await ready()
  const target = segmentOf('pat', 0)
  t.equal(ask(world, committee, { target, consent }).code, 'SET_TOO_SMALL', 'an empty bucket')
  record([5n, 6n])
  t.equal(ask(world, committee, { target, consent }).code, 'SET_TOO_SMALL')
  record([7n])
  const question = ask(world, committee, { target, consent })
  t.equal(question.code, '', 'the refused queries have left the segment open')
  t.equal(answerAll(world, committee, question), 18n)
  record([9n])
  const next = segmentOf('pat', 1)
  t.equal(ask(world, committee, { target: next, consent }).code, 'SET_TOO_SMALL')
  const waived = letAskBucket(world, id, 'pat', { single: true })
  const single = ask(world, committee, { target: next, consent: waived })
  t.equal(answerAll(world, committee, single), 9n)
})

t.test('records of nothing count, and a patient who sees them asks for more records', async (t) => {
  const { world, committee, consent, record, id } = await ready()
  const target = segmentOf('pat', 0)
  record([0n, 0n, 50n])
  const wary = letAskBucket(world, id, 'pat', { minimum: 5 })
  t.equal(ask(world, committee, { target, consent: wary }).code, 'SET_TOO_SMALL')
  record([60n])
  t.equal(ask(world, committee, { target, consent: wary }).code, 'SET_TOO_SMALL', 'two invoices')
  const both = letAskBucket(world, id, 'pat', { minimum: 5, single: true })
  t.equal(ask(world, committee, { target, consent: both }).code, 'SET_TOO_SMALL')
  record([70n])
  t.equal(answerAll(world, committee, ask(world, committee, { target, consent: wary })), 180n)
  // The ledger cannot tell: with the minimum of the genesis alone a writer's nothings tell an invoice.
  record([0n, 0n, 90n])
  const next = ask(world, committee, { target: segmentOf('pat', 1), consent })
  t.equal(answerAll(world, committee, next), 90n)
})

t.test(
  'a growing bucket is asked segment by segment, and a closed one again as it is',
  async (t) => {
    const { world, committee, consent, record, id } = await ready()
    const at = (segment: number) => segmentOf('pat', segment)
    record([1n, 2n, 3n])
    t.equal(answerAll(world, committee, ask(world, committee, { target: at(0), consent })), 6n)
    record([10n, 20n, 30n, 40n])
    t.equal(ask(world, committee, { target: at(2), consent }).code, 'SEGMENT_UNKNOWN')
    t.equal(answerAll(world, committee, ask(world, committee, { target: at(0), consent })), 6n)
    t.equal(answerAll(world, committee, ask(world, committee, { target: at(1), consent })), 100n)
    const foreign = letAskBucket(world, id, 'pat', { insurer: idOf('payer b') })
    const second = ask(world, committee, { target: at(0), consent: foreign, payer: 'payer b' })
    t.equal(
      answerAll(world, committee, second),
      6n,
      'a second insurer with its own key and consent',
    )
    const answer = await world.query('vault.bucket', { committee: id, bucket: bucketOf('pat') })
    t.match(answer, {
      ok: true,
      result: {
        open: { segment: 2, count: 0 },
        closed: [
          { segment: 1, count: 4 },
          { segment: 0, count: 3 },
        ],
      },
    })
  },
)

/** Consents for exact sets, one each. */
function askRecords(
  { world, committee, id }: { world: World; committee: Ready; id: Digest },
  records: readonly Digest[],
  terms: object = {},
) {
  const target = { kind: 'records', records } as const
  const scope = { kind: 'set', set: setHash(id, target), tags: [tagOf('pat').publicKey] } as const
  const consent = letAsk(world, id, { names: ['pat'], scope, ...terms })
  return ask(world, committee, { target, consent })
}

t.test(
  'sets that were asked for are identical or disjoint: every overlap is refused',
  async (t) => {
    const base = await ready()
    const { world, committee, consent, record } = base
    const all = [...record([1n, 2n, 4n, 8n, 16n, 32n])].sort()
    const subsets = Array.from({ length: 2 ** 6 }, (_, mask) =>
      all.filter((_, place) => (mask >> place) & 1),
    ).filter((subset) => subset.length >= 3)
    const asked = subsets.find((subset) => subset.length === 3)
    assert(asked, 'a set of three')
    const rest = all.filter((record) => !asked.includes(record))
    t.equal(askRecords(base, asked).code, '')
    for (const subset of subsets) {
      const isSame = subset.join() === asked.join()
      const isDisjoint = subset.join() === rest.join()
      if (!isSame && !isDisjoint)
        t.equal(askRecords(base, subset).code, 'SET_OVERLAPS', subset.length.toString())
    }
    t.equal(askRecords(base, asked).code, '', 'the same set again')
    const question = ask(world, committee, { target: segmentOf('pat', 0), consent })
    t.equal(question.code, '', 'the open segment is what was not asked for')
    t.equal(queryTable.get(world.state(), question.query)?.count, 3)
    const whole = answerAll(world, committee, question)
    const first = answerAll(world, committee, askRecords(base, asked))
    t.equal((whole ?? 0n) + (first ?? 0n), 63n)
    t.equal(askRecords(base, rest).code, 'SET_OVERLAPS', 'a list is never the segment')
  },
)

t.test('pins stay when a query times out, also after t − 1 responses', async (t) => {
  const base = await ready({ queryDeadlineMs: 1_000, openQueriesMax: 1 })
  const { world, committee, consent, record } = base
  const recorded = record([1n, 2n, 4n, 8n])
  const all = [...recorded].sort()
  const three = all.slice(0, 3)
  const question = askRecords(base, three)
  for (const index of [1, 2]) respond(world, committee, { ...question, index })
  world.wait(1_000)
  const payload = { account: idOf('payer a'), query: question.query }
  must(world, 'query.timeout', payload, 'payer a')
  t.equal(askRecords(base, all).code, 'SET_OVERLAPS')
  t.equal(ask(world, committee, { target: segmentOf('pat', 0), consent }).code, 'SET_TOO_SMALL')
  const left = recorded.findIndex((record) => !three.includes(record))
  t.equal(answerAll(world, committee, askRecords(base, three)), 15n - 2n ** BigInt(left))
})

t.test('a set is named once, in order, without void or unknown records', async (t) => {
  const base = await ready()
  const { world, record } = base
  const all = [...record([1n, 2n, 4n, 8n])].sort()
  const [first = idOf('none')] = all
  t.equal(askRecords(base, [...all].reverse()).code, 'SET_ORDER')
  t.equal(askRecords(base, [first, ...all]).code, 'SET_ORDER')
  t.equal(
    askRecords(base, [...all.slice(0, 3), `0x${'ff'.repeat(32)}` as Digest]).code,
    'RECORD_UNKNOWN',
  )
  const taken = { account: idOf('hospital desk'), record: first, reason: 'withdrawn' }
  must(world, 'vault.void', taken, 'hospital desk')
  t.equal(askRecords(base, all).code, 'RECORD_VOID')
  t.equal(askRecords(base, all.slice(1)).code, '')
})

t.test('the consent’s flag lets sets overlap and moves no pin', async (t) => {
  const base = await ready()
  const { world, committee, consent, record } = base
  const all = [...record([1n, 2n, 4n, 8n])].sort()
  t.equal(askRecords(base, all, { overlap: true }).code, '')
  t.equal(askRecords(base, all.slice(1), { overlap: true }).code, '')
  const question = ask(world, committee, { target: segmentOf('pat', 0), consent })
  t.equal(answerAll(world, committee, question), 15n, 'nothing was pinned or taken out')
  t.equal(askRecords(base, all).code, 'SET_OVERLAPS')
})

t.test('a sum that nobody could answer is not asked for', async (t) => {
  const { world, committee, consent, record, id } = await ready()
  record([1n, 2n, 3n])
  // Nobody can make the sum of R vanish without a discrete logarithm, so the state is set by hand.
  const overlay = createOverlay(world.state())
  const place = { committee: id, bucket: bucketOf('pat') }
  const open = getBucket(overlay, place)
  assert(open, 'an open segment')
  putBucket(overlay, place, { ...open, sums: noSums })
  const { payload } = openOf(world, committee, { target: segmentOf('pat', 0), consent })
  const { chainId } = world
  const signers = [idOf('payer a')]
  const block = { chainId, engine: 'pbft', height: 99, timeMs: world.now() } as const
  const context = { ...block, txId: idOf('tx'), item: 0, signers }
  const decoded = queryOpen.payload.fromCbor(queryOpen.payload.toCbor(payload as never))
  t.match(queryOpen.execute(overlay, decoded, context), { ok: false, code: 'SUM_IDENTITY' })
})

t.test('what a server sums itself is what the query states', async (t) => {
  const { world, committee, consent, record, id } = await ready()
  record([1n, 2n, 3n])
  const batch = batchOf(world, committee, [invoiceOf('pat', 4n, 'x'), invoiceOf('sam', 5n, 'y')])
  must(world, 'vault.recordBatch', batch, 'hospital desk')
  const question = ask(world, committee, { target: segmentOf('pat', 0), consent })
  const page = { committee: id, bucket: bucketOf('pat'), segment: 0, from: null, limit: 2 }
  const first = await world.query('vault.segment', page)
  assert(first.ok, 'the segment')
  type Page = { records: readonly Digest[]; next: Digest }
  const { records, next } = first.result as Page
  const second = await world.query('vault.segment', { ...page, from: next, limit: 10 })
  assert(second.ok, 'the segment')
  const all = [...records, ...(second.result as Page).records]
  t.same(new Set(all).size, 4)
  t.ok(all.includes(recordIds(batch)[0] ?? idOf('none')))
  const states = all.map((record) => {
    const found = recordTable.get(world.state(), record)
    assert(found, 'the record')
    return found
  })
  t.same(hexOf(sumRecords(states)), hexOf(queryTable.get(world.state(), question.query)?.sums))
})
