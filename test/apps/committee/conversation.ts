// Whole conversations of a committee: honest members do what their agents would do, and a script says who does not.
import type { Deal } from '../../../apps/committee/payloads.ts'
import { committeeTable } from '../../../apps/committee/state.ts'
import { buildDeal, type DealPlan } from '../../../client/committee/deal.ts'
import { buildAck, readShares, type Seat, takeShares } from '../../../client/committee/seat.ts'
import { assert } from '../../../vm/assert.ts'
import type { Hex } from '../../../vm/types.ts'
import { must, type Sent, suite, type World } from '../vault/world.ts'
import {
  complaintOf,
  dealPlanOf,
  dealtTo,
  epochOf,
  faultsOf,
  keysetOf,
  offerAll,
  type Place,
  reshareOf,
  type Standing,
  startOf,
  type Terms,
} from './cast.ts'

const { group } = suite

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
