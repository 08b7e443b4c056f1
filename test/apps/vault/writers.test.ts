// Who writes for a committee over a keyset: organizations come, go and come back, and all of them have a say.
import t from 'tap'
import { buildWriters } from '../../../client/vault/keyset.ts'
import type { Digest } from '../../../vm/types.ts'
import { ask, letAskBucket, readSum, respond, segmentOf } from './cast.ts'
import { deal } from './dealing.ts'
import { begin, letAllWrite, makeKeyset, recordBy } from './keyset-scene.ts'
import { createWorld, idOf, type World } from './world.ts'

type Change = {
  readonly writers: readonly string[]
  /** Whose admins sign; the first acts. */
  readonly by: readonly string[]
  readonly bond?: bigint
}

function change(world: World, committee: Digest, { writers, by, bond = 50n }: Change): string {
  const payload = buildWriters({
    account: idOf(`${by[0]} admin`),
    committee,
    writers: writers.map((name) => idOf(name)),
    bond,
  })
  return world.send('vault.writers', payload, ...by.map((name) => `${name} admin`)).code
}

function bondsOf(world: World): readonly bigint[] {
  return ['hospital', 'clinic', 'practice'].map((name) => world.bond(`${name} admin`).amount)
}

async function begun() {
  const world = await createWorld({ dealerBondMin: 50n })
  const taken = begin(world, makeKeyset(world))
  letAllWrite(world, 'pat')
  const by = (hospital: string) =>
    recordBy(world, taken, { hospital, name: 'pat', amounts: [1n, 10n] }).code
  return { world, taken, by }
}

t.test('a writer comes, another goes, and what it wrote is summed with the rest', async (t) => {
  const { world, taken, by } = await begun()
  const { committee } = taken
  t.same([by('hospital'), by('clinic'), by('practice')], ['', '', 'WRITER_NOT_ALLOWED'])
  const all = ['hospital', 'clinic', 'practice']
  t.equal(change(world, committee, { writers: ['hospital', 'practice'], by: all }), '')
  t.same([by('hospital'), by('clinic'), by('practice')], ['', 'WRITER_NOT_ALLOWED', ''])
  t.same(bondsOf(world), [50n, 50n, 50n], 'only who is new has added to its bond')
  const consent = letAskBucket(world, committee, 'pat')
  const question = ask(world, taken, { target: segmentOf('pat', 0), consent })
  for (const index of [1, 2, 3]) respond(world, taken, { query: question.query, index })
  t.equal(readSum(world, question), 44n)
  t.equal(change(world, committee, { writers: all, by: all }), '', 'it comes back')
  t.equal(by('clinic'), '')
})

t.test('nobody is put out or let in without the word of everybody', async (t) => {
  const { world, taken } = await begun()
  const { committee } = taken
  const code = (by: readonly string[], writers: readonly string[], bond?: bigint) =>
    change(world, committee, { writers, by, ...(bond === undefined ? {} : { bond }) })
  const pair = ['hospital', 'clinic']
  t.equal(code(['hospital'], ['hospital']), 'ADMIN_MISSING', 'the clinic is put out')
  t.equal(code(['hospital', 'practice'], ['hospital', 'practice']), 'ADMIN_MISSING')
  t.equal(code(pair, [...pair, 'practice']), 'ADMIN_MISSING', 'the practice is let in unasked')
  t.equal(code(['practice', ...pair], pair), 'WRITERS', 'who has nothing to do with it')
  t.equal(code([...pair, 'practice'], [...pair, 'practice'], 49n), 'BOND_TOO_SMALL')
  t.equal(code([...pair, 'practice'], [...pair, 'practice'], 2_000_000n), 'BALANCE_TOO_LOW')
  t.equal(change(world, idOf('none'), { writers: pair, by: pair }), 'COMMITTEE_UNKNOWN')
  const dealt = deal(world, { bond: 50n })
  t.equal(change(world, dealt.committee, { writers: pair, by: pair }), 'COMMITTEE_UNKNOWN')
  const backwards = {
    account: idOf('hospital admin'),
    committee,
    writers: buildWriters({
      account: idOf('hospital admin'),
      committee,
      writers: pair.map((name) => idOf(name)),
      bond: 0n,
    }).writers.toReversed(),
    bond: 0n,
  }
  const admins = pair.map((name) => `${name} admin`)
  t.equal(world.send('vault.writers', backwards, ...admins).code, 'WRITERS')
  t.equal(world.send('vault.writers', backwards, 'clinic admin').code, 'NOT_SIGNER')
  t.same(bondsOf(world), [50n, 50n, 0n], 'nobody has paid anything')
  t.equal(code(pair, pair), '', 'the same again changes nothing')
  t.same(bondsOf(world), [50n, 50n, 0n])
})

t.test('who lost its bond writes again with a new one', async (t) => {
  const { world, taken, by } = await begun()
  world.wait(10_000_000)
  const released = { currency: 'USD', amount: 50n }
  t.equal(world.send('bank.release-bond', released, 'clinic admin').code, '')
  letAllWrite(world, 'pat')
  t.equal(by('clinic'), 'BOND_TOO_SMALL')
  const pair = ['hospital', 'clinic']
  t.equal(change(world, taken.committee, { writers: pair, by: pair }), '')
  t.same(bondsOf(world), [50n, 50n, 0n])
  t.equal(by('clinic'), '')
})
