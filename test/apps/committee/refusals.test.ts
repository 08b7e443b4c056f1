// Every way in which the committee says no, and that nothing changes then.
import t from 'tap'
import { codes } from '../../../apps/committee/codes.ts'
import { buildDeal } from '../../../client/committee/deal.ts'
import { buildAck } from '../../../client/committee/seat.ts'
import { assert } from '../../../vm/assert.ts'
import { createWorld, idOf, must, suite } from '../vault/world.ts'
import {
  complaintOf,
  dealPlanOf,
  dealtTo,
  epochOf,
  inForce,
  keysetOf,
  memberNames,
  offerAll,
  offerOf,
  startOf,
  windows,
} from './cast.ts'
import { handOver, make } from './conversation.ts'
import { refusal, seen } from './refusal.ts'
import './reshare-refusals.ts'
import { garbageTo } from './spoiled.ts'

const { group } = suite
const place = { keyset: keysetOf(), epoch: 1 }
const terms = { members: memberNames(4), threshold: 3 }

t.test(
  'a start names sizes that fit, helpers of distinct organizations, its own epoch',
  async (t) => {
    const world = await createWorld()
    const start = (changes: object, signer = 'hospital desk') =>
      refusal(world, ['dkg.start', { ...startOf(terms), ...changes }, signer])
    t.equal(start({}, 'server 1'), 'NOT_SIGNER')
    t.equal(start({ purposes: ['vault', 'records', 'vault'] }), 'PURPOSES')
    t.equal(start({ epoch: 2 }), 'EPOCH_WRONG')
    t.equal(start({ threshold: 5 }), 'COMMITTEE_SIZE')
    t.equal(start({ minimum: 2 }), 'COMMITTEE_SIZE', 'below n - f')
    t.equal(start({ threshold: 4, minimum: 3 }), 'COMMITTEE_SIZE', 'below t')
    t.equal(start({ minimum: 5 }), 'COMMITTEE_SIZE')
    const sixteen = { members: memberNames(16).map(idOf), threshold: 11, minimum: 11 }
    t.equal(start({ ...sixteen, purposes: ['vault', 'records'] }), 'COMMITTEE_SIZE', '352 points')
    const withMember = (name: string) => ({ members: [...memberNames(3), name].map(idOf) })
    t.equal(start(withMember('server 1')), 'COMMITTEE_MEMBERS', 'twice')
    t.equal(start(withMember('second server')), 'COMMITTEE_MEMBERS', 'of one organization')
    t.equal(start(withMember('hospital desk')), 'COMMITTEE_MEMBERS', 'no helper')
    t.equal(start(withMember('pat')), 'COMMITTEE_MEMBERS', 'of no organization')
    t.equal(start(withMember('nobody')), 'COMMITTEE_MEMBERS')
    must(world, 'dkg.start', startOf(terms), 'hospital desk')
    t.equal(start({}), 'KEYSET_PENDING')
    t.equal(start({ epoch: 2 }), 'KEYSET_PENDING')
  },
)

t.test('a keyset with keys is never started again', async (t) => {
  const world = await createWorld()
  const made = make(world, terms)
  const start = { ...startOf(terms), epoch: 2 }
  t.equal(refusal(world, ['dkg.start', start, 'hospital desk']), 'KEYSET_ACTIVE')
  const members = memberNames(4, 6)
  handOver(world, made, { members, threshold: 3, script: { noDeal: [1, 2, 3, 4] } })
  const again = { ...start, epoch: 3 }
  t.equal(refusal(world, ['dkg.start', again, 'hospital desk']), 'KEYSET_ACTIVE', 'after an abort')
})

t.test('an offer is proven, fresh, of a member, once, in time', async (t) => {
  const world = await createWorld()
  const offered = (name: string) => offerOf(world, place, name).payload
  const offer = (name: string, changes: object = {}, signer = name) =>
    refusal(world, ['dkg.offer', { ...offered(name), ...changes }, signer])
  t.equal(offer('server 1'), 'KEYSET_UNKNOWN')
  must(world, 'dkg.start', startOf(terms), 'hospital desk')
  t.equal(offer('server 1', {}, 'server 2'), 'NOT_SIGNER')
  t.equal(offer('hospital desk'), 'ROLE_MISSING')
  t.equal(offer('server 9'), 'NOT_MEMBER')
  t.equal(offer('server 1', { epoch: 2 }), 'KEYSET_UNKNOWN')
  t.equal(offer('server 1', { boxKey: new Uint8Array(32) }), 'POINT_INVALID')
  t.equal(offer('server 1', { boxKey: new Uint8Array(32).fill(255) }), 'POINT_INVALID')
  t.equal(offer('server 1', { proof: offered('server 2').proof }), 'PROOF_BOX_KEY')
  must(world, 'dkg.offer', offered('server 1'), 'server 1')
  t.equal(offer('server 1'), 'OFFER_EXISTS')
  const { boxKey } = offered('server 1')
  t.equal(offer('server 2', { boxKey }), 'KEY_USED')
  world.wait(windows.offerMs)
  t.equal(offer('server 2'), 'OFFERS_CLOSED')
})

