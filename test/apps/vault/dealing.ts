// Deals of the vault's tests: servers that offer, a hospital that deals, seats that acknowledge.

import { FIRST_EPOCH } from '../../../apps/vault/ids.ts'
import type { Init } from '../../../apps/vault/payloads.ts'
import { committeeTable, dealTable } from '../../../apps/vault/state.ts'
import type { CommitteeState, DealState } from '../../../apps/vault/values.ts'
import {
  buildAck,
  buildInit,
  buildOffer,
  type DealPlan,
  planCommittee,
  readShare,
} from '../../../client/vault/deal.ts'
import { assert } from '../../../vm/assert.ts'
import type { Digest, Hex } from '../../../vm/types.ts'

import { entropyOf, idOf, must, suite, type World } from './world.ts'

export type Dealing = {
  readonly committee: Digest
  readonly epoch: number
  readonly servers: readonly string[]
  readonly boxSecrets: readonly Hex[]
  readonly plan: DealPlan
  readonly init: Init
}

export type DealOptions = {
  readonly threshold?: number
  readonly servers?: readonly string[]
  readonly minimum?: number
  readonly word?: string
  /** What the dealer stands to lose. */
  readonly bond?: bigint
  /** The account that deals. */
  readonly dealer?: string
}

function leastAcks(threshold: number, seats: number): number {
  return threshold + Math.floor((seats - 1) / 3)
}

/** Registers servers that are not yet, lets them offer, and builds the deal without sending it. */
export function prepareDeal(world: World, options: DealOptions = {}): Dealing {
  const { threshold = 3, word = 'deal' } = options
  const servers = options.servers ?? [1, 2, 3, 4, 5].map((i) => `server ${i}`)
  const account = idOf(options.dealer ?? 'hospital desk')
  const { nonce, committee } = planCommittee(account, entropyOf(`${word} id`))
  const offers = servers.map((server) => {
    world.send('server.register', { account: idOf(server), bond: 1_000n }, server)
    const { payload, boxSecret } = buildOffer(suite.group, {
      chainId: world.chainId,
      account: idOf(server),
      committee,
      entropy: entropyOf(`${word} offer of ${server}`),
    })
    must(world, 'server.offer', payload, server)
    return { account: idOf(server), boxKey: payload.boxKey, boxSecret }
  })
  const plan = {
    chainId: world.chainId,
    account,
    nonce,
    threshold,
    minimum: options.minimum ?? leastAcks(threshold, servers.length),
    servers: offers,
    currency: 'USD',
    bond: options.bond ?? 0n,
    entropy: entropyOf(word),
  }
  return {
    committee,
    epoch: FIRST_EPOCH,
    servers,
    boxSecrets: offers.map(({ boxSecret }) => boxSecret),
    plan,
    init: buildInit(suite.group, plan),
  }
}

export function committeeOf(world: World, committee: Digest): CommitteeState {
  const found = committeeTable.get(world.state(), committee)
  assert(found !== undefined, 'the committee was dealt')
  return found
}

export function dealOf(world: World, committee: Digest): DealState {
  const found = dealTable.get(world.state(), committee, FIRST_EPOCH)
  assert(found !== undefined, 'the committee was dealt')
  return found
}

export function seatOf(world: World, dealing: Dealing, index: number) {
  const { committee, epoch, init, boxSecrets } = dealing
  const box = init.boxes[index - 1]
  const boxSecret = boxSecrets[index - 1]
  assert(box && boxSecret, 'the seat exists')
  return { committee, epoch, index, deal: dealOf(world, committee), box, boxSecret }
}

export type Ready = Dealing & { readonly key: Uint8Array; readonly shares: readonly Hex[] }

export function ackOf(world: World, dealing: Dealing, index: number) {
  const account = idOf(dealing.servers[index - 1] ?? '')
  return buildAck(suite.group, seatOf(world, dealing, index), account)
}

/** An active committee. */
export function deal(world: World, options: DealOptions = {}): Ready {
  const dealing = prepareDeal(world, options)
  must(world, 'vault.init', dealing.init, options.dealer ?? 'hospital desk')
  world.wait(2_000)
  const shares = dealing.servers.map((server, seat) => {
    must(world, 'vault.ack', ackOf(world, dealing, seat + 1), server)
    const share = readShare(suite.group, seatOf(world, dealing, seat + 1))
    assert(share !== undefined, 'an honest box opens')
    return share
  })
  const [key] = dealing.init.commitments
  assert(key !== undefined, 'a deal has a key')
  return { ...dealing, key, shares }
}
