// Helpers that make a key among themselves, hand it over, and keep and erase its secrets.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import type { Deal } from '../../../apps/committee/payloads.ts'
import { epochOf, keysetOf, memberNames, startOf, windows } from '../../apps/committee/cast.ts'
import { createWorld, idOf, must, type World } from '../../apps/vault/world.ts'
import { type Actor, type Part, saidBy, settle, startActor } from './stage.ts'

const names = memberNames(5)
const keyset = keysetOf()
const first = { keyset, epoch: 1 }

type Cheats = Readonly<Record<string, Part['cheat']>>

function servesFor(who: readonly string[]): Part['serves'] {
  return { kind: 'keyset', keyset, committees: [], members: who.map(idOf) }
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
  must(world, 'dkg.start', startOf({ members: who, threshold: 3 }), 'hospital desk')
}

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
  await pass(world, [...actors, newcomer], 5)
  t.equal(epochOf(world, { keyset, epoch: 2 }).phase, 'active')
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
