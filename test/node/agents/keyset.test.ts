// Helpers that make a key among themselves, hand it over, and keep and erase its secrets.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import type { Deal } from '../../../apps/committee/payloads.ts'
import { progressTable, publicKeyTable } from '../../../apps/vault/state.ts'
import type { Digest } from '../../../vm/types.ts'
import { epochOf, keysetOf, memberNames, startOf, windows } from '../../apps/committee/cast.ts'
import { ask, letAskBucket, segmentOf } from '../../apps/vault/cast.ts'
import { initKeysetOf, letAllWrite, recordBy } from '../../apps/vault/keyset-scene.ts'
import { createWorld, idOf, must, type World } from '../../apps/vault/world.ts'
import { type Actor, type Part, saidBy, settle, startActor } from './stage.ts'

const names = memberNames(5)
const keyset = keysetOf()
const first = { keyset, epoch: 1 }
const { committee, payload: beginning } = initKeysetOf(first, {})

type Cheats = Readonly<Record<string, Part['cheat']>>

function servesFor(who: readonly string[]): Part['serves'] {
  return { kind: 'keyset', keyset, committees: [committee], members: who.map(idOf) }
}

async function members(
  t: Test,
  world: World,
  {
    who = names,
    known = who,
    cheats = {},
  }: { who?: readonly string[]; known?: readonly string[]; cheats?: Cheats } = {},
): Promise<Actor[]> {
  const actors: Actor[] = []
  for (const name of who) {
    const part = { name, serves: servesFor(known), cheat: cheats[name] ?? null }
    actors.push(await startActor(t, world, part))
  }
  return actors
}

function start(world: World, who: readonly string[] = names): void {
  const terms = { members: who, threshold: 3, bond: 1_000n }
  must(world, 'dkg.start', startOf(terms), 'hospital desk')
}

/** Two hospitals begin a vault over the key, and a patient lets both record. */
function begin(world: World): void {
  must(world, 'vault.initKeyset', beginning, 'hospital admin', 'clinic admin')
  letAllWrite(world, 'pat')
}

/** Both hospitals record, and the sum of the segment is asked for. */
function fillAndAsk(
  t: Test,
  world: World,
  { epoch, segment }: { epoch: number; segment: number },
): Digest {
  const key = publicKeyTable.get(world.state(), committee)
  if (key === undefined) throw new Error('no key')
  const taken = { committee, epoch, key }
  for (const [hospital, amounts] of [
    ['hospital', [5n, 6n]],
    ['clinic', [7n]],
  ] as const)
    t.equal(recordBy(world, taken, { hospital, name: 'pat', amounts }).code, '')
  const consent = letAskBucket(world, committee, 'pat')
  const target = segmentOf('pat', segment)
  const { code, query } = ask(world, { committee, epoch }, { target, consent })
  t.equal(code, '')
  return query
}

const statusOf = (world: World, query: Digest) => progressTable.get(world.state(), query)?.status

/** Lets the windows pass. */
async function pass(world: World, actors: readonly Actor[], turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await settle(world, actors)
    world.wait(1_000)
  }
  await settle(world, actors)
}

const keys = ({ home }: Actor) => readdirSync(join(home, 'keys')).sort()

test('members make a key, keep their shares to themselves and erase what opened the boxes', async (t) => {
  const world = await createWorld()
  const actors = await members(t, world)
  start(world)
  await pass(world, actors)
  const { phase, run } = epochOf(world, first)
  t.equal(phase, 'active')
  t.equal(run.acks.length, 5)
  for (const actor of actors) {
    t.same(keys(actor), ['keyset-shares-1.json'])
    t.equal(statSync(join(actor.home, 'keys', 'keyset-shares-1.json')).mode & 0o777, 0o600)
  }
})

test('any three members answer what several hospitals have recorded', async (t) => {
  const world = await createWorld()
  const actors = await members(t, world)
  start(world)
  await pass(world, actors)
  begin(world)
  await settle(world, actors)
  for (const actor of actors) await actor.restart()
  const query = fillAndAsk(t, world, { epoch: 1, segment: 0 })
  await settle(world, actors.slice(2))
  t.equal(statusOf(world, query), 'ready')
  for (const actor of actors.slice(2)) t.match(saidBy(actor, 'query.respond'), [{ code: '' }])
})

test('silent members take their seats and answer nothing', async (t) => {
  const world = await createWorld()
  const cheats = { 'server 1': 'silent', 'server 2': 'silent', 'server 3': 'silent' } as const
  const actors = await members(t, world, { cheats })
  start(world)
  await pass(world, actors)
  begin(world)
  const query = fillAndAsk(t, world, { epoch: 1, segment: 0 })
  await settle(world, actors)
  t.equal(statusOf(world, query), 'open')
  t.equal(progressTable.get(world.state(), query)?.responses.length, 2)
})

