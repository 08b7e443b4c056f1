// Reversals: what was asked for is corrected by its negative, once, and the sums that follow are right.
import t from 'tap'
import { recordId, reversalId, setHash } from '../../../apps/vault/ids.ts'
import { SEGMENT_RECORDS_MAX } from '../../../apps/vault/records.ts'
import { getBucket, putBucket, recordTable } from '../../../apps/vault/state.ts'
import { sumRecords } from '../../../client/vault/query.ts'
import { readScalarAnswer } from '../../../client/vault/replicated/answer.ts'
import { assert } from '../../../vm/assert.ts'
import type { Digest } from '../../../vm/types.ts'
import {
  ask,
  bucketOf,
  hexOf,
  letAsk,
  letAskBucket,
  letWrite,
  type Question,
  readSum,
  recordAmounts,
  respond,
  segmentOf,
  tagOf,
} from './cast.ts'
import { deal, type Ready } from './dealing.ts'
import { disputeOf, toldRecordOf } from './receipts.ts'
import {
  askedSum,
  badRecordOf,
  dealRep,
  OWNER,
  recordComplaint,
  recordRep,
  repRespond,
  scalarRespondOf,
  sendRecord,
} from './replicated/scene.ts'
import { createWorld, idOf, must, suite, type World } from './world.ts'

async function ready() {
  const world = await createWorld()
  const committee = deal(world)
  letWrite(world, 'pat', 'sam')
  const consent = letAskBucket(world, committee.committee, 'pat', { maxUses: 100 })
  const record = (...amounts: readonly bigint[]) =>
    recordAmounts(world, committee, { name: 'pat', amounts })
  return { world, committee, consent, record, id: committee.committee }
}

const reverse = (world: World, record: Digest, name = OWNER) =>
  world.send('vault.reverse', { account: idOf(name), record }, name)

function answerAll(world: World, committee: Ready, question: Question): bigint | undefined {
  for (const index of [1, 2, 3]) respond(world, committee, { ...question, index })
  return readSum(world, question)
}

t.test(
  'the negative is a record of the open segment, and the sums of all segments are right',
  async (t) => {
    const { world, committee, consent, record } = await ready()
    const [wrong] = record(1_000n, 20n, 30n)
    assert(wrong, 'a record')
    const askFor = (segment: number) =>
      ask(world, committee, { target: segmentOf('pat', segment), consent })
    t.equal(answerAll(world, committee, askFor(0)), 1_050n)
    const { code, events } = reverse(world, wrong)
    t.equal(code, '')
    t.match(events, [
      { recipient: tagOf('pat').publicKey, kind: 'vault.reversed', reference: wrong },
    ])
    record(1n, 2n, 3n)
    t.equal(answerAll(world, committee, askFor(1)), -994n, 'a sum may be negative')
    t.equal(answerAll(world, committee, askFor(0)), 1_050n, 'what was asked for stays what it was')
    const page = { committee: committee.committee, bucket: bucketOf('pat'), segment: 1 }
    const answer = await world.query('vault.segment', { ...page, from: null, limit: 9 })
    assert(answer.ok, 'a segment')
    const { records } = answer.result as { readonly records: readonly Digest[] }
    t.equal(records.length, 4)
    t.ok(records.includes(reversalId(wrong)))
    const points = records.map((id) => {
      const found = recordTable.get(world.state(), id)
      assert(found, 'a record')
      return found
    })
    const first = recordTable.get(world.state(), wrong)
    const negative = recordTable.get(world.state(), reversalId(wrong))
    assert(first && negative, 'both')
    t.same(hexOf(sumRecords([first, negative])), hexOf(sumRecords([])))
    t.equal(points.filter(({ reverses }) => reverses === wrong).length, 1)
  },
)

