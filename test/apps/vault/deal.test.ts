// Servers, offers, deals, complaints and acknowledgements.
import t from 'tap'
import { deriveServerKeys } from '../../../apps/vault/keys.ts'
import { faultTable } from '../../../apps/vault/state.ts'
import {
  buildComplain,
  buildOffer,
  proveDeal,
  readShare,
  sealDeal,
  sealShare,
} from '../../../client/vault/deal.ts'
import { assert } from '../../../vm/assert.ts'
import { shareKeyOf } from '../../../vm/crypto/shamir.ts'
import { ackOf, committeeOf, type Dealing, dealOf, prepareDeal, seatOf } from './dealing.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from './world.ts'

const { group } = suite

async function statusOf(world: World, committee: string): Promise<string> {
  const answer = await world.query('vault.committee', { committee })
  assert(answer.ok, 'the committee is known')
  return (answer.result as { status: string }).status
}

function sendInit(world: World, dealing: Dealing, changes: object = {}) {
  return world.send('vault.init', { ...dealing.init, ...changes }, 'hospital desk').code
}

function complaint(world: World, dealing: Dealing, index: number, word = 'complaint') {
  const account = idOf(dealing.servers[index - 1] ?? '')
  const sender = { chainId: world.chainId, account, entropy: entropyOf(word) }
  return buildComplain(group, seatOf(world, dealing, index), sender)
}

t.test('a server registers once, in its role, with a bond of its own money', async (t) => {
  const world = await createWorld()
  const register = (name: string, bond: bigint, signer = name) =>
    world.send('server.register', { account: idOf(name), bond }, signer).code
  t.equal(register('server 1', 1_000n, 'server 2'), 'NOT_SIGNER')
  t.equal(register('hospital desk', 1_000n), 'ROLE_MISSING')
  t.equal(register('server 1', 999n), 'BOND_TOO_SMALL')
  t.equal(register('server 1', 1_000_001n), 'BALANCE_TOO_LOW')
  t.equal(register('server 1', 1_000n), '')
  t.equal(register('server 1', 1_000n), 'SERVER_EXISTS')
  t.equal(world.bond('server 1').amount, 1_000n)
})

t.test('an offer is proven, fresh, and made once for a committee and epoch', async (t) => {
  const world = await createWorld()
  const offer = (word: string, changes: object = {}) => {
    const { payload } = buildOffer(group, {
      chainId: world.chainId,
      account: idOf('server 1'),
      committee: idOf('committee'),
      entropy: entropyOf(word),
      ...changes,
    })
    return payload
  }
  const send = (payload: object) => world.send('server.offer', payload, 'server 1').code
  t.equal(send(offer('a')), 'SERVER_UNKNOWN')
  must(world, 'server.register', { account: idOf('server 1'), bond: 1_000n }, 'server 1')
  t.equal(send({ ...offer('a'), boxKey: new Uint8Array(32) }), 'POINT_INVALID')
  t.equal(send({ ...offer('a'), proof: offer('b').proof }), 'PROOF_BOX_KEY')
  t.equal(send(offer('a')), '')
  t.equal(send(offer('b')), 'OFFER_EXISTS')
  t.equal(send(offer('a', { committee: idOf('another') })), 'KEY_USED')
})

t.test('sizes, members, ids, money and offers of a deal are checked', async (t) => {
  const world = await createWorld({ dealerBondMin: 10n })
  const dealing = prepareDeal(world)
  const { servers, commitments, boxes } = dealing.init
  const isRefused = (code: string, changes: object) =>
    t.equal(sendInit(world, dealing, { bond: 10n, ...changes }), code)
  isRefused('COMMITTEE_SIZE', { threshold: 4 })
  isRefused('COMMITTEE_SIZE', { commitments: [...commitments, ...commitments] })
  isRefused('COMMITTEE_SIZE', { boxes: boxes.slice(1) })
  isRefused('COMMITTEE_SIZE', { minimum: 3 })
  isRefused('COMMITTEE_SIZE', { minimum: 6 })
  isRefused('COMMITTEE_SIZE', { threshold: 3, servers: servers.slice(3), boxes: boxes.slice(3) })
  isRefused('BOND_TOO_SMALL', { bond: 9n })
  isRefused('SERVER_UNKNOWN', { servers: [...servers.slice(1), idOf('server 9')] })
  isRefused('OFFER_MISSING', { nonce: `0x${'00'.repeat(16)}` })
  t.equal(world.send('vault.init', dealing.init, 'second desk').code, 'NOT_SIGNER')
  const helper = { ...dealing.init, account: idOf('server 1') }
  t.equal(world.send('vault.init', helper, 'server 1').code, 'ROLE_MISSING')
})

