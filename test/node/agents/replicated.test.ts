// Helpers of replicated keys: seats, checks of every record, complaints and answers, also after restarts.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { committeeStatus } from '../../../apps/vault/committee.ts'
import { committeeId, recordId } from '../../../apps/vault/ids.ts'
import type { RepInit } from '../../../apps/vault/replicated/payloads.ts'
import {
  badRecordTable,
  committeeTable,
  offerTable,
  progressTable,
  resultTable,
} from '../../../apps/vault/state.ts'
import { recordIds } from '../../../client/vault/record.ts'
import {
  buildRepInit,
  classSecretsOf,
  proveRepDeal,
  type RepDealPlan,
  sealClassKey,
  sealRepDeal,
} from '../../../client/vault/replicated/deal.ts'
import type { Digest } from '../../../vm/types.ts'
import { ask, invoiceOf, letAskBucket, letWrite, segmentOf } from '../../apps/vault/cast.ts'
import { repBatchOf, withWrongShares } from '../../apps/vault/replicated/batches.ts'
import { badRecordOf, recordRep, sendRecord } from '../../apps/vault/replicated/scene.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from '../../apps/vault/world.ts'
import { type Actor, blockAt, type Part, readAll, saidBy, settle, startActor } from './stage.ts'

const OWNER = 'hospital desk'
const { group } = suite
const account = idOf(OWNER)
const nonce = `0x${'2a'.repeat(16)}` as const
const committee = committeeId({ account, nonce })
const names = ['server 1', 'server 2', 'server 3']

function planOf(world: World, answers: RepInit['answers']): RepDealPlan {
  const servers = names.map((name) => {
    const offer = offerTable.get(world.state(), idOf(name), committee, 1)
    if (offer === undefined) throw new Error(`${name} has offered nothing`)
    return { account: idOf(name), boxKey: offer.boxKey }
  })
  return {
    chainId: world.chainId,
    account,
    nonce,
    threshold: 2,
    minimum: 2,
    servers,
    currency: 'USD',
    bond: 1_000n,
    entropy: entropyOf('deal of the owner'),
    answers,
  }
}

type Options = {
  readonly cheats?: Readonly<Record<string, Part['cheat']>>
  readonly answers?: RepInit['answers']
}

/** Three helpers that have offered. */
async function helpers(t: Test, world: World, { cheats = {} }: Options): Promise<Actor[]> {
  const serves = { kind: 'replicated', committee } as const
  const start = (name: string) =>
    startActor(t, world, { name, serves, cheat: cheats[name] ?? null })
  const actors: Actor[] = []
  for (const name of names) actors.push(await start(name))
  return actors
}

/** A vault that takes records, and its helpers. */
async function opened(t: Test, options: Options = {}) {
  const world = await createWorld()
  const actors = await helpers(t, world, options)
  const plan = planOf(world, options.answers ?? 'masked')
  must(world, 'rep.init', buildRepInit(group, plan), OWNER)
  await settle(world, actors)
  world.wait(2_000)
  await settle(world, actors)
  letWrite(world, 'pat')
  const secrets = classSecretsOf(group, plan)
  const ready = { committee, epoch: 1, secrets } as Parameters<typeof recordRep>[1]
  return { world, actors, ready }
}

function statusOf(world: World): string {
  const state = committeeTable.get(world.state(), committee)
  if (state === undefined) throw new Error('no deal')
  return committeeStatus(state, 3, world.now())
}

function question(world: World): Digest {
  const consent = letAskBucket(world, committee, 'pat')
  const { code, query } = ask(
    world,
    { committee, epoch: 1 },
    { target: segmentOf('pat', 0), consent },
  )
  if (code !== '') throw new Error(code)
  return query
}

const statusOfQuery = (world: World, query: Digest) =>
  progressTable.get(world.state(), query)?.status

test('helpers take their seats, keep the keys to themselves, and erase what opened the boxes', async (t) => {
  const { world, actors } = await opened(t)
  t.equal(statusOf(world), 'active')
  await settle(world, actors)
  for (const { home } of actors) {
    t.equal(statSync(join(home, 'keys', 'classes.json')).mode & 0o777, 0o600)
    t.notOk(existsSync(join(home, 'keys', 'offer.json')), 'the one-time key has served')
  }
})

test('a wrong box is complained about, and nothing is acknowledged', async (t) => {
  const world = await createWorld()
  const actors = await helpers(t, world, {})
  const plan = planOf(world, 'masked')
  const bare = sealRepDeal(group, plan)
  const [first, ...rest] = bare.boxes
  // The first box is that of class 1 for server 1: another number than X_1 promises.
  const wrong = sealClassKey(group, plan, { class: 1, index: 1, secret: `0x01${'00'.repeat(31)}` })
  t.not(Buffer.compare(first ?? wrong, wrong), 0)
  const lie = proveRepDeal(group, plan, { ...bare, boxes: [wrong, ...rest] })
  must(world, 'rep.init', lie, OWNER)
  await settle(world, actors)
  t.match(saidBy(actors[0] as Actor, 'rep.complainKey'), [{ code: '' }])
  t.equal(statusOf(world), 'aborted')
  world.wait(2_000)
  await settle(world, actors)
  for (const actor of actors) t.same(saidBy(actor, 'rep.ack'), [])
})

