// Deals of replicated keys: sizes, proofs, complaints and acknowledgements.
import t from 'tap'
import type { RepInit } from '../../../../apps/vault/replicated/payloads.ts'
import { committeeTable, faultTable } from '../../../../apps/vault/state.ts'
import { encodeSecret } from '../../../../client/vault/entropy.ts'
import {
  buildRepAck,
  buildRepComplainKey,
  proveRepDeal,
  readClassKeys,
  sealClassKey,
  sealRepDeal,
} from '../../../../client/vault/replicated/deal.ts'
import { assert } from '../../../../vm/assert.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from '../world.ts'
import { dealRep, OWNER, prepareRep, type RepDealing, repSeatOf } from './scene.ts'

const { group } = suite

async function statusOf(world: World, committee: string): Promise<string> {
  const answer = await world.query('vault.replicated', { committee })
  assert(answer.ok, 'the committee is known')
  return (answer.result as { status: string }).status
}

function complaintOf(world: World, dealing: RepDealing, at: { index: number; class: number }) {
  const sender = {
    chainId: world.chainId,
    account: idOf(dealing.servers[at.index - 1] ?? ''),
    entropy: entropyOf('complaint'),
    class: at.class,
  }
  return buildRepComplainKey(group, repSeatOf(world, dealing, at.index), sender)
}

t.test('sizes, keys, members, money and proof of a deal are checked', async (t) => {
  const world = await createWorld({ dealerBondMin: 10n })
  const dealing = prepareRep(world, { bond: 10n })
  const { classKeys, boxes, servers } = dealing.init
  const isRefused = (code: string, changes: Partial<RepInit>, signer = OWNER) =>
    t.equal(world.send('rep.init', { ...dealing.init, ...changes }, signer).code, code)
  const zero = new Uint8Array(32)
  isRefused('NOT_SIGNER', {}, 'second desk')
  isRefused('ROLE_MISSING', { account: idOf('server 1') }, 'server 1')
  isRefused('COMMITTEE_SIZE', { threshold: 4 })
  isRefused('COMMITTEE_SIZE', { minimum: 4 })
  isRefused('COMMITTEE_SIZE', { classKeys: classKeys.slice(1) })
  isRefused('COMMITTEE_SIZE', { boxes: boxes.slice(1) })
  isRefused('CLASS_KEY_REPEATED', { classKeys: classKeys.map(() => classKeys[0] ?? zero) })
  isRefused('BOND_TOO_SMALL', { bond: 9n })
  isRefused('SERVER_UNKNOWN', { servers: [...servers.slice(1), idOf('server 9')] })
  isRefused('COMMITTEE_MEMBERS', { servers: [...servers.slice(1), idOf('server 2')] })
  isRefused('OFFER_MISSING', { nonce: `0x${'00'.repeat(16)}` })
  isRefused('POINT_INVALID', { boxPoint: zero })
  isRefused('POINT_INVALID', { classKeys: [zero, ...classKeys.slice(1)] })
  isRefused('PROOF_BOX', { answers: 'scalar' })
  isRefused('PROOF_BOX', { currency: 'EUR' })
  const other = prepareRep(world, { bond: 10n, word: 'other' })
  isRefused('PROOF_BOX', { boxProof: other.init.boxProof })
  const { boxPoint, boxProof } = other.init
  isRefused('PROOF_BOX', { boxPoint, boxProof, boxes: other.init.boxes })
  isRefused('', {})
  isRefused('COMMITTEE_EXISTS', {})
})

t.test('a committee of every size that the minimum allows becomes active', async (t) => {
  for (const [threshold, seats] of [
    [2, 2],
    [2, 3],
    [3, 3],
    [2, 4],
    [3, 4],
    [2, 5],
    [3, 5],
    [4, 5],
  ] as const) {
    const world = await createWorld()
    const ready = dealRep(world, { threshold, seats })
    t.equal(await statusOf(world, ready.committee), 'active', `(${threshold}, ${seats})`)
  }
})

t.test('keys are acknowledged by their seats after the complaint window', async (t) => {
  const world = await createWorld()
  const dealing = prepareRep(world)
  must(world, 'rep.init', dealing.init, OWNER)
  const ack = (index: number, changes: object = {}, signer = `server ${index}`) => {
    const own = buildRepAck(repSeatOf(world, dealing, index), idOf(`server ${index}`))
    return world.send('rep.ack', { ...own, ...changes }, signer).code
  }
  t.equal(ack(1), 'COMPLAINTS_OPEN')
  world.wait(1_500)
  t.equal(ack(1, { committee: idOf('none') }), 'COMMITTEE_UNKNOWN')
  t.equal(ack(1, { epoch: 2 }), 'EPOCH_WRONG')
  t.equal(ack(1, { index: 2 }), 'NOT_MEMBER')
  t.equal(ack(1, { keysHash: idOf('keys') }), 'KEYS_DIFFER')
  t.equal(ack(1, {}, 'server 2'), 'NOT_SIGNER')
  t.equal(ack(1), '')
  t.equal(ack(1), 'ACK_EXISTS')
  t.equal(ack(2), '')
  t.equal(await statusOf(world, dealing.committee), 'pending')
  world.wait(60_000)
  t.equal(ack(3), 'ACKS_CLOSED')
  t.equal(await statusOf(world, dealing.committee), 'active', 'two of three are the minimum')
})