t.test('a seat is taken with the bond that the keyset asks for, in its currency', async (t) => {
  const world = await createWorld()
  must(world, 'dkg.start', startOf({ ...terms, bond: 1_001n }), 'hospital desk')
  const offer = () =>
    refusal(world, ['dkg.offer', offerOf(world, place, 'server 1').payload, 'server 1'])
  t.equal(offer(), 'BOND_TOO_SMALL', 'none')
  must(world, 'server.register', { account: idOf('server 1'), bond: 1_000n }, 'server 1')
  t.equal(offer(), 'BOND_TOO_SMALL', 'one cent less')
  must(world, 'server.register', { account: idOf('server 2'), bond: 1_001n }, 'server 2')
  must(world, 'dkg.offer', offerOf(world, place, 'server 2').payload, 'server 2')
})

t.test('a dealing is by a seat, once, in time, of the right size, proven', async (t) => {
  const world = await createWorld()
  must(world, 'dkg.start', startOf(terms), 'hospital desk')
  const [one, two, three] = offerAll(world, place, memberNames(3))
  assert(one && two && three, 'three seats')
  const payload = buildDeal(group, dealPlanOf(world, place, one))
  const deal = (changes: object, signer = 'server 1') =>
    refusal(world, ['dkg.deal', { ...payload, ...changes }, signer])
  t.equal(deal({}), 'OFFERS_OPEN', 'the fourth may still come')
  world.wait(windows.offerMs)
  t.equal(deal({}, 'server 2'), 'NOT_SIGNER')
  t.equal(deal({ index: 2 }), 'NOT_MEMBER')
  const zero = new Uint8Array(32)
  const { recipients, boxes, polynomials } = payload
  const [polynomial] = polynomials
  assert(polynomial, 'one purpose')
  t.equal(deal({ recipients: recipients.toReversed() }), 'RECIPIENTS_DIFFER')
  t.equal(deal({ recipients: recipients.slice(1) }), 'RECIPIENTS_DIFFER')
  t.equal(deal({ boxes: boxes.slice(1) }), 'DEAL_SIZE')
  t.equal(deal({ boxes: boxes.map((box) => new Uint8Array([...box, 0])) }), 'DEAL_SIZE')
  const withCommitments = (commitments: readonly Uint8Array[]) => ({
    polynomials: [{ ...polynomial, commitments }],
  })
  const { commitments } = polynomial
  t.equal(deal(withCommitments(commitments.slice(1))), 'DEAL_SIZE', 't - 1 commitments')
  const tooMany = [...commitments, ...commitments.slice(2)]
  t.equal(deal(withCommitments(tooMany)), 'DEAL_SIZE', 't + 1 commitments')
  t.equal(deal({ polynomials: [polynomial, polynomial] }), 'DEAL_SIZE')
  t.equal(deal({ polynomials: [{ ...polynomial, purpose: 'records' }] }), 'DEAL_SIZE')
  for (const power of [0, 1, 2]) {
    const without = commitments.map((bytes, i) => (i === power ? zero : bytes))
    t.equal(deal(withCommitments(without)), 'POINT_INVALID', `coefficient ${power}`)
  }
  t.equal(deal({ boxPoint: zero }), 'POINT_INVALID')
  t.equal(deal({ boxProof: polynomial.proof }), 'PROOF_BOX')
  t.equal(deal({ polynomials: [{ ...polynomial, proof: payload.boxProof }] }), 'PROOF_SECRET')
  must(world, 'dkg.deal', payload, 'server 1')
  t.equal(deal({}), 'DEAL_EXISTS')
  world.wait(windows.dealMs)
  const late = buildDeal(group, dealPlanOf(world, place, two))
  t.equal(refusal(world, ['dkg.deal', late, 'server 2']), 'DEALS_CLOSED')
  world.wait(windows.complaintMs)
  t.equal(refusal(world, ['dkg.deal', late, 'server 2']), 'ABORTED')
})

