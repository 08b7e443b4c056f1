// Dealing the same key again: servers that offer for the next epoch, and a hospital that kept the key.
import type { Reshare } from '../../../apps/vault/payloads.ts'
import { committeeTable, dealTable } from '../../../apps/vault/state.ts'
import { buildAck, buildOffer, dealtKey, readShare } from '../../../client/vault/deal.ts'
import { buildReshare, type ResharePlan } from '../../../client/vault/reshare.ts'
import { assert } from '../../../vm/assert.ts'
import type { Hex } from '../../../vm/types.ts'
import type { Ready } from './dealing.ts'
import { entropyOf, idOf, must, suite, type World } from './world.ts'

const { group } = suite

export type Terms = {
  readonly servers: readonly string[]
  readonly threshold: number
  readonly minimum?: number
  readonly epoch?: number
  readonly bond?: bigint
}

/** A deal for the next epoch that nobody has sent. */
export type Again = {
  readonly plan: ResharePlan
  readonly payload: Reshare
  readonly servers: readonly string[]
  readonly boxSecrets: readonly Hex[]
}

/** Servers offer keys for the next epoch, and the hospital builds the deal. */
export function prepareReshare(world: World, old: Ready, terms: Terms): Again {
  const { servers, threshold, bond = 0n } = terms
  const { committee, init } = old
  const { chainId } = world
  const epoch = terms.epoch ?? old.epoch + 1
  const offers = servers.map((server) => {
    world.send('server.register', { account: idOf(server), bond: 1_000n }, server)
    const entropy = entropyOf(`offer ${epoch} of ${server} for ${committee}`)
    const offering = { chainId, account: idOf(server), committee, epoch, entropy }
    const { payload, boxSecret } = buildOffer(group, offering)
    world.send('server.offer', payload, server)
    return { account: idOf(server), boxKey: payload.boxKey, boxSecret }
  })
  const minimum = terms.minimum ?? threshold + Math.floor((servers.length - 1) / 3)
  const place = { chainId, account: init.account, committee, epoch }
  const key = dealtKey(group, old.plan)
  const entropy = entropyOf(`reshare ${epoch}`)
  const plan = { ...place, threshold, minimum, servers: offers, key, bond, entropy }
  const boxSecrets = offers.map(({ boxSecret }) => boxSecret)
  return { plan, payload: buildReshare(group, plan), servers, boxSecrets }
}

export function seatAgain(world: World, { plan, payload, boxSecrets }: Again, index: number) {
  const { committee, epoch } = plan
  const deal = dealTable.get(world.state(), committee, epoch)
  const box = payload.boxes[index - 1]
  const boxSecret = boxSecrets[index - 1]
  assert(deal && box && boxSecret, 'the key was dealt again')
  return { committee, epoch, index, deal, box, boxSecret }
}

export function ackAgain(world: World, again: Again, index: number) {
  return buildAck(group, seatAgain(world, again, index), idOf(again.servers[index - 1] ?? ''))
}

/** When the windows of the newest deal end. */
export function windowsOf(world: World, { committee }: Pick<Ready, 'committee'>) {
  const found = committeeTable.get(world.state(), committee)
  assert(found, 'a committee')
  return found
}

export function waitUntil(world: World, timeMs: number): void {
  if (timeMs > world.now()) world.wait(timeMs - world.now())
}

/** Sends the deal and lets seats acknowledge; the windows are open when it returns. */
export function dealAgain(world: World, again: Again, acks?: readonly number[]): void {
  must(world, 'vault.reshare', again.payload, 'hospital desk')
  waitUntil(world, windowsOf(world, again.plan).complaintsEndMs)
  for (const index of acks ?? again.servers.map((_, seat) => seat + 1))
    must(world, 'vault.ack', ackAgain(world, again, index), again.servers[index - 1] ?? '')
}

/** The committee as the servers of the new epoch see it. */
export function readyAgain(world: World, old: Ready, again: Again): Ready {
  const { servers, boxSecrets, plan } = again
  const shares = servers.map(
    (_, seat) => readShare(group, seatAgain(world, again, seat + 1)) ?? '0x',
  )
  return { ...old, epoch: plan.epoch, servers, boxSecrets, shares }
}

/** From the offers to the end of the last window. */
export function reshareTo(world: World, old: Ready, terms: Terms): Ready {
  const again = prepareReshare(world, old, terms)
  dealAgain(world, again)
  waitUntil(world, windowsOf(world, old).acksEndMs)
  return readyAgain(world, old, again)
}
