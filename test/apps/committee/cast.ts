// Whole conversations of a committee: honest members do what their agents would do, and a script says who does not.
import type { Purpose } from '../../../apps/committee/fields.ts'
import type { Deal } from '../../../apps/committee/payloads.ts'
import {
  activeEpoch,
  committeeTable,
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
import { buildDeal, buildOffer, type DealPlan, planKeyset } from '../../../client/committee/deal.ts'
import {
  buildAck,
  buildComplain,
  type Dealt,
  readShares,
  type Seat,
  takeShares,
} from '../../../client/committee/seat.ts'
import { assert } from '../../../vm/assert.ts'
import type { Digest, Hex } from '../../../vm/types.ts'
import { entropyOf, idOf, must, type Sent, suite, type World } from '../vault/world.ts'

const { group } = suite

export const windows = { offerMs: 1_000, dealMs: 1_000, complaintMs: 1_000, ackMs: 1_000 }

/** Names of members by seat; who offers first has the first. */
export function memberNames(count: number, from = 1): readonly string[] {
  return Array.from({ length: count }, (_, i) => `server ${from + i}`)
}

/** Who departs from the protocol, by seat; in a resharing dealers are named by their old seat. */
export type Script = {
  readonly noOffer?: readonly number[]
  readonly noDeal?: readonly number[]
  readonly noAck?: readonly number[]
  /** Spoils a dealing as its dealer would prove it. */
  readonly deals?: Readonly<Record<number, (plan: DealPlan) => Deal>>
  /** Complaints about dealings that are in order. */
  readonly accuse?: readonly (readonly [member: number, dealer: number])[]
  /** Members who see a bad box and say nothing. */
  readonly noComplaint?: readonly number[]
  /** Called when all acknowledgements are in and their window still has time. */
  readonly beforeEnd?: () => void
}

export type Terms = {
  readonly word?: string
  readonly members: readonly string[]
  readonly threshold: number
  readonly minimum?: number
  readonly purposes?: readonly Purpose[]
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

export function leastMembers(threshold: number, members: number): number {
  return Math.max(threshold, members - Math.floor((members - 1) / 3))
}

export function startOf(terms: Terms & { readonly epoch?: number }) {
  const { word = 'keyset', members, threshold, purposes = ['vault'], epoch = 1 } = terms
  const account = idOf('hospital desk')
  const { nonce } = planKeyset(account, entropyOf(word))
  const minimum = terms.minimum ?? leastMembers(threshold, members.length)
  const sizes = { threshold, minimum, members: members.map(idOf), windows }
  return { account, nonce, epoch, purposes, ...sizes }
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

function dealAll(
  world: World,
  place: Place,
  parties: { readonly dealers: readonly Dealer[]; readonly script: Script },
): readonly Deal[] {
  const { dealers, script } = parties
  return dealers.flatMap((dealer) => {
    if (script.noDeal?.includes(dealer.index)) return []
    const plan = dealPlanOf(world, place, dealer)
    const payload = (script.deals?.[dealer.index] ?? ((honest) => buildDeal(group, honest)))(plan)
    must(world, 'dkg.deal', payload, dealer.name)
    return [payload]
  })
}

type Dealer = { readonly name: string; readonly index: number; readonly oldShares?: readonly Hex[] }
type NamedSeat = Seat & { readonly name: string }

/** False accusations first, then what honest members find; a dealing that was opened needs no second complaint. */
function complainAll(
  world: World,
  place: Place,
  parties: { seats: readonly NamedSeat[]; deals: readonly Deal[]; script: Script },
): readonly Sent[] {
  const { seats, deals, script } = parties
  const sent: Sent[] = []
  for (const [member, dealer] of script.accuse ?? []) {
    const seat = seats[member - 1]
    const payload = deals.find(({ index }) => index === dealer)
    assert(seat !== undefined && payload !== undefined, 'who accuses whom')
    const about = dealtTo(world, place, payload, member)
    sent.push(must(world, 'dkg.complain', complaintOf(seat, about), seat.name))
  }
  for (const seat of seats) {
    if (script.noComplaint?.includes(seat.index)) continue
    for (const payload of deals) {
      if (epochOf(world, place).run.opened.includes(payload.index)) continue
      const about = dealtTo(world, place, payload, seat.index)
      if (readShares(group, seat, about) !== undefined) continue
      sent.push(must(world, 'dkg.complain', complaintOf(seat, about), seat.name))
    }
  }
  return sent
}

function waitUntil(world: World, timeMs: number): void {
  if (timeMs > world.now()) world.wait(timeMs - world.now())
}

/** From the offers to the end of the acknowledgements. */
function converse(
  world: World,
  place: Place,
  parties: { names: readonly string[]; script: Script; old?: Standing },
): Standing {
  const { names, script, old } = parties
  const offering = names.filter((_, i) => !script.noOffer?.includes(i + 1))
  const seats = offerAll(world, place, offering)
  waitUntil(world, epochOf(world, place).run.offersEndMs)
  const dealers: readonly Dealer[] =
    old === undefined
      ? seats
      : [...old.shares].map(([index, oldShares]) => {
          return { name: old.names[index - 1] ?? '', index, oldShares }
        })
  const deals =
    epochOf(world, place).phase === 'aborted' ? [] : dealAll(world, place, { dealers, script })
  const sent = complainAll(world, place, { seats, deals, script })
  waitUntil(world, epochOf(world, place).run.complaintsEndMs)
  const { plan, run, qualified } = epochOf(world, place)
  const shares = new Map<number, readonly Hex[]>()
  if (epochOf(world, place).phase === 'acks') {
    for (const seat of seats) {
      const silent = script.noAck?.includes(seat.index) || run.culprits.includes(seat.account)
      const dealt = (qualified ?? []).map((dealer) => {
        const payload = deals.find(({ index }) => index === dealer)
        assert(payload !== undefined, 'who qualified has dealt')
        return dealtTo(world, place, payload, seat.index)
      })
      const broken = dealt.some((one) => readShares(group, seat, one) === undefined)
      if (silent || broken) continue
      const ack = buildAck(group, seat, { plan, dealt, seats: seats.length })
      must(world, 'dkg.ack', ack, seat.name)
      shares.set(seat.index, takeShares(group, seat, { plan, dealt }))
    }
  }
  script.beforeEnd?.()
  waitUntil(world, epochOf(world, place).run.acksEndMs)
  const { keyset, epoch } = place
  const { threshold, purposes } = plan
  const committee = committeeTable.get(world.state(), keyset, epoch)
  const { phase } = epochOf(world, place)
  const made = { keyset, epoch, names: offering, threshold, purposes }
  return { ...made, phase, qualified, committee, shares, faults: faultsOf(world, sent) }
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

/** Makes new keys. */
export function make(
  world: World,
  terms: Terms & { epoch?: number },
  script: Script = {},
): Standing {
  const start = startOf(terms)
  must(world, 'dkg.start', start, 'hospital desk')
  const place = { keyset: keysetOf(terms.word), epoch: start.epoch }
  return converse(world, place, { names: terms.members, script })
}

export function reshareOf(old: Standing, terms: Terms, epoch = old.epoch + 1) {
  const { members, threshold } = terms
  const minimum = terms.minimum ?? leastMembers(threshold, members.length)
  const sizes = { threshold, minimum, members: members.map(idOf), windows }
  return { account: idOf('hospital desk'), keyset: old.keyset, epoch, ...sizes }
}

/** Hands the keys over. */
export function handOver(
  world: World,
  old: Standing,
  terms: Terms & { readonly epoch?: number; readonly script?: Script },
): Standing {
  const payload = reshareOf(old, terms, terms.epoch)
  must(world, 'dkg.reshare', payload, 'hospital desk')
  const place = { keyset: old.keyset, epoch: payload.epoch }
  return converse(world, place, { names: terms.members, script: terms.script ?? {}, old })
}

export function inForce(world: World, keyset: Digest): number | undefined {
  return activeEpoch(world.state(), keyset, world.now())
}
