// Committees over a keyset: several hospitals write, the members answer, and one sum spans all of them.
import t from 'tap'
import { burnBond } from '../../../apps/bank/money.ts'
import { setHash } from '../../../apps/vault/ids.ts'
import { recordTable, silenceTable } from '../../../apps/vault/state.ts'
import { memberNames } from '../committee/cast.ts'
import {
  ask,
  letAsk,
  letAskBucket,
  readSum,
  respond,
  responseOf,
  segmentOf,
  tagOf,
} from './cast.ts'
import { BOND, begin, initKeysetOf, letAllWrite, makeKeyset, recordBy } from './keyset-scene.ts'
import { createWorld, idOf, must, type World } from './world.ts'

/** Three hospitals with records of one patient. */
async function withRecords(changes: object = {}) {
  const world = await createWorld(changes)
  const made = makeKeyset(world)
  const taken = begin(world, made, { writers: ['hospital', 'clinic', 'practice'] })
  letAllWrite(world, 'pat')
  const amounts = { hospital: [100n, 20n], clinic: [3_000n], practice: [40_000n, 500_000n] }
  for (const [hospital, own] of Object.entries(amounts))
    t.equal(recordBy(world, taken, { hospital, name: 'pat', amounts: own }).code, '')
  return { world, made, taken }
}

t.test(
  'one sum spans the records of three hospitals, and any three members answer it',
  async (t) => {
    for (const seats of [
      [1, 2, 3],
      [5, 3, 1],
      [2, 4, 5],
    ]) {
      const { world, taken } = await withRecords()
      const consent = letAskBucket(world, taken.committee, 'pat')
      const question = ask(world, taken, { target: segmentOf('pat', 0), consent, fee: 30n })
      t.equal(question.code, '')
      const before = seats.map((seat) => world.balance(`server ${seat}`))
      for (const index of seats)
        t.equal(respond(world, taken, { query: question.query, index }).code, '')
      t.equal(readSum(world, question), 543_120n)
      const earned = seats.map((seat, i) => world.balance(`server ${seat}`) - (before[i] ?? 0n))
      t.strictSame(earned, [10n, 10n, 10n])
    }
  },
)

t.test('records of several hospitals are asked one by one, too', async (t) => {
  const world = await createWorld()
  const taken = begin(world, makeKeyset(world))
  letAllWrite(world, 'pat')
  const by = (hospital: string, amount: bigint) =>
    recordBy(world, taken, { hospital, name: 'pat', amounts: [amount] }).records
  const records = [...by('hospital', 5n), ...by('clinic', 70n), ...by('clinic', 900n)].sort()
  by('hospital', 10_000n)
  const target = { kind: 'records', records } as const
  const set = setHash(taken.committee, target)
  const scope = { kind: 'set', set, tags: [tagOf('pat').publicKey] } as const
  const consent = letAsk(world, taken.committee, { names: ['pat'], scope })
  const question = ask(world, taken, { target, consent })
  t.equal(question.code, '')
  for (const index of [2, 3, 4]) respond(world, taken, { query: question.query, index })
  t.equal(readSum(world, question), 975n)
})