t.test('members are of distinct organizations, none of them the dealer’s', async (t) => {
  for (const intruder of ['second server', 'hospital server', 'server 1']) {
    const world = await createWorld()
    const servers = ['server 1', 'server 2', 'server 3', 'server 4']
    const honest = prepareDeal(world, { servers: [...servers, 'server 5'] })
    world.send('server.register', { account: idOf(intruder), bond: 1_000n }, intruder)
    const members = [...servers, intruder].map(idOf)
    t.equal(sendInit(world, honest, { servers: members }), 'COMMITTEE_MEMBERS', intruder)
  }
})

t.test('a deal is proven, and dealt once', async (t) => {
  const world = await createWorld()
  const dealing = prepareDeal(world)
  const other = prepareDeal(world, { word: 'other' })
  const { commitments } = dealing.init
  const zero = new Uint8Array(32)
  t.equal(sendInit(world, dealing, { boxProof: other.init.boxProof }), 'PROOF_BOX')
  t.equal(sendInit(world, dealing, { secretProof: other.init.secretProof }), 'PROOF_SECRET')
  t.equal(sendInit(world, dealing, { boxPoint: zero }), 'POINT_INVALID')
  const without = (place: number) => commitments.map((bytes, i) => (i === place ? zero : bytes))
  t.equal(sendInit(world, dealing, { commitments: without(0) }), 'POINT_INVALID')
  t.equal(sendInit(world, dealing, { commitments: without(2) }), 'POINT_INVALID')
  t.equal(sendInit(world, dealing), '')
  t.equal(sendInit(world, dealing), 'COMMITTEE_EXISTS')
})

t.test('somebody else’s E and boxes cannot be copied into an own deal', async (t) => {
  const world = await createWorld()
  const victim = prepareDeal(world, { word: 'victim' })
  const thief = prepareDeal(world, { word: 'thief' })
  const { boxPoint, boxProof, boxes } = victim.init
  t.equal(sendInit(world, thief, { boxPoint, boxProof, boxes }), 'PROOF_BOX')
})

t.test('the public keys of the seats are the polynomial in the exponent', (t) => {
  const points = [3n, 5n, 7n].map((scalar) => group.multiplyBase(scalar))
  deriveServerKeys(group, points, 16).forEach((key, seat) => {
    t.ok(group.equal(key, shareKeyOf(group, points, seat + 1)))
    const x = BigInt(seat + 1)
    t.ok(group.equal(key, group.multiplyBase(3n + 5n * x + 7n * x * x)))
  })
  t.end()
})

t.test('a committee is active when all have acknowledged after the complaint window', async (t) => {
  const world = await createWorld()
  const dealing = prepareDeal(world)
  must(world, 'vault.init', dealing.init, 'hospital desk')
  const ack = (index: number, changes: object = {}, signer = `server ${index}`) =>
    world.send('vault.ack', { ...ackOf(world, dealing, index), ...changes }, signer).code
  t.equal(ack(1), 'COMPLAINTS_OPEN')
  world.wait(1_500)
  t.equal(await statusOf(world, dealing.committee), 'pending')
  t.equal(ack(1, { committee: idOf('none') }), 'COMMITTEE_UNKNOWN')
  t.equal(ack(1, { epoch: 2 }), 'EPOCH_WRONG')
  t.equal(ack(1, { index: 2 }), 'NOT_MEMBER')
  t.equal(ack(1, { keysHash: idOf('keys') }), 'KEYS_DIFFER')
  t.equal(ack(1, {}, 'server 2'), 'NOT_SIGNER')
  for (const index of [1, 2, 3, 4]) t.equal(ack(index), '')
  t.equal(ack(1), 'ACK_EXISTS')
  t.equal(await statusOf(world, dealing.committee), 'pending')
  t.equal(ack(5), '')
  t.equal(await statusOf(world, dealing.committee), 'active')
  t.ok(world.bond('server 5').lockedUntilMs > world.now())
})

