// Members of a committee and what each of them builds.
import type { Purpose } from '../../../apps/committee/fields.ts'
import type { Deal } from '../../../apps/committee/payloads.ts'
import {
  activeEpoch,
  dealingTable,
  faultTable,
  offerTable,
  type Phase,
  phaseOf,
  planTable,
  progressTable,
  qualifiedOf,
} from '../../../apps/committee/state.ts'
import type { CommitteeState } from '../../../apps/committee/values.ts'
import { buildOffer, type DealPlan, planKeyset } from '../../../client/committee/deal.ts'
import { buildComplain, type Dealt, type Seat } from '../../../client/committee/seat.ts'
import { assert } from '../../../vm/assert.ts'
import type { Digest, Hex } from '../../../vm/types.ts'
import { entropyOf, idOf, must, type Sent, suite, type World } from '../vault/world.ts'

const { group } = suite

export const windows = { offerMs: 1_000, dealMs: 1_000, complaintMs: 1_000, ackMs: 1_000 }

/** Names of members by seat; who offers first has the first. */
export function memberNames(count: number, from = 1): readonly string[] {
  return Array.from({ length: count }, (_, i) => `server ${from + i}`)
}

export type Terms = {
  readonly word?: string
  readonly members: readonly string[]
  readonly threshold: number
  readonly minimum?: number
  readonly purposes?: readonly Purpose[]
  /** In the bond of each member before it offers. */
  readonly bond?: bigint
}

/** A committee that is there, with the secrets of its members. */
export type Standing = {
  readonly keyset: Digest
  readonly epoch: number
  readonly names: readonly string[]
  readonly threshold: number
  readonly purposes: readonly Purpose[]
  readonly phase: Phase
  readonly qualified: readonly number[] | undefined
  readonly faults: readonly string[]
  readonly committee: CommitteeState | undefined
  /** By seat, then by purpose. */
  readonly shares: ReadonlyMap<number, readonly Hex[]>
}

function leastMembers(threshold: number, members: number): number {
  return Math.max(threshold, members - Math.floor((members - 1) / 3))
}

export function startOf(terms: Terms & { readonly epoch?: number }) {
  const { word = 'keyset', members, threshold, purposes = ['vault'], epoch = 1 } = terms
  const account = idOf('hospital desk')
  const { nonce } = planKeyset(account, entropyOf(word))
  const minimum = terms.minimum ?? leastMembers(threshold, members.length)
  const sizes = { threshold, minimum, members: members.map(idOf), windows }
  const bond = { currency: 'USD', amount: terms.bond ?? 0n }
  return { account, nonce, epoch, purposes, bond, ...sizes }
}

export function keysetOf(word = 'keyset'): Digest {
  return planKeyset(idOf('hospital desk'), entropyOf(word)).keyset
}

export function epochOf(world: World, { keyset, epoch }: { keyset: Digest; epoch: number }) {
  const plan = planTable.get(world.state(), keyset, epoch)
  const run = progressTable.get(world.state(), keyset, epoch)
  assert(plan !== undefined && run !== undefined, 'the epoch was opened')
  return { plan, run, phase: phaseOf(plan, run, world.now()), qualified: qualifiedOf(plan, run) }
}

export type Place = { readonly keyset: Digest; readonly epoch: number }

export function offerOf(world: World, place: Place, name: string) {
  return buildOffer(group, {
    ...place,
    chainId: world.chainId,
    account: idOf(name),
    entropy: entropyOf(`offer of ${name} ${place.keyset} ${place.epoch}`),
  })
}

/** Everybody offers in order; seats as their members see them. */
export function offerAll(
  world: World,
  place: Place,
  names: readonly string[],
): readonly (Seat & { readonly name: string })[] {
  return names.map((name, i) => {
    const { payload, boxSecret } = offerOf(world, place, name)
    must(world, 'dkg.offer', payload, name)
    const seat = { ...place, chainId: world.chainId, account: idOf(name), index: i + 1 }
    return { ...seat, boxSecret, name }
  })
}

/** What a dealer needs to know, and its randomness. */
export function dealPlanOf(
  world: World,
  place: Place,
  dealer: { readonly name: string; readonly index: number; readonly oldShares?: readonly Hex[] },
): DealPlan {
  const { plan, run } = epochOf(world, place)
  const { name, index, oldShares } = dealer
  return {
    ...place,
    chainId: world.chainId,
    account: idOf(name),
    index,
    threshold: plan.threshold,
    purposes: plan.purposes,
    recipients: run.seats.map((account) => {
      const offer = offerTable.get(world.state(), place.keyset, place.epoch, account)
      assert(offer !== undefined, 'a seat has an offer')
      return { account, boxKey: offer.boxKey }
    }),
    ...(oldShares === undefined ? {} : { oldShares }),
    entropy: entropyOf(`deal of ${name} ${place.keyset} ${place.epoch}`),
  }
}

/** The dealing of a dealer as one seat gets it. */
export function dealtTo(world: World, place: Place, payload: Deal, index: number): Dealt {
  const dealing = dealingTable.get(world.state(), place.keyset, place.epoch, payload.index)
  const box = payload.boxes[index - 1]
  assert(dealing !== undefined && box !== undefined, 'dealt to this seat')
  return { dealer: payload.index, dealing, box }
}

let complaints = 0

export function complaintOf(seat: Seat, about: Dealt) {
  return buildComplain(group, seat, { ...about, entropy: entropyOf(`complaint ${complaints++}`) })
}

/** Faults as words: kind, culprit, seat of the opened box. */
export function faultsOf(world: World, sent: readonly Sent[]): readonly string[] {
  const ids = new Set(sent.flatMap(({ events }) => events.map(({ reference }) => reference)))
  return [...ids].map((id) => {
    const fault = faultTable.get(world.state(), id)
    assert(fault !== undefined, 'a complaint leaves a fault')
    const name = memberNames(16).find((one) => idOf(one) === fault.culprit)
    return `${fault.kind} ${name} ${fault.index}`
  })
}

export function reshareOf(old: Standing, terms: Terms, epoch = old.epoch + 1) {
  const { members, threshold } = terms
  const minimum = terms.minimum ?? leastMembers(threshold, members.length)
  const sizes = { threshold, minimum, members: members.map(idOf), windows }
  return { account: idOf('hospital desk'), keyset: old.keyset, epoch, ...sizes }
}

export function inForce(world: World, keyset: Digest): number | undefined {
  return activeEpoch(world.state(), keyset, world.now())
}
