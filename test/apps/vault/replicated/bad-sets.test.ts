// Queries that end without a result: sets that hold a bad record, and silence.
import t from 'tap'
import { setHash } from '../../../../apps/vault/ids.ts'
import { queryTable } from '../../../../apps/vault/state.ts'
import type { Digest } from '../../../../vm/types.ts'
import { ask, letAsk, readSum, segmentOf, tagOf } from '../cast.ts'
import { must } from '../world.ts'
import { ready, SUM, timeout } from './asking.ts'
import { badRecordOf, recordComplaint, repRespond, sendRecord } from './scene.ts'

t.test(
  'a query over a bad record ends at once without a penalty, and its set is not asked again',
  async (t) => {
    const { world, committee, records, consent } = await ready()
    const id = sendRecord(
      world,
      badRecordOf(world, committee, { name: 'pat', amount: 9n, class: 1 }),
    )
    const all = [...records, id]
    const question = ask(world, committee, { target: segmentOf('pat', 0), consent, fee: 30n })
    const wrong = repRespond(world, committee, { ...question, index: 1, records: all })
    t.equal(wrong.code, 'PROOF_ANSWER', 'an honest holder cannot answer for a wrong share')
    t.equal(timeout(world, question.query), 'DEADLINE_OPEN')
    const before = world.balance('payer a')
    must(
      world,
      'rep.complainRecord',
      recordComplaint(world, committee, { id, index: 1, class: 1 }),
      'server 1',
    )
    t.equal(repRespond(world, committee, { ...question, index: 2, records: all }).code, 'SET_BAD')
    t.equal(timeout(world, question.query), '')
    t.equal(world.balance('payer a') - before, 30n, 'the fee goes back')
    for (const index of [1, 2, 3]) t.equal(world.bond(`server ${index}`).amount, 1_000n)
    t.equal(ask(world, committee, { target: segmentOf('pat', 0), consent }).code, 'SET_BAD')
    const sorted = (ids: readonly Digest[]) =>
      ({ kind: 'records', records: [...ids].sort() }) as const
    const askSet = (ids: readonly Digest[]) => {
      const target = sorted(ids)
      const scope = {
        kind: 'set',
        set: setHash(committee.committee, target),
        tags: [tagOf('pat').publicKey],
      } as const
      const given = letAsk(world, committee.committee, { names: ['pat'], scope })
      return ask(world, committee, { target, consent: given })
    }
    t.equal(askSet(all).code, 'RECORD_BAD')
    const again = askSet(records)
    t.equal(again.code, '', 'nobody had answered: the others may be asked for without it')
    for (const index of [1, 2])
      t.equal(repRespond(world, committee, { ...again, index, records }).code, '')
    t.equal(readSum(world, again), SUM)
    t.equal(askSet(records.slice(1)).code, 'SET_OVERLAPS')
  },
)

t.test(
  'once somebody has answered, the rest of a bad set is asked for by consent only',
  async (t) => {
    const { world, committee, records, consent } = await ready({}, { minimumSetSize: 1 })
    const id = sendRecord(
      world,
      badRecordOf(world, committee, { name: 'pat', amount: 9n, class: 1 }),
    )
    const question = ask(world, committee, { target: segmentOf('pat', 0), consent })
    const answer = { ...question, index: 2, records: [...records, id] }
    t.equal(repRespond(world, committee, answer).code, '', 'server 2 holds the other classes')
    must(
      world,
      'rep.complainRecord',
      recordComplaint(world, committee, { id, index: 1, class: 1 }),
      'server 1',
    )
    const target = { kind: 'records', records: [...records].sort() } as const
    const scope = {
      kind: 'set',
      set: setHash(committee.committee, target),
      tags: [tagOf('pat').publicKey],
    } as const
    const plain = letAsk(world, committee.committee, { names: ['pat'], scope })
    t.equal(ask(world, committee, { target, consent: plain }).code, 'SET_OVERLAPS')
    const waiver = letAsk(world, committee.committee, { names: ['pat'], scope, overlap: true })
    const again = ask(world, committee, { target, consent: waiver })
    t.equal(again.code, '')
    for (const index of [1, 2]) repRespond(world, committee, { ...again, index, records })
    t.equal(readSum(world, again), SUM)
    t.ok(queryTable.get(world.state(), again.query))
  },
)

t.test('silence costs more each time, and only those whose class nobody answered', async (t) => {
  const { world, committee, records, open } = await ready()
  const bonds = () => [1, 2, 3].map((index) => world.bond(`server ${index}`).amount)
  const ends: (readonly bigint[])[] = []
  for (let round = 0; round < 3; round++) {
    const question = open()
    // Class 3 stays open: servers 2 and 3 hold it, and that server 2 answered for class 2 is no excuse.
    for (const index of [1, 2])
      repRespond(world, committee, { ...question, index, records, classes: [index] })
    world.wait(60_000)
    t.equal(timeout(world, question.query), '')
    t.equal(timeout(world, question.query), 'QUERY_CLOSED')
    ends.push(bonds())
  }
  t.strictSame(ends, [
    [1_000n, 990n, 990n],
    [1_000n, 970n, 970n],
    [1_000n, 930n, 930n],
  ])
  t.equal(world.burned(), 140n)
})