t.test('who begins a committee, over what, with whom', async (t) => {
  const world = await createWorld({ dealerBondMin: 50n })
  const made = makeKeyset(world)
  const { payload, committee } = initKeysetOf(made, {})
  const admins = ['hospital admin', 'clinic admin']
  const begun = (changes: object, ...signers: string[]) =>
    world.send(
      'vault.initKeyset',
      { ...payload, ...changes },
      ...(signers.length ? signers : admins),
    ).code
  const { writers } = payload
  t.equal(begun({}, 'clinic admin'), 'NOT_SIGNER')
  t.equal(begun({}, 'hospital admin'), 'ADMIN_MISSING', 'one signature of two')
  t.equal(begun({}, 'hospital admin', 'clinic desk'), 'ADMIN_MISSING', 'no admin')
  t.equal(begun({ account: idOf('hospital desk') }, 'hospital desk', ...admins), 'ADMIN_MISSING')
  t.equal(begun({ account: idOf('practice admin') }, 'practice admin', ...admins), 'WRITERS')
  t.equal(begun({ account: idOf('pat') }, 'pat', ...admins), 'WRITERS')
  t.equal(begun({ writers: writers.toReversed() }), 'WRITERS')
  t.equal(begun({ writers: [writers[0], writers[0]] }), 'WRITERS')
  t.equal(begun({ keyset: idOf('none') }), 'KEYSET_INACTIVE')
  t.equal(begun({ epoch: 2 }), 'EPOCH_WRONG')
  t.equal(begun({ bond: 49n }), 'BOND_TOO_SMALL')
  t.equal(begun({ bond: 1_000_001n }), 'BALANCE_TOO_LOW')
  t.equal(world.bond('hospital admin').amount, 0n, 'nobody has paid')
  t.equal(begun({}), '')
  t.equal(begun({}), 'COMMITTEE_EXISTS')
  for (const name of admins) t.equal(world.bond(name).amount, 50n, name)
  const answer = await world.query('vault.seats', { committee, epoch: null })
  t.match(answer, {
    result: {
      kind: 'keyset',
      epoch: 1,
      inForce: 1,
      threshold: 3,
      keyset: made.keyset,
      currency: 'USD',
    },
  })
})

t.test('a keyset must be able to answer for sums, by bonded servers', async (t) => {
  const begun = (world: World, made: Parameters<typeof initKeysetOf>[0]) =>
    world.send('vault.initKeyset', initKeysetOf(made, {}).payload, 'hospital admin', 'clinic admin')
      .code
  const other = await createWorld()
  t.equal(begun(other, makeKeyset(other, { purposes: ['records'] })), 'KEYSET_PURPOSE')
  const weak = await createWorld()
  t.equal(begun(weak, makeKeyset(weak, { threshold: 4 }, { noAck: [2] })), 'KEYSET_WEAK')
  const poor = await createWorld()
  t.equal(begun(poor, makeKeyset(poor, { bond: BOND - 1n })), 'BOND_TOO_SMALL', 'of the keyset')
  const released = await createWorld()
  const made = makeKeyset(released)
  released.change((writer) =>
    burnBond(writer, { owner: idOf('server 2'), currency: 'USD', amount: 1n }),
  )
  t.equal(begun(released, made), 'BOND_TOO_SMALL', 'of one server')
  const pending = await createWorld()
  const beforeEnd = () =>
    t.equal(begun(pending, { keyset: startedKeyset, epoch: 1 }), 'KEYSET_INACTIVE', 'not yet')
  const startedKeyset = made.keyset
  makeKeyset(pending, {}, { noAck: [1], beforeEnd })
})

t.test('only writers write, each for its own organization, with a bond', async (t) => {
  const world = await createWorld({ dealerBondMin: 50n })
  const taken = begin(world, makeKeyset(world))
  const by = (hospital: string) => recordBy(world, taken, { hospital, name: 'pat', amounts: [1n] })
  t.equal(by('hospital').code, 'GRANT_MISSING')
  letAllWrite(world, 'pat')
  t.equal(by('practice').code, 'WRITER_NOT_ALLOWED')
  const [record] = by('hospital').records
  t.equal(recordTable.get(world.state(), record ?? '')?.account, idOf('hospital desk'))
  const theirs = { account: idOf('clinic desk'), record, reason: 'error' }
  t.equal(world.send('vault.void', theirs, 'clinic desk').code, 'WRITER_NOT_ALLOWED')
  const own = { ...theirs, account: idOf('second desk') }
  t.equal(world.send('vault.void', own, 'second desk').code, '')
  t.equal(by('clinic').code, '')
  const lock = world.bond('clinic admin').lockedUntilMs
  world.wait(Math.max(0, lock - world.now()) + 1)
  letAllWrite(world, 'sam')
  must(world, 'bank.release-bond', { currency: 'USD', amount: 1n }, 'clinic admin')
  const late = recordBy(world, taken, { hospital: 'clinic', name: 'sam', amounts: [1n] })
  t.equal(late.code, 'BOND_TOO_SMALL')
  t.equal(recordBy(world, taken, { hospital: 'hospital', name: 'sam', amounts: [1n] }).code, '')
})

