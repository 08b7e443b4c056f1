// Helpers of a key that a hospital deals: seats, answers, and the same key dealt again to others.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { epochInForce } from '../../../apps/vault/committee.ts'
import { committeeId } from '../../../apps/vault/ids.ts'
import { offerTable, progressTable } from '../../../apps/vault/state.ts'
import { createSeedSigner } from '../../../client/signer.ts'
import { buildInit, type DealPlan, dealtKey as keyOf } from '../../../client/vault/deal.ts'
import { buildReshare } from '../../../client/vault/reshare.ts'
import { dealtKey } from '../../../node/agents/helper/dealt-key.ts'
import { createSeat } from '../../../node/agents/helper/seat.ts'
import type { Digest } from '../../../vm/types.ts'
import {
  ask,
  batchOf,
  invoiceOf,
  letAskBucket,
  letWrite,
  segmentOf,
} from '../../apps/vault/cast.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from '../../apps/vault/world.ts'
import { type Actor, saidBy, settle, startActor } from './stage.ts'

const { group } = suite
const DEALER = 'hospital desk'
const account = idOf(DEALER)
const nonce = `0x${'3b'.repeat(16)}` as const
const committee = committeeId({ account, nonce })
const names = ['server 1', 'server 2', 'server 3']

function offersOf(world: World, who: readonly string[], epoch: number) {
  return who.map((name) => {
    const offer = offerTable.get(world.state(), idOf(name), committee, epoch)
    if (offer === undefined) throw new Error(`${name} has offered nothing`)
    return { account: idOf(name), boxKey: offer.boxKey }
  })
}

async function serving(t: Test, world: World, who: readonly string[]): Promise<Actor[]> {
  const actors: Actor[] = []
  for (const name of who)
    actors.push(await startActor(t, world, { name, serves: { kind: 'dealer', committee } }))
  return actors
}

async function dealt(t: Test, world: World) {
  const actors = await serving(t, world, names)
  const terms = {
    chainId: world.chainId,
    account,
    nonce,
    threshold: 2,
    minimum: 2,
    currency: 'USD',
  }
  const servers = offersOf(world, names, 1)
  const plan: DealPlan = { ...terms, servers, bond: 0n, entropy: entropyOf('a deal') }
  const init = buildInit(group, plan)
  must(world, 'vault.init', init, DEALER)
  await settle(world, actors)
  world.wait(2_000)
  await settle(world, actors)
  letWrite(world, 'pat')
  const [key = new Uint8Array()] = init.commitments
  return { actors, plan, key, init }
}

let entries = 0

function fillAndAsk(
  world: World,
  { key, init }: Pick<Awaited<ReturnType<typeof dealt>>, 'key' | 'init'>,
  { epoch, segment }: { readonly epoch: number; readonly segment: number },
): Digest {
  const invoices = [1n, 2n, 3n].map((amount) => invoiceOf('pat', amount, `dealt ${entries++}`))
  must(
    world,
    'vault.recordBatch',
    batchOf(world, { committee, epoch, key, init }, invoices),
    DEALER,
  )
  const consent = letAskBucket(world, committee, 'pat')
  const about = { target: segmentOf('pat', segment), consent }
  const { code, query } = ask(world, { committee, epoch }, about)
  if (code !== '') throw new Error(code)
  return query
}

const statusOf = (world: World, query: Digest) => progressTable.get(world.state(), query)?.status
const keys = ({ home }: Actor) => readdirSync(join(home, 'keys')).sort()

test('any two of three helpers answer, also after a restart', async (t) => {
  const world = await createWorld()
  const made = await dealt(t, world)
  const [first, second] = made.actors as [Actor, Actor]
  for (const actor of made.actors) t.same(keys(actor), ['share.json'])
  const query = fillAndAsk(world, made, { epoch: 1, segment: 0 })
  await settle(world, [first])
  await second.restart()
  t.equal(statusOf(world, query), 'open')
  await settle(world, [second])
  t.equal(statusOf(world, query), 'ready')
  await first.restart()
  await settle(world, made.actors)
  t.equal(saidBy(first, 'query.respond').length, 1, 'an answer is made once')
})

test('a key that is dealt again is answered by its new servers, and old shares are erased', async (t) => {
  const world = await createWorld({ queryDeadlineMs: 5_000, ackWindowMs: 2_000 })
  const made = await dealt(t, world)
  const [newcomer] = (await serving(t, world, ['server 4'])) as [Actor]
  const [leaver, ...stayers] = made.actors as [Actor, Actor, Actor]
  const next = [...stayers, newcomer]
  const all = [leaver, ...next]
  for (const { name, context } of next) {
    const signer = createSeedSigner({ account: idOf(name), seed: entropyOf('any') })
    const place = { context, signer, committee, epoch: 2, bond: 0n, state: world.state() }
    t.equal(await createSeat(place, dealtKey(place)).offer(), '')
  }
  const servers = offersOf(
    world,
    next.map(({ name }) => name),
    2,
  )
  const terms = { chainId: world.chainId, account, committee, epoch: 2, threshold: 2, minimum: 2 }
  const secrets = { key: keyOf(group, made.plan), entropy: entropyOf('dealt again'), bond: 0n }
  must(world, 'vault.reshare', buildReshare(group, { ...terms, ...secrets, servers }), DEALER)
  const before = fillAndAsk(world, made, { epoch: 1, segment: 0 })
  for (let turn = 0; turn < 4; turn++) {
    await settle(world, all)
    world.wait(1_000)
  }
  await settle(world, all)
  t.equal(statusOf(world, before), 'ready', 'the old servers answer what they were asked')
  t.equal(epochInForce(world.state(), committee, world.now()), 2)
  const later = fillAndAsk(world, made, { epoch: 2, segment: 1 })
  await settle(world, [newcomer, ...stayers.slice(0, 1)])
  t.equal(statusOf(world, later), 'ready')
  world.wait(10_000)
  await settle(world, all)
  t.same(keys(leaver), [], 'nothing is left of what could open the key')
  t.same(keys(newcomer), ['share-2.json'])
})
