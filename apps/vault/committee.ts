// What a committee is at a block time, and who may act in it. Nothing here is ever written by a block.
import { isRefusal, type Refusal, type TxContext } from '../../vm/app.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId, Digest, TimeMs } from '../../vm/types.ts'
import { hasRole } from '../registry/state.ts'
import { refuse } from './codes.ts'
import type { RepDealState } from './replicated/values.ts'
import { committeeTable, dealTable, repDealTable } from './state.ts'
import type { CommitteeState, DealState, Seats } from './values.ts'

export type CommitteeStatus = 'pending' | 'active' | 'aborted'

/**
 * Active as soon as the complaint window is over without a complaint and all seats have acknowledged, or at the end of the
 * acknowledgement window with the minimum of them; else aborted.
 */
export function committeeStatus(
  committee: CommitteeState,
  seats: number,
  timeMs: TimeMs,
): CommitteeStatus {
  if (committee.fault !== null) return 'aborted'
  if (timeMs < committee.complaintsEndMs) return 'pending'
  if (committee.acks.length === seats) return 'active'
  if (timeMs < committee.acksEndMs) return 'pending'
  return committee.acks.length >= committee.minimum ? 'active' : 'aborted'
}

type Seating = { readonly committee: CommitteeState; readonly deal: DealState }

/** The committee in its current epoch; a refusal if there is none or the epoch is another. */
export function findCommittee(
  state: Reader,
  at: { readonly committee: Digest; readonly epoch: number },
): Seating | Refusal {
  const committee = committeeTable.get(state, at.committee)
  if (committee === undefined) return refuse('COMMITTEE_UNKNOWN')
  if (committee.epoch !== at.epoch) return refuse('EPOCH_WRONG')
  const deal = dealTable.get(state, at.committee, at.epoch)
  return deal === undefined ? refuse('COMMITTEE_UNKNOWN') : { committee, deal }
}

/** As `findCommittee`, and active at that time. */
export function findActiveCommittee(
  state: Reader,
  at: { readonly committee: Digest; readonly epoch: number },
  timeMs: TimeMs,
): Seating | Refusal {
  const found = findCommittee(state, at)
  if (isRefusal(found)) return found
  return isActive(found, timeMs) ? found : refuse('COMMITTEE_INACTIVE')
}

/** A committee of either sharing, active at that time. */
export function findActiveSeats(
  state: Reader,
  at: { readonly committee: Digest; readonly epoch: number },
  timeMs: TimeMs,
): { readonly committee: CommitteeState; readonly deal: Seats } | Refusal {
  const replicated = findReplicated(state, at)
  if (isRefusal(replicated)) return findActiveCommittee(state, at, timeMs)
  return isActive(replicated, timeMs) ? replicated : refuse('COMMITTEE_INACTIVE')
}

type Replicated = { readonly committee: CommitteeState; readonly deal: RepDealState }

/** As `findCommittee`, of a committee with replicated keys. */
export function findReplicated(
  state: Reader,
  at: { readonly committee: Digest; readonly epoch: number },
): Replicated | Refusal {
  const committee = committeeTable.get(state, at.committee)
  if (committee === undefined) return refuse('COMMITTEE_UNKNOWN')
  if (committee.epoch !== at.epoch) return refuse('EPOCH_WRONG')
  const deal = repDealTable.get(state, at.committee, at.epoch)
  return deal === undefined ? refuse('COMMITTEE_UNKNOWN') : { committee, deal }
}

export function isActive(
  { committee, deal }: { readonly committee: CommitteeState; readonly deal: Seats },
  timeMs: TimeMs,
): boolean {
  return committeeStatus(committee, deal.servers.length, timeMs) === 'active'
}

export function holdsSeat(
  deal: Pick<DealState, 'servers'>,
  seat: { readonly account: AccountId; readonly index: number },
): boolean {
  return deal.servers[seat.index - 1] === seat.account
}

/** The acting account is a field of every payload, because proofs speak about it; here it is held against the signers. */
export function requireSigner(account: AccountId, context: TxContext): Refusal | undefined {
  return context.signers.includes(account) ? undefined : refuse('NOT_SIGNER')
}

/** As `requireSigner`, and active in a role. */
export function requireRole(
  state: Reader,
  acting: { readonly account: AccountId; readonly role: 'hospital' | 'helper' | 'insurer' },
  context: TxContext,
): Refusal | undefined {
  const refusal = requireSigner(acting.account, context)
  if (refusal !== undefined) return refusal
  return hasRole(state, acting.account, acting.role) ? undefined : refuse('ROLE_MISSING')
}