t.test('at the end of the window the minimum of acknowledgements decides', async (t) => {
  for (const [acks, status] of [
    [4, 'active'],
    [3, 'aborted'],
  ] as const) {
    const world = await createWorld()
    const dealing = prepareDeal(world)
    must(world, 'vault.init', dealing.init, 'hospital desk')
    world.wait(1_500)
    for (let index = 1; index <= acks; index++)
      must(world, 'vault.ack', ackOf(world, dealing, index), `server ${index}`)
    t.equal(await statusOf(world, dealing.committee), 'pending')
    world.wait(60_000)
    t.equal(world.send('vault.ack', ackOf(world, dealing, 5), 'server 5').code, 'ACKS_CLOSED')
    t.equal(await statusOf(world, dealing.committee), status)
  }
})

const garbage = new Uint8Array(48).fill(7)

/** Deals whose first box is bad, as a dishonest dealer would prove them. */
const badBoxes: Readonly<Record<string, (dealing: Dealing) => readonly Uint8Array[]>> = {
  garbage: ({ init }) => [garbage, ...init.boxes.slice(1)],
  'the box of another seat': ({ init: { boxes } }) => {
    const [first, second, ...rest] = boxes
    assert(first && second, 'five boxes')
    return [second, first, ...rest]
  },
  'another share': ({ init, plan }) => [
    sealShare(group, plan, { index: 1, share: 5n }),
    ...init.boxes.slice(1),
  ],
}

for (const [what, spoil] of Object.entries(badBoxes)) {
  t.test(`a dealer who puts ${what} in a box is at fault`, async (t) => {
    const world = await createWorld()
    const honest = prepareDeal(world)
    const bare = { ...sealDeal(group, honest.plan), boxes: spoil(honest) }
    const dealing = { ...honest, init: proveDeal(group, honest.plan, bare) }
    must(world, 'vault.init', dealing.init, 'hospital desk')
    t.equal(readShare(group, seatOf(world, dealing, 1)), undefined)
    t.equal(world.send('vault.complain', complaint(world, dealing, 1), 'server 1').code, '')
    const { fault } = committeeOf(world, dealing.committee)
    assert(fault, 'the deal is aborted')
    const found = faultTable.get(world.state(), fault)
    t.match(found, { kind: 'bad-share', culprit: idOf('hospital desk'), index: 1 })
    t.equal(await statusOf(world, dealing.committee), 'aborted')
    const again = complaint(world, dealing, 1, 'another proof of the same')
    t.equal(world.send('vault.complain', again, 'server 1').code, 'COMMITTEE_ABORTED')
    world.wait(2_000)
    const late = ackOf(world, dealing, 2)
    t.equal(world.send('vault.ack', late, 'server 2').code, 'COMMITTEE_ABORTED')
  })
}

t.test('a complaint about an honest box is held against the complainant', async (t) => {
  const world = await createWorld()
  const dealing = prepareDeal(world)
  must(world, 'vault.init', dealing.init, 'hospital desk')
  must(world, 'vault.complain', complaint(world, dealing, 2), 'server 2')
  const { fault } = committeeOf(world, dealing.committee)
  assert(fault, 'the deal is aborted')
  const found = faultTable.get(world.state(), fault)
  t.match(found, { kind: 'false-complaint', culprit: idOf('server 2'), index: 2 })
  t.equal(await statusOf(world, dealing.committee), 'aborted')
})

t.test(
  'a complaint is made in time, by its seat, about its box, with a right opening',
  async (t) => {
    const world = await createWorld()
    const dealing = prepareDeal(world)
    must(world, 'vault.init', dealing.init, 'hospital desk')
    const own = complaint(world, dealing, 1)
    const send = (changes: object) =>
      world.send('vault.complain', { ...own, ...changes }, 'server 1').code
    t.equal(send({ committee: idOf('none') }), 'COMMITTEE_UNKNOWN')
    t.equal(send({ epoch: 2 }), 'EPOCH_WRONG')
    t.equal(send({ index: 2 }), 'NOT_MEMBER')
    t.equal(send({ box: garbage }), 'BOX_DIFFERS')
    t.equal(send({ opening: new Uint8Array(32) }), 'POINT_INVALID')
    t.equal(send({ opening: complaint(world, dealing, 2).opening }), 'PROOF_OPENING')
    t.equal(
      send({ proof: complaint(world, dealing, 1, 'other').proof.map((b) => b ^ 1) }),
      'PROOF_OPENING',
    )
    world.wait(1_500)
    t.equal(send({}), 'COMPLAINTS_CLOSED')
    t.equal(dealOf(world, dealing.committee).threshold, 3)
  },
)