t.test(
  'a record is reversed once, by its writer’s organization, and only after somebody asked',
  async (t) => {
    const { world, committee, consent, record } = await ready()
    const [one, two] = record(1n, 2n, 3n)
    assert(one && two, 'records')
    t.equal(reverse(world, one).code, 'RECORD_FREE')
    t.equal(ask(world, committee, { target: segmentOf('pat', 0), consent }).code, '')
    t.equal(reverse(world, one, 'clinic desk').code, 'WRITER_NOT_ALLOWED')
    t.equal(reverse(world, one, 'pat').code, 'ROLE_MISSING')
    t.equal(
      world.send('vault.reverse', { account: idOf(OWNER), record: one }, 'clinic desk').code,
      'NOT_SIGNER',
    )
    t.equal(reverse(world, idOf('none')).code, 'RECORD_UNKNOWN')
    t.equal(reverse(world, one, 'second desk').code, '', 'a colleague')
    t.equal(reverse(world, one).code, 'RECORD_REVERSED')
    t.equal(reverse(world, reversalId(one)).code, 'RECORD_REVERSAL')
    const voiding = { account: idOf(OWNER), record: reversalId(one), reason: 'error' }
    t.equal(world.send('vault.void', voiding, OWNER).code, 'RECORD_REVERSAL')
    const [free] = record(4n)
    assert(free, 'a record')
    must(world, 'vault.void', { account: idOf(OWNER), record: free, reason: 'error' }, OWNER)
    t.equal(reverse(world, free).code, 'RECORD_VOID')
    const place = { committee: committee.committee, bucket: bucketOf('pat') }
    const open = getBucket(world.state(), place)
    assert(open, 'an open segment')
    world.change((state) => putBucket(state, place, { ...open, count: SEGMENT_RECORDS_MAX }))
    t.equal(reverse(world, two).code, 'SEGMENT_FULL')
  },
)

t.test('reversals do not count towards the least number of records', async (t) => {
  const { world, committee, consent, record, id } = await ready()
  const first = record(1n, 2n, 4n, 8n)
  const target = segmentOf('pat', 1)
  t.equal(ask(world, committee, { target: segmentOf('pat', 0), consent }).code, '')
  // Without this rule ΣQ and the sum of three reversals would give the fourth invoice.
  for (const record of first.slice(0, 3)) t.equal(reverse(world, record).code, '')
  t.equal(ask(world, committee, { target, consent }).code, 'SET_TOO_SMALL')
  const records = first.slice(0, 3).map(reversalId).sort()
  const named = { kind: 'records', records } as const
  const scope = { kind: 'set', set: setHash(id, named), tags: [tagOf('pat').publicKey] } as const
  const exact = letAsk(world, id, { names: ['pat'], scope })
  t.equal(ask(world, committee, { target: named, consent: exact }).code, 'SET_TOO_SMALL')
  const waived = letAskBucket(world, id, 'pat', { single: true })
  t.equal(answerAll(world, committee, ask(world, committee, { target, consent: waived })), -7n)
})

t.test(
  'a record asked for by its id leaves its segment, and so does what reverses it',
  async (t) => {
    const { world, committee, consent, record, id } = await ready()
    const records = [...record(10n, 20n, 30n, 40n)].sort()
    const named = { kind: 'records', records: records.slice(0, 3) } as const
    const scope = { kind: 'set', set: setHash(id, named), tags: [tagOf('pat').publicKey] } as const
    const exact = letAsk(world, id, { names: ['pat'], scope })
    const asked = answerAll(
      world,
      committee,
      ask(world, committee, { target: named, consent: exact }),
    )
    assert(asked !== undefined && records[0], 'a sum')
    t.equal(reverse(world, records[0]).code, '')
    record(1n, 2n)
    const rest = answerAll(
      world,
      committee,
      ask(world, committee, { target: segmentOf('pat', 0), consent }),
    )
    assert(rest !== undefined, 'a sum')
    const original = [10n, 20n, 30n, 40n].map((amount) => 103n - amount)
    t.ok(original.includes(asked + rest), 'both sums together lack one record')
  },
)

t.test('once a receipt was proven wrong, anybody reverses the record', async (t) => {
  const { world, committee, consent, record } = await ready()
  const payload = toldRecordOf(world, committee, { name: 'pat', amount: 10n, told: 5n })
  must(world, 'vault.record', payload, OWNER)
  const id = recordId(payload)
  record(1n, 2n)
  t.equal(ask(world, committee, { target: segmentOf('pat', 0), consent }).code, '')
  t.equal(reverse(world, id, 'sam').code, 'ROLE_MISSING')
  must(world, 'receipt.dispute', disputeOf(world, { id, box: payload.box, name: 'pat' }), 'pat')
  t.equal(
    world.send('vault.reverse', { account: idOf('pat'), record: id }, 'sam').code,
    'NOT_SIGNER',
  )
  t.equal(reverse(world, id, 'sam').code, '')
  record(4n, 5n, 6n)
  t.equal(
    answerAll(world, committee, ask(world, committee, { target: segmentOf('pat', 1), consent })),
    5n,
  )
})

