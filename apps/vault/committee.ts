// What a committee is at a block time, and who may act in it, for all kinds of keys. Nothing here is ever written by a block.
import type { Refusal, TxContext } from '../../vm/app.ts'
import type { Reader, Table } from '../../vm/state.ts'
import type { AccountId, Digest, TimeMs } from '../../vm/types.ts'
import { activeEpoch } from '../committee/state.ts'
import { hasRole } from '../registry/state.ts'
import { refuse } from './codes.ts'
import { FIRST_EPOCH } from './ids.ts'
import { findKeysetEpoch } from './keyset.ts'
import type { RepDealState } from './replicated/values.ts'
import { committeeTable, dealTable, keysetTable, pastTable, repDealTable } from './state.ts'
import type { CommitteeState, DealState, Seats } from './values.ts'

/** Who made the key: a hospital dealt one, its members made it together, or a hospital dealt one for each class. */
export type KeyKind = 'dealer' | 'keyset' | 'replicated'

/** Who sits in one epoch; fixed once the epoch is in force. */
export type Seating = Seats & {
  readonly kind: KeyKind
  /** K_1 to K_n; replicated keys are of classes, not of seats. */
  readonly serverKeys?: readonly Uint8Array[]
  /** Seats with duties: those that acknowledged. */
  readonly acks: readonly number[]
}

type Place = { readonly committee: Digest; readonly epoch: number }

export type CommitteeStatus = 'pending' | 'active' | 'aborted'

/**
 * What became of the newest deal. A new key is active as soon as the complaint window is over without a complaint and all seats have
 * acknowledged, or at the end of the acknowledgement window with the minimum of them; else aborted. A key that is dealt again changes
 * hands only at the end, so that everybody knows beforehand when.
 */
export function committeeStatus(
  committee: CommitteeState,
  seats: number,
  timeMs: TimeMs,
): CommitteeStatus {
  if (committee.fault !== null) return 'aborted'
  if (timeMs < committee.complaintsEndMs) return 'pending'
  if (committee.previous === null && committee.acks.length === seats) return 'active'
  if (timeMs < committee.acksEndMs) return 'pending'
  return committee.acks.length >= committee.minimum ? 'active' : 'aborted'
}

/** Who sits in an epoch, whether it is in force or not; undefined if there is no such epoch. */
export function findSeating(state: Reader, { committee: id, epoch }: Place): Seating | undefined {
  const keyset = keysetTable.get(state, id)
  if (keyset !== undefined) {
    const made = findKeysetEpoch(state, keyset.keyset, epoch)
    return made && { ...made.deal, kind: 'keyset', acks: made.acks }
  }
  const newest = committeeTable.get(state, id)
  const at = newest?.epoch === epoch ? newest : pastTable.get(state, id, epoch)
  const { acks = [] } = at ?? {}
  const deal = dealTable.get(state, id, epoch)
  if (deal !== undefined) return { ...deal, kind: 'dealer', acks }
  const replicated = repDealTable.get(state, id, epoch)
  return replicated && { ...replicated, kind: 'replicated', acks }
}

/** The epoch that may be asked at that time; undefined if there is none. */
export function epochInForce(state: Reader, id: Digest, timeMs: TimeMs): number | undefined {
  const keyset = keysetTable.get(state, id)
  if (keyset !== undefined) return activeEpoch(state, keyset.keyset, timeMs)
  const committee = committeeTable.get(state, id)
  if (committee === undefined) return undefined
  const { epoch, previous } = committee
  const seating = findSeating(state, { committee: id, epoch })
  const isNewest = seating !== undefined && isActive({ committee, deal: seating }, timeMs)
  return isNewest ? epoch : (previous ?? undefined)
}

/** The seats of the epoch in force, if it is the one that is meant. */
export function findActiveSeats(
  state: Reader,
  at: Place,
  timeMs: TimeMs,
): (Seating & { readonly currency: string }) | Refusal {
  const found = committeeTable.get(state, at.committee)
  if (found === undefined) return refuse('COMMITTEE_UNKNOWN')
  const epoch = epochInForce(state, at.committee, timeMs)
  if (at.epoch !== (epoch ?? found.epoch)) return refuse('EPOCH_WRONG')
  const seating = epoch === undefined ? undefined : findSeating(state, at)
  return seating === undefined
    ? refuse('COMMITTEE_INACTIVE')
    : { ...seating, currency: found.currency }
}

/**
 * Whether records may be encrypted to the key of a committee. A key outlives its epochs, so a record may name an earlier one than that
 * in force: what was made before a handing over is not lost by it.
 */
export function checkWritable(state: Reader, at: Place, timeMs: TimeMs): Refusal | undefined {
  const found = committeeTable.get(state, at.committee)
  if (found === undefined) return refuse('COMMITTEE_UNKNOWN')
  const inForce = epochInForce(state, at.committee, timeMs)
  if (at.epoch > (inForce ?? found.epoch) || at.epoch < firstEpoch(state, at.committee))
    return refuse('EPOCH_WRONG')
  if (inForce === undefined) return refuse('COMMITTEE_INACTIVE')
  return findSeating(state, at)?.kind === 'replicated' ? refuse('COMMITTEE_UNKNOWN') : undefined
}

function firstEpoch(state: Reader, id: Digest): number {
  return keysetTable.get(state, id)?.since ?? FIRST_EPOCH
}

type Dealt<D> = { readonly committee: CommitteeState; readonly deal: D }

/** A deal of the vault's own in its newest epoch; a refusal if there is none or the epoch is another. */
export function findCommittee(state: Reader, at: Place): Dealt<DealState> | Refusal {
  return findDealt(state, at, dealTable)
}

/** As `findCommittee`, of a committee with replicated keys. */
export function findReplicated(state: Reader, at: Place): Dealt<RepDealState> | Refusal {
  return findDealt(state, at, repDealTable)
}

function findDealt<D>(state: Reader, at: Place, table: Table<D>): Dealt<D> | Refusal {
  const committee = committeeTable.get(state, at.committee)
  const isDealt = keysetTable.get(state, at.committee) === undefined
  if (committee === undefined || !isDealt) return refuse('COMMITTEE_UNKNOWN')
  if (committee.epoch !== at.epoch) return refuse('EPOCH_WRONG')
  const deal = table.get(state, at.committee, at.epoch)
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
