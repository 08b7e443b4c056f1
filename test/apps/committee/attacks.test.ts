// Attempts on a committee's key: rogue and biased contributions, copied boxes, replays, oracles, empty shares.
import t from 'tap'
import type { Deal } from '../../../apps/committee/payloads.ts'
import { faultTable } from '../../../apps/committee/state.ts'
import { boxContext } from '../../../apps/committee/statements.ts'
import { buildDeal, proveDeal } from '../../../client/committee/deal.ts'
import { buildAck, readShares, takeShares } from '../../../client/committee/seat.ts'
import { assert } from '../../../vm/assert.ts'
import { toHex } from '../../../vm/bytes.ts'
import { openBoxWith } from '../../../vm/crypto/box.ts'
import { modulo } from '../../../vm/crypto/integer.ts'
import { shareOf } from '../../../vm/crypto/shamir.ts'
import { createWorld, idOf, must, suite, type World } from '../vault/world.ts'
import {
  complaintOf,
  dealPlanOf,
  dealtTo,
  epochOf,
  faultsOf,
  keysetOf,
  memberNames,
  offerAll,
  startOf,
  windows,
} from './cast.ts'
import { chosen, garbageTo } from './spoiled.ts'

const { group } = suite
const { order: q } = group
const place = { keyset: keysetOf(), epoch: 1 }
const terms = { members: memberNames(4), threshold: 3 }

/** Everybody has offered, and all but the last have dealt: the moment of an adversary that waits. */
async function beforeLast(word?: string) {
  const world = await createWorld()
  const named = word === undefined ? terms : { ...terms, word }
  const at = { ...place, keyset: keysetOf(word) }
  must(world, 'dkg.start', startOf(named), 'hospital desk')
  const seats = offerAll(world, at, terms.members)
  const deals = seats.slice(0, 3).map((seat) => {
    const payload = buildDeal(group, dealPlanOf(world, at, seat))
    must(world, 'dkg.deal', payload, seat.name)
    return payload
  })
  const last = seats[3]
  assert(last, 'four seats')
  return { world, seats, deals, last, plan: dealPlanOf(world, at, last) }
}

const constantOf = (deal: Deal) => {
  const point = group.decode(deal.polynomials[0]?.commitments[0] ?? new Uint8Array())
  assert(point, 'a point')
  return point
}

const sumOf = (deals: readonly Deal[]) =>
  deals.map(constantOf).reduce((left, right) => group.add(left, right))

function withConstant(deal: Deal, constant: Uint8Array, proof?: Uint8Array): Deal {
  const [one] = deal.polynomials
  assert(one, 'one purpose')
  const commitments = [constant, ...one.commitments.slice(1)]
  return { ...deal, polynomials: [{ ...one, commitments, proof: proof ?? one.proof }] }
}

t.test('rogue key: who cancels what others committed to cannot prove its own part', async (t) => {
  const { world, deals, plan } = await beforeLast()
  const wanted = group.multiplyBase(4_711n)
  const rogue = group.encode(group.add(wanted, group.negate(sumOf(deals))))
  const honest = buildDeal(group, plan)
  const [first] = deals
  assert(first, 'a dealing of another')
  const copied = first.polynomials[0]
  assert(copied, 'one purpose')
  const [theirs] = copied.commitments
  assert(theirs, 'its constant term')
  for (const [why, payload] of [
    ['the rest to a key of its own', withConstant(honest, rogue)],
    ['the constant term of another', withConstant(honest, theirs)],
    ['with the proof of the other', withConstant(honest, theirs, copied.proof)],
    ['all commitments and proofs of another', { ...honest, polynomials: first.polynomials }],
  ] as const) {
    // The boxes are proven first and bind the whole payload: prove them again around the forgery, as the adversary would.
    const again = reproveBoxes(plan, payload)
    t.equal(world.send('dkg.deal', again, 'server 4').code, 'PROOF_SECRET', why)
  }
})

/** A dealing whose proof of the boxes is right for all of it, whatever the other proofs are. */
function reproveBoxes(plan: ReturnType<typeof dealPlanOf>, forged: Deal): Deal {
  const proven = proveDeal(group, plan, forged)
  return { ...proven, polynomials: forged.polynomials }
}