t.test('an insurer whose organization holds a seat asks nothing', async (t) => {
  const world = await createWorld()
  const members = [...memberNames(4), 'server in a']
  const taken = begin(world, makeKeyset(world, { members }))
  letAllWrite(world, 'pat')
  recordBy(world, taken, { hospital: 'hospital', name: 'pat', amounts: [1n, 2n, 3n] })
  const consent = letAskBucket(world, taken.committee, 'pat')
  t.equal(ask(world, taken, { target: segmentOf('pat', 0), consent }).code, 'SEAT_HELD')
})

t.test(
  'a member that never acknowledged neither answers nor is silent; the others pay',
  async (t) => {
    const world = await createWorld()
    const taken = begin(world, makeKeyset(world, {}, { noAck: [4] }))
    letAllWrite(world, 'pat')
    recordBy(world, taken, { hospital: 'clinic', name: 'pat', amounts: [1n, 2n, 3n] })
    const consent = letAskBucket(world, taken.committee, 'pat')
    const question = ask(world, taken, { target: segmentOf('pat', 0), consent, fee: 9n })
    const { query } = question
    const [share] = taken.shares
    const asIf = {
      ...taken,
      shares: taken.shares.map((own) => (own === '0x' ? (share ?? own) : own)),
    }
    t.equal(respond(world, asIf, { query, index: 4 }).code, 'NOT_ACKNOWLEDGED')
    t.equal(respond(world, taken, { query, index: 2 }).code, '')
    t.equal(respond(world, taken, { query, index: 2 }).code, 'RESPONSE_EXISTS')
    const insurer = world.balance('payer a')
    world.wait(60_001)
    must(world, 'query.timeout', { account: idOf('pat'), query }, 'pat')
    t.equal(world.balance('payer a') - insurer, 9n)
    const silences = memberNames(5).map((name) => silenceTable.get(world.state(), idOf(name)) ?? 0)
    t.strictSame(silences, [1, 0, 1, 0, 1])
    t.equal(world.bond('server 1').amount, BOND - 10n)
    const again = ask(world, taken, { target: segmentOf('pat', 0), consent })
    for (const index of [1, 3, 5]) respond(world, taken, { query: again.query, index })
    t.equal(readSum(world, again), 6n, 'the set can be asked again')
  },
)

t.test('an answer is proven against the key of its own seat', async (t) => {
  const { world, taken } = await withRecords()
  const consent = letAskBucket(world, taken.committee, 'pat')
  const { query } = ask(world, taken, { target: segmentOf('pat', 0), consent })
  const [first, second] = [1, 2].map((index) => responseOf(world, taken, { query, index }))
  const send = (payload: object, signer: string) =>
    world.send('query.respond', payload, signer).code
  t.equal(send({ ...first, index: 2 }, 'server 1'), 'NOT_MEMBER')
  t.equal(send({ ...first, proof: second?.proof }, 'server 1'), 'PROOF_RESPONSE')
  t.equal(send({ ...first, epoch: 2 }, 'server 1'), 'EPOCH_WRONG')
  t.equal(send({ ...first, account: idOf('server 2'), index: 2 }, 'server 2'), 'PROOF_RESPONSE')
  t.equal(send({ ...first, second: new Uint8Array(32) }, 'server 1'), 'POINT_INVALID')
  t.equal(send({ ...first }, 'server 1'), '')
})

t.test('the transactions of a dealt key find nothing in such a committee', async (t) => {
  const { world, taken } = await withRecords()
  const { committee } = taken
  const seat = { account: idOf('server 1'), committee, epoch: 1, index: 1 }
  const ack = { ...seat, keysHash: idOf('keys') }
  t.equal(world.send('vault.ack', ack, 'server 1').code, 'COMMITTEE_UNKNOWN')
  const box = { box: new Uint8Array(48), opening: taken.key, proof: new Uint8Array(64) }
  t.not(world.send('vault.complain', { ...seat, ...box }, 'server 1').code, '')
  t.equal(world.send('rep.ack', ack, 'server 1').code, 'COMMITTEE_UNKNOWN')
})