t.test('a complaint is by a seat, about its box of a standing dealing, in time', async (t) => {
  const world = await createWorld()
  must(world, 'dkg.start', startOf(terms), 'hospital desk')
  const seats = offerAll(world, place, terms.members)
  const deals = seats.slice(0, 3).map((seat, i) => {
    const plan = dealPlanOf(world, place, seat)
    const payload = i === 1 ? garbageTo(3)(plan) : buildDeal(group, plan)
    must(world, 'dkg.deal', payload, seat.name)
    return payload
  })
  const [, , third, fourth] = seats
  const [first, second] = deals
  assert(third && fourth && first && second, 'seats and deals')
  const own = complaintOf(third, dealtTo(world, place, first, 3))
  const complain = (changes: object, signer = 'server 3') =>
    refusal(world, ['dkg.complain', { ...own, ...changes }, signer])
  t.equal(complain({}, 'server 4'), 'NOT_SIGNER')
  t.equal(complain({ index: 4 }), 'NOT_MEMBER')
  t.equal(complain({ dealer: 4 }), 'DEAL_UNKNOWN', 'a fact that is missing is no bug')
  t.equal(complain({ box: first.boxes[3] }), 'BOX_DIFFERS')
  t.equal(complain({ opening: new Uint8Array(32) }), 'POINT_INVALID')
  t.equal(complain({ proof: new Uint8Array(64) }), 'PROOF_OPENING')
  const another = complaintOf(fourth, dealtTo(world, place, first, 4))
  t.equal(complain({ opening: another.opening }), 'PROOF_OPENING')
  const right = complaintOf(third, dealtTo(world, place, second, 3))
  must(world, 'dkg.complain', right, 'server 3')
  const again = complaintOf(third, dealtTo(world, place, second, 3))
  t.equal(refusal(world, ['dkg.complain', again, 'server 3']), 'DEAL_OPENED')
  const byDealer = complaintOf({ ...third, ...seats[1] }, dealtTo(world, place, first, 2))
  t.equal(refusal(world, ['dkg.complain', byDealer, 'server 2']), 'AT_FAULT')
  world.wait(windows.dealMs + windows.complaintMs)
  t.equal(complain({}), 'COMPLAINTS_CLOSED')
})

t.test(
  'an acknowledgement is by a seat without a fault, once, in time, of the right keys',
  async (t) => {
    const world = await createWorld()
    must(world, 'dkg.start', startOf(terms), 'hospital desk')
    const seats = offerAll(world, place, terms.members)
    const deals = seats.map((seat) => {
      const payload = buildDeal(group, dealPlanOf(world, place, seat))
      must(world, 'dkg.deal', payload, seat.name)
      return payload
    })
    const [one, two, , four] = seats
    const [first] = deals
    assert(one && two && four && first, 'seats and deals')
    const ackOf = (seat: typeof one, payloads: typeof deals) => {
      const dealt = payloads.map((payload) => dealtTo(world, place, payload, seat.index))
      return buildAck(group, seat, { plan: epochOf(world, place).plan, dealt, seats: 4 })
    }
    const ack = (payload: object, signer = 'server 1') =>
      refusal(world, ['dkg.ack', payload, signer])
    t.equal(ack(ackOf(one, deals)), 'COMPLAINTS_OPEN')
    must(world, 'dkg.complain', complaintOf(four, dealtTo(world, place, first, 4)), 'server 4')
    world.wait(windows.complaintMs)
    const standing = deals.slice(1)
    t.equal(ack(ackOf(one, deals)), 'QUALIFIED_DIFFER', 'with a dealing that was opened')
    t.equal(ack(ackOf(one, deals.slice(2))), 'QUALIFIED_DIFFER', 'without one that stands')
    const right = ackOf(one, standing)
    t.equal(ack({ ...right, index: 2 }), 'NOT_MEMBER')
    t.equal(ack(right, 'server 2'), 'NOT_SIGNER')
    t.equal(ack({ ...right, keys: ackOf(one, deals).keys }), 'KEYS_DIFFER', 'other keys')
    const [key] = right.keys
    assert(key, 'one key')
    const short = { ...key, memberKeys: key.memberKeys.slice(0, 3) }
    t.equal(ack({ ...right, keys: [short] }), 'KEYS_DIFFER', 'a seat short')
    t.equal(ack({ ...right, keys: [key, key] }), 'KEYS_DIFFER', 'a key too many')
    t.equal(ack(ackOf(four, standing), 'server 4'), 'AT_FAULT')
    must(world, 'dkg.ack', right, 'server 1')
    t.equal(ack(right), 'ACK_EXISTS')
    world.wait(windows.ackMs)
    t.equal(ack(ackOf(two, standing), 'server 2'), 'ACKS_CLOSED')
    t.equal(inForce(world, place.keyset), undefined, 'one of four')
  },
)

t.test('too few dealings: nobody can acknowledge, and the sponsor tries again', async (t) => {
  const world = await createWorld()
  must(world, 'dkg.start', startOf(terms), 'hospital desk')
  const seats = offerAll(world, place, terms.members)
  const dealt = seats.slice(0, 2).map((seat) => {
    const payload = buildDeal(group, dealPlanOf(world, place, seat))
    must(world, 'dkg.deal', payload, seat.name)
    return dealtTo(world, place, payload, 1)
  })
  world.wait(windows.dealMs + windows.complaintMs)
  const [one] = seats
  assert(one, 'a seat')
  const ack = buildAck(group, one, { plan: epochOf(world, place).plan, dealt, seats: 4 })
  t.equal(refusal(world, ['dkg.ack', ack, 'server 1']), 'ABORTED')
  must(world, 'dkg.start', startOf({ ...terms, epoch: 2 }), 'hospital desk')
})

t.test('every code was met', async (t) => {
  t.strictSame(
    Object.keys(codes).filter((code) => !seen.has(code)),
    [],
  )
})