test('nobody takes part in a plan that gives a share to somebody whom it does not know', async (t) => {
  const world = await createWorld()
  const actors = await members(t, world, { known: names.slice(0, 4) })
  start(world)
  await pass(world, actors)
  t.same(epochOf(world, first).run.seats, [])
})

test('restarts at every step change nothing: one offer, one dealing, one acknowledgement of each', async (t) => {
  const world = await createWorld()
  const actors = await members(t, world)
  start(world)
  for (let turn = 0; turn < 8; turn++) {
    for (const actor of actors) {
      await settle(world, [actor])
      await actor.restart()
    }
    world.wait(250)
  }
  await pass(world, actors)
  t.equal(epochOf(world, first).phase, 'active')
  for (const actor of actors)
    for (const type of ['dkg.offer', 'dkg.deal', 'dkg.ack'])
      t.match(saidBy(actor, type), [{ code: '' }], `${actor.name} ${type}`)
})

test('a wrong share is complained about; its dealer is at fault and the key is made by the others', async (t) => {
  const world = await createWorld()
  const actors = await members(t, world, { cheats: { 'server 2': 'bad-deal' } })
  start(world)
  await pass(world, actors)
  const { phase, run, qualified } = epochOf(world, first)
  t.same(run.culprits, [idOf('server 2')])
  const cheat = run.seats.indexOf(idOf('server 2')) + 1
  t.notOk(qualified?.includes(cheat))
  t.equal(phase, 'active')
})

test('a false accuser is at fault, once', async (t) => {
  const world = await createWorld()
  const actors = await members(t, world, { cheats: { 'server 3': 'false-complaint' } })
  start(world)
  await pass(world, actors)
  const { phase, run } = epochOf(world, first)
  t.same(run.culprits, [idOf('server 3')])
  t.equal(run.opened.length, 1, 'the dealing that was opened counts no more')
  t.match(saidBy(actors[2] as Actor, 'dkg.complain'), [{ code: '' }])
  t.equal(phase, 'active')
})

test('a key is handed over to members that all of them know, and old shares are erased in time', async (t) => {
  const world = await createWorld({ queryDeadlineMs: 5_000 })
  const next = ['server 2', 'server 3', 'server 4', 'server 5', 'server 6']
  const all = [...names, 'server 6']
  const actors = await members(t, world)
  start(world)
  await pass(world, actors)
  begin(world)
  const before = fillAndAsk(t, world, { epoch: 1, segment: 0 })
  const [newcomer] = (await members(t, world, { who: ['server 6'], known: all })) as [Actor]
  const reshare = {
    account: idOf('hospital desk'),
    keyset,
    epoch: 2,
    threshold: 3,
    minimum: 4,
    members: next.map(idOf),
    windows,
  }
  must(world, 'dkg.reshare', reshare, 'hospital desk')
  await settle(world, [...actors, newcomer])
  t.same(
    epochOf(world, { keyset, epoch: 2 }).run.seats,
    [idOf('server 6')],
    'a stranger to the rest',
  )
  for (const actor of actors) await actor.restart({ serves: servesFor(all) })
  t.equal(statusOf(world, before), 'ready', 'the old members answer as long as they are in force')
  await pass(world, [...actors, newcomer], 5)
  t.equal(epochOf(world, { keyset, epoch: 2 }).phase, 'active')
  const later = fillAndAsk(t, world, { epoch: 2, segment: 1 })
  await settle(world, [newcomer, ...actors.slice(3)])
  t.equal(statusOf(world, later), 'ready', 'new shares answer')
  const dealt = actors.flatMap((actor) => saidBy(actor, 'dkg.deal').slice(1))
  t.equal(dealt.length, 5, 'old members deal once more')
  t.ok(dealt.every(({ payload }) => (payload as Deal).epoch === 2))
  const [leaver, stayer] = actors as [Actor, Actor]
  t.same(keys(stayer), ['keyset-shares-1.json', 'keyset-shares-2.json'])
  t.same(keys(newcomer), ['keyset-shares-2.json'])
  world.wait(6_000)
  await settle(world, actors)
  t.same(keys(leaver), [], 'nothing is left of what could open the key')
  t.same(keys(stayer), ['keyset-shares-2.json'])
  t.notOk(existsSync(join(newcomer.home, 'keys', 'keyset-offer-2.json')))
})
