// Every deal that a dealer may make against every complaint that a server may bring, and how many may be silent.
import t from 'tap'
import { faultTable, progressTable } from '../../../apps/vault/state.ts'
import {
  buildComplain,
  proveDeal,
  readShare,
  sealDeal,
  sealShare,
} from '../../../client/vault/deal.ts'
import { assert } from '../../../vm/assert.ts'
import {
  ask,
  letAskBucket,
  letWrite,
  type Question,
  readSum,
  recordAmounts,
  respond,
  segmentOf,
} from './cast.ts'
import { ackOf, committeeOf, type Dealing, prepareDeal, seatOf } from './dealing.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from './world.ts'

const { group } = suite
const DEALER = 'hospital desk'
const BOND = 500n

/** What is put in the place of an honest deal; the first seat is the one that is lied to. */
const deals: Readonly<Record<string, (honest: Dealing) => object>> = {
  honest: () => ({}),
  'a lie to one seat': ({ init, plan }) => ({
    boxes: [sealShare(group, plan, { index: 1, share: 5n }), ...init.boxes.slice(1)],
  }),
  'a box of garbage': ({ init }) => ({
    boxes: [new Uint8Array(48).fill(9), ...init.boxes.slice(1)],
  }),
  'the box of another seat': ({ init: { boxes } }) => ({
    boxes: [boxes[1] ?? new Uint8Array(48), ...boxes.slice(1)],
  }),
  'keys of another polynomial': ({ init: { commitments } }) => ({
    commitments: commitments.map((A, at) => (at === 1 ? group.encode(group.multiplyBase(77n)) : A)),
  }),
}

/** Who complains when, and whether a complaint about a wrong box is still heard. */
const complaints = {
  'in time': { waits: 0, code: '' },
  'in the last moment': { waits: 1_490, code: '' },
  late: { waits: 1_500, code: 'COMPLAINTS_CLOSED' },
} as const

for (const [what, spoil] of Object.entries(deals))
  for (const [when, { waits, code }] of Object.entries(complaints))
    t.test(`${what}, a complaint ${when}`, async (t) => {
      const world = await createWorld()
      const honest = prepareDeal(world, { bond: BOND })
      const bare = { ...sealDeal(group, honest.plan), ...spoil(honest) }
      const dealing = { ...honest, init: proveDeal(group, honest.plan, bare) }
      must(world, 'vault.init', dealing.init, DEALER)
      const complain = (index: number, word: string) => {
        const account = idOf(`server ${index}`)
        const sender = { chainId: world.chainId, account, entropy: entropyOf(word) }
        const complaint = buildComplain(group, seatOf(world, dealing, index), sender)
        return world.send('vault.complain', complaint, `server ${index}`).code
      }
      world.wait(waits)
      t.equal(complain(1, 'first'), code)
      const { fault } = committeeOf(world, dealing.committee)
      if (code !== '') {
        t.equal(fault, null)
        t.equal(world.bond(DEALER).amount, BOND)
        t.equal(world.bond('server 1').amount, 1_000n)
        return
      }
      assert(fault, 'the deal is aborted')
      const isHonest = what === 'honest'
      const culprit = isHonest ? 'server 1' : DEALER
      const kind = isHonest ? 'false-complaint' : 'bad-share'
      t.match(faultTable.get(world.state(), fault), { kind, culprit: idOf(culprit), index: 1 })
      const [before, paid] = isHonest ? [1_000n, 1_000n] : [BOND, BOND]
      t.equal(world.bond(culprit).amount, before - paid)
      t.equal(world.burned(), isHonest ? 1_000n : BOND / 2n)
      t.equal(complain(1, 'another proof'), 'COMMITTEE_ABORTED')
      t.equal(complain(2, 'another seat'), 'COMMITTEE_ABORTED')
      t.equal(world.burned(), isHonest ? 1_000n : BOND / 2n, 'once')
      world.wait(2_000)
      t.equal(
        world.send('vault.ack', ackOf(world, dealing, 3), 'server 3').code,
        'COMMITTEE_ABORTED',
      )
    })

t.test(
  'who was dealt to rightly and complains about a deal that lies to others pays',
  async (t) => {
    const world = await createWorld()
    const honest = prepareDeal(world, { bond: BOND })
    const spoil = deals['a lie to one seat']
    assert(spoil, 'a lie')
    const bare = { ...sealDeal(group, honest.plan), ...spoil(honest) }
    const dealing = { ...honest, init: proveDeal(group, honest.plan, bare) }
    must(world, 'vault.init', dealing.init, DEALER)
    const sender = { chainId: world.chainId, account: idOf('server 2'), entropy: entropyOf('c') }
    must(
      world,
      'vault.complain',
      buildComplain(group, seatOf(world, dealing, 2), sender),
      'server 2',
    )
    t.equal(world.bond('server 2').amount, 0n)
    t.equal(world.bond(DEALER).amount, BOND)
  },
)

/** What the seats and the writers of a deal hold. */
function sharesOf(world: World, dealing: Dealing) {
  const shares = dealing.servers.map((_, seat) => {
    const share = readShare(group, seatOf(world, dealing, seat + 1))
    assert(share, 'an honest box opens')
    return share
  })
  return { shares, key: dealing.init.commitments[0] ?? new Uint8Array() }
}

/** Of five seats one never acknowledged, so that four are members; three answers are enough. */
for (const answering of [0, 1, 2, 3, 4])
  t.test(`${answering} of four members answer`, async (t) => {
    const world = await createWorld()
    const dealing = prepareDeal(world)
    must(world, 'vault.init', dealing.init, DEALER)
    world.wait(2_000)
    for (const index of [1, 2, 3, 4])
      must(world, 'vault.ack', ackOf(world, dealing, index), `server ${index}`)
    world.wait(60_000)
    const ready = { ...dealing, ...sharesOf(world, dealing) }
    letWrite(world, 'pat')
    recordAmounts(world, ready, { name: 'pat', amounts: [1n, 2n, 3n] })
    const consent = letAskBucket(world, ready.committee, 'pat')
    const before = world.balance('payer a')
    const open = (): Question =>
      ask(world, ready, { target: segmentOf('pat', 0), consent, fee: 90n })
    const question = open()
    for (let index = 1; index <= answering; index++)
      t.equal(respond(world, ready, { ...question, index }).code, '')
    const isEnough = answering >= 3
    t.equal(readSum(world, question), isEnough ? 6n : undefined)
    world.wait(60_000)
    const timeout = { account: idOf('sam'), query: question.query }
    t.equal(world.send('query.timeout', timeout, 'sam').code, isEnough ? 'RESULT_EXISTS' : '')
    t.equal(before - world.balance('payer a'), isEnough ? 90n : 0n)
    const lost = [1, 2, 3, 4, 5].map((seat) => 1_000n - world.bond(`server ${seat}`).amount)
    const silent = (seat: number) => !isEnough && seat > answering && seat <= 4
    t.strictSame(
      lost,
      [1, 2, 3, 4, 5].map((seat) => (silent(seat) ? 10n : 0n)),
    )
    if (isEnough) return
    t.equal(progressTable.get(world.state(), question.query)?.status, 'timed-out')
    const again = open()
    for (const index of [1, 2, 4]) respond(world, ready, { ...again, index })
    t.equal(readSum(world, again), 6n, 'the same set again')
  })