t.test(
  'biased key: the last dealer can choose a bit of the key, and knows no more of it',
  async (t) => {
    const { world, seats, deals, plan, last } = await beforeLast()
    const others = sumOf(deals)
    const isWanted = (a: bigint) => {
      const [byte = 1] = group.encode(group.add(others, group.multiplyBase(a)))
      return (byte & 0x0e) === 0
    }
    let a = 1_000n
    while (!isWanted(a)) a++
    const biased = chosen(() => [a, 77n, 78n])(plan)
    must(world, 'dkg.deal', biased, last.name)
    const made = finish(world, seats, [...deals, biased])
    const [key] = made.keys
    assert(key, 'the key is made')
    t.equal((key[0] ?? 1) & 0x0e, 0, 'three bits as it wanted them')
    const rest = group.add(group.decode(key) ?? group.identity, group.negate(group.multiplyBase(a)))
    t.ok(group.equal(rest, others), 'without its part it is what the others made')
  },
)

t.test(
  'biased key: to take a dealing back costs a fault, and leaves two keys to choose from',
  async (t) => {
    const { world, seats, deals, plan, last } = await beforeLast()
    const payload = buildDeal(group, plan)
    must(world, 'dkg.deal', payload, last.name)
    const sent = must(
      world,
      'dkg.complain',
      complaintOf(last, dealtTo(world, place, payload, 4)),
      last.name,
    )
    t.strictSame(faultsOf(world, [sent]), ['false-complaint server 4 4'])
    const made = finish(world, seats.slice(0, 3), deals)
    t.equal(toHex(made.keys[0] ?? new Uint8Array()), toHex(group.encode(sumOf(deals))))
  },
)

/** Acknowledgements of some seats over the dealings that stand; the public keys that come of it. */
function finish(
  world: World,
  seats: Awaited<ReturnType<typeof beforeLast>>['seats'],
  deals: readonly Deal[],
) {
  world.wait(windows.complaintMs)
  const { plan, run } = epochOf(world, place)
  const shares = seats.map((seat) => {
    const dealt = deals.map((payload) => dealtTo(world, place, payload, seat.index))
    const ack = buildAck(group, seat, { plan, dealt, seats: run.seats.length })
    must(world, 'dkg.ack', ack, seat.name)
    return { ack, shares: takeShares(group, seat, { plan, dealt }) }
  })
  const keys =
    shares[0]?.ack.keys.map(({ commitments }) => commitments[0] ?? new Uint8Array()) ?? []
  world.wait(windows.ackMs)
  assert(epochOf(world, place).phase === 'active', 'the key is in force')
  return { keys, shares, memberKeys: shares[0]?.ack.keys[0]?.memberKeys ?? [] }
}

t.test(
  'copied boxes: nobody deals with the E of another, so no complaint opens its boxes',
  async (t) => {
    const { world, deals, plan } = await beforeLast()
    const honest = buildDeal(group, plan)
    const [victim] = deals
    assert(victim, 'a dealing')
    const { boxPoint, boxProof, boxes } = victim
    for (const stolen of [{ boxPoint }, { boxPoint, boxProof }, { boxPoint, boxProof, boxes }])
      t.equal(world.send('dkg.deal', { ...honest, ...stolen }, 'server 4').code, 'PROOF_BOX')
    const elsewhere = await beforeLast('another keyset')
    const fromElsewhere = elsewhere.deals[0]
    assert(fromElsewhere, 'a dealing of another keyset')
    const { boxPoint: E, boxProof: proof } = fromElsewhere
    const stolen = { ...honest, boxPoint: E, boxProof: proof }
    t.equal(world.send('dkg.deal', stolen, 'server 4').code, 'PROOF_BOX')
  },
)

t.test('what a complaint publishes opens the one box and no other', async (t) => {
  const { world, seats, deals, plan, last } = await beforeLast()
  const bad = garbageTo(1)(plan)
  must(world, 'dkg.deal', bad, last.name)
  const [one, two] = seats
  assert(one && two, 'seats')
  const complaint = complaintOf(one, dealtTo(world, place, bad, 1))
  must(world, 'dkg.complain', complaint, one.name)
  const shared = group.decode(complaint.opening)
  assert(shared, 'a point')
  for (const payload of [...deals, bad]) {
    for (const seat of [one, two]) {
      const { keyset, epoch } = place
      const E = group.decode(payload.boxPoint)
      const key = plan.recipients[seat.index - 1]?.boxKey
      const recipient = group.decode(key ?? new Uint8Array())
      assert(E && recipient, 'points')
      const at = { chainId: world.chainId, keyset, epoch, dealer: payload.index, index: seat.index }
      const box = payload.boxes[seat.index - 1] ?? new Uint8Array()
      const opened = openBoxWith(group, { E, recipient, context: boxContext(at) }, { shared, box })
      t.equal(opened, undefined, `box of ${payload.index} for ${seat.index}`)
    }
  }
})

