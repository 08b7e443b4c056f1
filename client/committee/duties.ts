// What a member has to do next, from nothing but the committee's state and the clock of its blocks: the mind of an agent, without hands.
import {
  committeeTable,
  dealingTable,
  offerTable,
  phaseOf,
  planTable,
  progressTable,
  qualifiedOf,
} from '../../apps/committee/state.ts'
import type { PlanState, ProgressState } from '../../apps/committee/values.ts'
import { assert, assertNever } from '../../vm/assert.ts'
import type { Group } from '../../vm/crypto/group.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId, Digest, TimeMs } from '../../vm/types.ts'
import type { SecretScalar } from '../vault/entropy.ts'
import type { DealPlan } from './deal.ts'
import { type Dealt, type Making, readShares, type Seat } from './seat.ts'

/** A member of one epoch of one keyset. It deletes its secrets when the duty `none` comes with `isOver`. */
export type Member = {
  readonly chainId: Digest
  readonly account: AccountId
  readonly keyset: Digest
  readonly epoch: number
  /** Of its offer; undefined before it. */
  readonly boxSecret: SecretScalar | undefined
  /** Its box of a dealing, from the payload of the transaction: the state keeps hashes. */
  readonly boxOf: (dealer: number) => Uint8Array | undefined
}

export type Duty =
  | { readonly kind: 'offer' }
  /** In a resharing the caller adds its old shares, if this handing over is what its operator wants. */
  | { readonly kind: 'deal'; readonly plan: Omit<DealPlan, 'entropy'> }
  | { readonly kind: 'complain'; readonly seat: Seat; readonly about: Dealt }
  | {
      readonly kind: 'acknowledge'
      readonly seat: Seat
      readonly making: Making & { readonly seats: number }
    }
  /** Nothing for now, or for ever. */
  | { readonly kind: 'none'; readonly isOver: boolean }

type Look = { readonly state: Reader; readonly plan: PlanState; readonly run: ProgressState }

const waiting: Duty = { kind: 'none', isOver: false }
const over: Duty = { kind: 'none', isOver: true }

/** The seat from which the member deals: its own, or in a resharing its old one; undefined if it has none or has dealt. */
function dealerOf({ state, plan, run }: Look, member: Member): number | undefined {
  const { account, keyset } = member
  const old = plan.previous === null ? undefined : committeeTable.get(state, keyset, plan.previous)
  const seats = plan.previous === null ? run.seats : (old?.members ?? [])
  const index = seats.indexOf(account) + 1
  if (index === 0 || run.dealt.includes(index)) return undefined
  if (plan.previous === null) return index
  const acks = progressTable.get(state, keyset, plan.previous)?.acks ?? []
  return acks.includes(index) ? index : undefined
}

function toDeal(look: Look, member: Member): Duty | undefined {
  const { state, plan, run } = look
  const { chainId, account, keyset, epoch } = member
  const index = dealerOf(look, member)
  if (index === undefined) return undefined
  const recipients = run.seats.map((holder) => {
    const offer = offerTable.get(state, keyset, epoch, holder)
    assert(offer !== undefined, 'a seat has an offer')
    return { account: holder, boxKey: offer.boxKey }
  })
  const { threshold, purposes } = plan
  const own = { chainId, account, keyset, epoch, index }
  return { kind: 'deal', plan: { ...own, threshold, purposes, recipients } }
}

function seatOf({ run }: Look, member: Member): Seat | undefined {
  const { chainId, account, keyset, epoch, boxSecret } = member
  const index = run.seats.indexOf(account) + 1
  if (index === 0 || boxSecret === undefined) return undefined
  return { chainId, account, keyset, epoch, index, boxSecret }
}

function dealtBy({ state }: Look, member: Member, dealer: number): Dealt | undefined {
  const dealing = dealingTable.get(state, member.keyset, member.epoch, dealer)
  const box = member.boxOf(dealer)
  return dealing === undefined || box === undefined ? undefined : { dealer, dealing, box }
}

/** The first dealing that stands and does not hold what it promised. */
function toComplain<P>(group: Group<P>, look: Look, member: Member): Duty | undefined {
  const { dealt, opened } = look.run
  const seat = seatOf(look, member)
  if (seat === undefined) return undefined
  for (const dealer of dealt) {
    const about = opened.includes(dealer) ? undefined : dealtBy(look, member, dealer)
    if (about !== undefined && readShares(group, seat, about) === undefined)
      return { kind: 'complain', seat, about }
  }
  return undefined
}

/** Only with every share in order: who missed the time to complain is left without a seat. */
function toAcknowledge<P>(group: Group<P>, look: Look, member: Member): Duty | undefined {
  const { plan, run } = look
  const seat = seatOf(look, member)
  if (seat === undefined || run.acks.includes(seat.index)) return undefined
  const dealt: Dealt[] = []
  for (const dealer of qualifiedOf(plan, run) ?? []) {
    const one = dealtBy(look, member, dealer)
    if (one === undefined || readShares(group, seat, one) === undefined) return undefined
    dealt.push(one)
  }
  return { kind: 'acknowledge', seat, making: { plan, dealt, seats: run.seats.length } }
}

/** One thing at a time: ask again when it is on the ledger, when a block comes, and when a window may have ended. */
export function dutyOf<P>(
  group: Group<P>,
  member: Member,
  at: { readonly state: Reader; readonly timeMs: TimeMs },
): Duty {
  const { account, keyset, epoch } = member
  const { state, timeMs } = at
  const plan = planTable.get(state, keyset, epoch)
  const run = progressTable.get(state, keyset, epoch)
  if (plan === undefined || run === undefined) return waiting
  if (run.culprits.includes(account)) return over
  const look = { state, plan, run }
  const phase = phaseOf(plan, run, timeMs)
  switch (phase) {
    case 'offers':
      return plan.members.includes(account) && !run.seats.includes(account)
        ? { kind: 'offer' }
        : waiting
    case 'deals':
      return toComplain(group, look, member) ?? toDeal(look, member) ?? waiting
    case 'complaints':
      return toComplain(group, look, member) ?? waiting
    case 'acks':
      return toAcknowledge(group, look, member) ?? waiting
    case 'active':
    case 'aborted':
      return over
    default:
      return assertNever(phase)
  }
}