t.test('a receipt of a reversed record, or of a reversal, is not disputed', async (t) => {
  const { world, committee, consent, record } = await ready()
  const payload = toldRecordOf(world, committee, { name: 'pat', amount: 10n, told: 5n })
  must(world, 'vault.record', payload, OWNER)
  const id = recordId(payload)
  record(1n, 2n)
  t.equal(ask(world, committee, { target: segmentOf('pat', 0), consent }).code, '')
  const dispute = disputeOf(world, { id, box: payload.box, name: 'pat' })
  must(world, 'vault.reverse', { account: idOf(OWNER), record: id }, OWNER)
  t.equal(world.send('receipt.dispute', dispute, 'pat').code, 'RECORD_REVERSED')
  const negative = disputeOf(world, { id: reversalId(id), box: payload.box, name: 'pat' })
  t.equal(world.send('receipt.dispute', negative, 'pat').code, 'RECORD_REVERSAL')
})

for (const answers of ['masked', 'scalar'] as const)
  t.test(
    `a replicated record is reversed by the negatives of its shares: ${answers}`,
    async (t) => {
      const world = await createWorld()
      const committee = dealRep(world, { answers })
      letWrite(world, 'pat')
      const records = recordRep(world, committee, { name: 'pat', amounts: [1_000n, 20n, 30n] })
      const consent = letAskBucket(world, committee.committee, 'pat', { maxUses: 100 })
      const [wrong] = records
      assert(wrong, 'a record')
      t.equal(ask(world, committee, { target: segmentOf('pat', 0), consent }).code, '')
      t.equal(reverse(world, wrong).code, '')
      const more = recordRep(world, committee, { name: 'pat', amounts: [1n, 2n, 3n] })
      const question = ask(world, committee, { target: segmentOf('pat', 1), consent })
      t.equal(question.code, '')
      const asked = { query: question.query, records: [...more, reversalId(wrong)] }
      if (answers === 'masked') {
        for (const index of [1, 2])
          t.equal(repRespond(world, committee, { ...asked, index }).code, '')
        t.equal(readSum(world, question), -994n)
      } else {
        const payload = scalarRespondOf(world, committee, { ...asked, index: 1 })
        const [answer] = payload.answers
        assert(answer, 'an answer')
        const found = readScalarAnswer(
          suite.group,
          { ...answer, query: question.query, index: 1 },
          {
            answerSecret: question.answerSecret,
            sum: askedSum(world, question.query, answer.class),
          },
        )
        t.ok(found, 'the sums open what the ledger summed')
      }
      const complaint = recordComplaint(world, committee, {
        id: reversalId(wrong),
        index: 1,
        class: 1,
      })
      t.equal(world.send('rep.complainRecord', complaint, 'server 1').code, 'RECORD_REVERSAL')
    },
  )

t.test('a bad replicated record is not reversed', async (t) => {
  const world = await createWorld()
  const committee = dealRep(world)
  letWrite(world, 'pat')
  const bad = sendRecord(
    world,
    badRecordOf(world, committee, { name: 'pat', amount: 5n, class: 1 }),
  )
  const [other] = recordRep(world, committee, { name: 'pat', amounts: [1n, 2n] })
  assert(other, 'a record')
  const consent = letAskBucket(world, committee.committee, 'pat')
  t.equal(ask(world, committee, { target: segmentOf('pat', 0), consent }).code, '')
  must(
    world,
    'rep.complainRecord',
    recordComplaint(world, committee, { id: bad, index: 1, class: 1 }),
    'server 1',
  )
  t.equal(reverse(world, bad).code, 'RECORD_BAD')
  // Nobody had answered for the set, so it is given up: its other records are as free as if nobody had asked.
  t.equal(reverse(world, other).code, 'RECORD_FREE')
  const voiding = { account: idOf(OWNER), record: other, reason: 'error' }
  t.equal(world.send('vault.void', voiding, OWNER).code, '')
})
