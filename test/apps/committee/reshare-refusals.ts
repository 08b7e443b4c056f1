// Refusals around a resharing; refusals.test.ts runs them with the others.
import t from 'tap'
import { buildDeal } from '../../../client/committee/deal.ts'
import { createWorld, idOf, must, suite } from '../vault/world.ts'
import { dealPlanOf, keysetOf, memberNames, offerAll, reshareOf, startOf, windows } from './cast.ts'
import { make } from './conversation.ts'
import { refusal } from './refusal.ts'
import { garbageTo } from './spoiled.ts'

const { group } = suite
const place = { keyset: keysetOf(), epoch: 1 }
const terms = { members: memberNames(4), threshold: 3 }

t.test(
  'a resharing is opened by the sponsor or by enough members, and one at a time',
  async (t) => {
    const world = await createWorld()
    const early = reshareOf({ ...place, names: [] } as never, terms)
    t.equal(refusal(world, ['dkg.reshare', early, 'hospital desk']), 'KEYSET_UNKNOWN')
    must(world, 'dkg.start', startOf(terms), 'hospital desk')
    t.equal(refusal(world, ['dkg.reshare', early, 'hospital desk']), 'KEYSET_INACTIVE')
    world.wait(windows.offerMs)
    must(world, 'dkg.start', startOf({ ...terms, epoch: 2 }), 'hospital desk')
    world.wait(windows.offerMs)
    const made = make(world, { ...terms, epoch: 3 }, { noAck: [4] })
    const next = { members: memberNames(4, 5), threshold: 2 }
    const payload = reshareOf(made, next)
    const reshare = (changes: object, ...signers: string[]) =>
      refusal(world, ['dkg.reshare', { ...payload, ...changes }, ...signers])
    t.equal(reshare({}, 'server 1'), 'NOT_SIGNER')
    const by1 = { account: idOf('server 1') }
    t.equal(reshare(by1, 'server 1'), 'RESHARE_RIGHT')
    t.equal(reshare(by1, 'server 1', 'server 2'), 'RESHARE_RIGHT', 't - 1 members')
    t.equal(
      reshare(by1, 'server 1', 'server 2', 'server 4'),
      'RESHARE_RIGHT',
      'one never acknowledged',
    )
    t.equal(reshare({ epoch: 3 }, 'hospital desk'), 'EPOCH_WRONG')
    t.equal(reshare({ threshold: 5 }, 'hospital desk'), 'COMMITTEE_SIZE')
    t.equal(reshare({ members: [idOf('pat'), idOf('sam')] }, 'hospital desk'), 'COMMITTEE_SIZE')
    const strangers = { members: ['pat', 'sam', 'server 5', 'server 6'].map(idOf) }
    t.equal(reshare(strangers, 'hospital desk'), 'COMMITTEE_MEMBERS')
    must(world, 'dkg.reshare', { ...payload, ...by1 }, 'server 1', 'server 2', 'server 3')
    t.equal(reshare({ epoch: 5 }, 'hospital desk'), 'KEYSET_PENDING')
  },
)

t.test('a resharer deals its old share, from its old seat', async (t) => {
  const world = await createWorld()
  const made = make(world, terms, { noAck: [4] })
  must(
    world,
    'dkg.reshare',
    reshareOf(made, { members: memberNames(3, 6), threshold: 2 }),
    'hospital desk',
  )
  const at = { keyset: made.keyset, epoch: 2 }
  offerAll(world, at, memberNames(3, 6))
  const dealing = (name: string, index: number, oldShares = made.shares.get(index) ?? []) =>
    buildDeal(group, dealPlanOf(world, at, { name, index, oldShares }))
  const deal = (payload: object, signer: string) => refusal(world, ['dkg.deal', payload, signer])
  const other = made.shares.get(2) ?? []
  t.equal(deal(dealing('server 1', 1, other), 'server 1'), 'SECRET_DIFFERS', 'another share')
  const fresh = buildDeal(group, dealPlanOf(world, at, { name: 'server 1', index: 1 }))
  t.equal(deal(fresh, 'server 1'), 'SECRET_DIFFERS', 'a fresh secret')
  t.equal(deal(dealing('server 1', 2), 'server 1'), 'NOT_MEMBER', 'the seat of another')
  t.equal(deal(dealing('server 4', 4, other), 'server 4'), 'NOT_MEMBER', 'it never acknowledged')
  t.equal(deal(dealing('server 6', 1), 'server 6'), 'NOT_MEMBER', 'a new member')
  must(world, 'dkg.deal', dealing('server 1', 1), 'server 1')
})

t.test('who was at fault gets no seat of the keyset again', async (t) => {
  const world = await createWorld()
  const made = make(world, terms, { deals: { 2: garbageTo(1) } })
  const payload = reshareOf(made, { members: ['server 2', 'server 5', 'server 6'], threshold: 2 })
  t.equal(refusal(world, ['dkg.reshare', payload, 'hospital desk']), 'MEMBER_BARRED')
  const elsewhere = startOf({ word: 'another keyset', ...terms })
  must(world, 'dkg.start', elsewhere, 'hospital desk')
})

t.test('keys of a beacon and of a market are not reshared', async (t) => {
  for (const purpose of ['beacon', 'market'] as const) {
    const world = await createWorld()
    const made = make(world, { ...terms, purposes: ['vault', purpose] })
    const payload = reshareOf(made, { members: memberNames(3, 6), threshold: 2 })
    t.equal(refusal(world, ['dkg.reshare', payload, 'hospital desk']), 'RESHARE_PURPOSE')
  }
})