test('records in order are answered by any two of three, and nobody complains', async (t) => {
  const { world, actors, ready } = await opened(t)
  recordRep(world, ready, { name: 'pat', amounts: [100n, 20n, 3n] })
  await settle(world, actors)
  const query = question(world)
  await settle(world, actors.slice(1))
  t.equal(statusOfQuery(world, query), 'ready')
  for (const actor of actors) t.same(saidBy(actor, 'rep.complainRecord'), [])
  await settle(world, actors)
  t.same(saidBy(actors[0] as Actor, 'rep.respond'), [], 'nothing is said about what has its result')
})

test('a wrong share is found by its holders alone, and the owner pays', async (t) => {
  const { world, actors, ready } = await opened(t)
  recordRep(world, ready, { name: 'pat', amounts: [100n, 20n, 3n] })
  const bad = badRecordOf(world, ready, { name: 'pat', amount: 7n, class: 2 })
  const id = sendRecord(world, bad)
  t.equal(recordId(bad), id)
  await settle(world, actors)
  t.ok(badRecordTable.get(world.state(), id), 'it is known to be bad')
  const complaints = actors.map((actor) => saidBy(actor, 'rep.complainRecord').length)
  t.equal(complaints[2], 0, 'server 3 does not hold class 2')
  const codes = actors
    .flatMap((actor) => saidBy(actor, 'rep.complainRecord'))
    .map(({ code }) => code)
  t.same(codes, [''], 'one complaint is enough')
  const query = question(world)
  await settle(world, actors)
  t.equal(statusOfQuery(world, query), 'ready', 'the others are answered without it')
})

test('each record of a batch is held against the keys, and the one that is wrong is complained about', async (t) => {
  const { world, actors, ready } = await opened(t)
  const invoices = [100n, 20n, 3n, 4n].map((amount) => invoiceOf('pat', amount, `held ${amount}`))
  const batch = withWrongShares(world, repBatchOf(world, ready, invoices), 2)
  must(world, 'rep.recordBatch', batch, OWNER)
  await settle(world, actors)
  const bad = recordIds(batch).filter((id) => badRecordTable.get(world.state(), id) !== undefined)
  t.strictSame(bad, recordIds(batch).slice(2, 3))
  const codes = actors
    .flatMap((actor) => saidBy(actor, 'rep.complainRecord'))
    .map(({ code }) => code)
  t.ok(codes.length > 0 && codes.every((code) => code === ''), 'nobody complains about the others')
  const query = question(world)
  await settle(world, actors)
  t.equal(statusOfQuery(world, query), 'ready', 'the others are answered without it')
})

test('what was found wrong is complained about after a restart between block and complaint', async (t) => {
  const { world, actors, ready } = await opened(t)
  const [first] = actors as [Actor]
  const id = sendRecord(world, badRecordOf(world, ready, { name: 'pat', amount: 7n, class: 1 }))
  await readAll(world, first)
  await first.restart()
  t.same(saidBy(first, 'rep.complainRecord'), [])
  await settle(world, [first])
  t.match(saidBy(first, 'rep.complainRecord'), [{ code: '' }])
  t.ok(badRecordTable.get(world.state(), id))
})

test('helpers answer as scalars where the deal says so, also after a restart', async (t) => {
  const { world, actors, ready } = await opened(t, { answers: 'scalar' })
  recordRep(world, ready, { name: 'pat', amounts: [100n, 20n, 3n] })
  for (const actor of actors) await actor.restart()
  const query = question(world)
  await settle(world, actors)
  t.ok(resultTable.get(world.state(), query))
  const said = actors.flatMap((actor) => saidBy(actor, 'rep.respondScalar'))
  t.ok(said.length >= 2)
})

test('an answer that is on its way is not made again when somebody else has answered', async (t) => {
  const { world, actors, ready } = await opened(t)
  recordRep(world, ready, { name: 'pat', amounts: [100n, 20n, 3n] })
  await settle(world, actors)
  question(world)
  const [first, second] = actors as [Actor, Actor]
  await readAll(world, first)
  await settle(world, [second])
  const { block, tip } = blockAt(world, world.blocks.length)
  await Promise.all(first.serving.attend(world.now()))
  // The block of its own answer comes after this one.
  await first.serving.read(block, tip)
  await Promise.all(first.serving.attend(world.now()))
  t.match(saidBy(first, 'rep.respond'), [{ code: '' }])
  t.equal(saidBy(first, 'rep.respond').length, 1)
})

test('a false accuser is made to pay once, and the deal goes on', async (t) => {
  const { world, actors, ready } = await opened(t, { cheats: { 'server 2': 'false-complaint' } })
  recordRep(world, ready, { name: 'pat', amounts: [100n, 20n, 3n] })
  const [, accuser] = actors as [Actor, Actor]
  await settle(world, actors)
  t.match(saidBy(accuser, 'rep.complainRecord'), [{ code: '' }])
  recordRep(world, ready, { name: 'pat', amounts: [5n] })
  await settle(world, actors)
  t.equal(saidBy(accuser, 'rep.complainRecord').length, 1)
  t.equal(statusOf(world), 'active')
})

test('silent helpers send nothing, and two of them leave a class unanswered', async (t) => {
  const cheats = { 'server 2': 'silent', 'server 3': 'silent' } as const
  const { world, actors, ready } = await opened(t, { cheats })
  recordRep(world, ready, { name: 'pat', amounts: [100n, 20n, 3n] })
  await settle(world, actors)
  const query = question(world)
  await settle(world, actors)
  t.equal(statusOfQuery(world, query), 'open')
  t.match(saidBy(actors[0] as Actor, 'rep.respond'), [{ code: '' }])
})