t.test('acts of the other sharing find no committee', async (t) => {
  const world = await createWorld()
  const { committee } = dealRep(world)
  const ack = { account: idOf('server 1'), committee, epoch: 1, index: 1, keysHash: idOf('a') }
  t.equal(world.send('vault.ack', ack, 'server 1').code, 'COMMITTEE_UNKNOWN')
  t.match(await world.query('vault.committee', { committee }), { code: 'COMMITTEE_UNKNOWN' })
})

const garbage = new Uint8Array(48).fill(7)
const another = encodeSecret(group, 5n)

/** Deals whose first box is bad, as a dishonest owner would prove them. */
const badBoxes: Readonly<Record<string, (dealing: RepDealing) => Uint8Array>> = {
  garbage: () => garbage,
  'another key': ({ plan }) => sealClassKey(group, plan, { class: 1, index: 1, secret: another }),
  'the box of another seat': ({ init }) => init.boxes[1] ?? garbage,
}

for (const [what, spoil] of Object.entries(badBoxes)) {
  t.test(`an owner who puts ${what} in a box is at fault and pays its bond`, async (t) => {
    const world = await createWorld()
    const honest = prepareRep(world, { bond: 501n })
    const bare = sealRepDeal(group, honest.plan)
    const boxes = [spoil(honest), ...bare.boxes.slice(1)]
    const init = proveRepDeal(group, honest.plan, { ...bare, boxes })
    const dealing = { ...honest, init }
    must(world, 'rep.init', init, OWNER)
    t.strictSame(readClassKeys(group, repSeatOf(world, dealing, 1)).bad, [1])
    t.strictSame(readClassKeys(group, repSeatOf(world, dealing, 2)).bad, [])
    const complaint = complaintOf(world, dealing, { index: 1, class: 1 })
    t.equal(world.send('rep.complainKey', complaint, 'server 1').code, '')
    const fault = committeeTable.get(world.state(), dealing.committee)?.fault
    assert(fault, 'the deal is aborted')
    const found = faultTable.get(world.state(), fault)
    t.match(found, { kind: 'bad-share', culprit: idOf(OWNER), index: 1 })
    t.equal(world.bond(OWNER).amount, 0n)
    t.equal(world.send('rep.complainKey', complaint, 'server 1').code, 'COMMITTEE_ABORTED')
    t.equal(await statusOf(world, dealing.committee), 'aborted')
  })
}

t.test('a complaint about an honest box costs the complainant its bond', async (t) => {
  const world = await createWorld()
  const dealing = prepareRep(world, { bond: 500n })
  must(world, 'rep.init', dealing.init, OWNER)
  must(world, 'rep.complainKey', complaintOf(world, dealing, { index: 2, class: 3 }), 'server 2')
  const fault = committeeTable.get(world.state(), dealing.committee)?.fault
  assert(fault, 'the deal is aborted')
  const found = faultTable.get(world.state(), fault)
  t.match(found, { kind: 'false-complaint', culprit: idOf('server 2'), index: 3 })
  t.equal(world.bond('server 2').amount, 0n)
  t.equal(world.bond(OWNER).amount, 500n)
})

t.test(
  'a complaint is made in time, by a holder, about its box, with a right opening',
  async (t) => {
    const world = await createWorld()
    const dealing = prepareRep(world)
    must(world, 'rep.init', dealing.init, OWNER)
    const own = complaintOf(world, dealing, { index: 1, class: 1 })
    const send = (changes: object) =>
      world.send('rep.complainKey', { ...own, ...changes }, 'server 1').code
    t.equal(send({ committee: idOf('none') }), 'COMMITTEE_UNKNOWN')
    t.equal(send({ epoch: 2 }), 'EPOCH_WRONG')
    t.equal(send({ index: 2 }), 'NOT_MEMBER')
    t.equal(send({ class: 3 }), 'CLASS_NOT_HELD')
    t.equal(send({ class: 10 }), 'CLASS_NOT_HELD')
    t.equal(send({ class: 2 }), 'BOX_DIFFERS')
    t.equal(send({ box: garbage }), 'BOX_DIFFERS')
    t.equal(send({ opening: new Uint8Array(32) }), 'POINT_INVALID')
    const other = complaintOf(world, dealing, { index: 2, class: 2 })
    t.equal(send({ opening: other.opening }), 'PROOF_OPENING')
    t.equal(send({ proof: other.proof }), 'PROOF_OPENING')
    world.wait(1_500)
    t.equal(send({}), 'COMPLAINTS_CLOSED')
  },
)