t.test('a false accuser throws out one dealing, not the key', async (t) => {
  const { world, seats, deals, last } = await beforeLast()
  const [first, second] = deals
  assert(first && second, 'dealings')
  must(world, 'dkg.complain', complaintOf(last, dealtTo(world, place, first, 4)), last.name)
  const again = complaintOf(last, dealtTo(world, place, second, 4))
  t.equal(world.send('dkg.complain', again, last.name).code, 'AT_FAULT')
  t.equal(seats.length, 4)
})

t.test('a fault is held against somebody once, whatever the evidence looks like', async (t) => {
  const { world, seats, plan, last } = await beforeLast()
  const bad = garbageTo(1)(plan)
  must(world, 'dkg.deal', bad, last.name)
  const [one, two] = seats
  assert(one && two, 'seats')
  const [proof, another] = [1, 2].map(() => complaintOf(one, dealtTo(world, place, bad, 1)))
  const sent = must(world, 'dkg.complain', proof, one.name)
  t.equal(world.send('dkg.complain', another, one.name).code, 'DEAL_OPENED')
  const byTwo = complaintOf(two, dealtTo(world, place, bad, 2))
  t.equal(world.send('dkg.complain', byTwo, two.name).code, 'DEAL_OPENED')
  const [fault] = new Set(sent.events.map(({ reference }) => reference))
  assert(fault, 'a fault')
  t.match(faultTable.get(world.state(), fault), { culprit: idOf('server 4'), kind: 'bad-share' })
})

t.test('a share of nothing is a share: a root of the polynomial harms nobody', async (t) => {
  const { world, seats, deals, plan, last } = await beforeLast()
  // Zero at seat 2: (x − 2)·(x + 9).
  const payload = chosen(() => [modulo(-18n, q), 7n, 1n])(plan)
  must(world, 'dkg.deal', payload, last.name)
  const two = seats[1]
  assert(two, 'the second seat')
  t.strictSame(readShares(group, two, dealtTo(world, place, payload, 2)), [0n])
  finish(world, seats, [...deals, payload])
})

t.test('colluders may give a seat of theirs the share 0; the others use the key', async (t) => {
  const { world, seats, deals, plan, last } = await beforeLast()
  const one = seats[0]
  assert(one, 'the confederate')
  const known = deals.reduce((sum, payload) => {
    const [share = 0n] = readShares(group, one, dealtTo(world, place, payload, 1)) ?? []
    return sum + share
  }, 0n)
  const [b, c] = [5n, 6n]
  const coefficients = [modulo(-known - b - c, q), b, c]
  t.equal(modulo(shareOf(group, coefficients, 1) + known, q), 0n)
  const payload = chosen(() => coefficients)(plan)
  must(world, 'dkg.deal', payload, last.name)
  const made = finish(world, seats, [...deals, payload])
  t.strictSame(
    made.memberKeys.map((bytes) => bytes.every((byte) => byte === 0)),
    [true, false, false, false],
  )
})

t.test('nothing of one epoch serves in the next', async (t) => {
  const { world, seats, deals } = await beforeLast()
  const [one] = seats
  const [first] = deals
  assert(one && first, 'a seat and a dealing')
  const complaint = complaintOf(one, dealtTo(world, place, first, 1))
  world.wait(windows.dealMs + windows.complaintMs + windows.ackMs)
  must(world, 'dkg.start', startOf({ ...terms, epoch: 2 }), 'hospital desk')
  const next = { ...place, epoch: 2 }
  offerAll(world, next, terms.members)
  t.equal(world.send('dkg.deal', { ...first, epoch: 2 }, one.name).code, 'PROOF_BOX')
  const fresh = buildDeal(group, dealPlanOf(world, next, one))
  const { polynomials } = first
  t.equal(world.send('dkg.deal', { ...fresh, polynomials }, one.name).code, 'PROOF_BOX')
  must(world, 'dkg.deal', fresh, one.name)
  const box = fresh.boxes[0]
  const replayed = { ...complaint, epoch: 2, box }
  t.equal(world.send('dkg.complain', replayed, one.name).code, 'PROOF_OPENING')
})
