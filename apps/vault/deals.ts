// What deals of both sharings have in common: seats, offers, money, and the committee that waits for acknowledgements.
import type { Refusal } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { digest } from '../../vm/hash.ts'
import type { Reader, StateKey, Writer } from '../../vm/state.ts'
import type { AccountId, Digest, Hex, OrganizationId, TimeMs } from '../../vm/types.ts'
import { getAccount } from '../registry/state.ts'
import { lockDeposit, lockUntil } from './bonds.ts'
import { refuse } from './codes.ts'
import { committeeId, FIRST_EPOCH } from './ids.ts'
import { requireParameters } from './parameters.ts'
import { committeeTable, offerTable, serverTable } from './state.ts'
import type { CommitteeState } from './values.ts'

/** What every deal says, however the key is shared. */
export type Deal = {
  readonly account: AccountId
  readonly threshold: number
  readonly minimum: number
  readonly servers: readonly AccountId[]
  readonly bond: bigint
}

/** The committee and epoch that a deal is for. */
export type DealPlace = { readonly committee: Digest; readonly epoch: number }

/** Where a deal of a new key belongs. */
export function firstPlace(deal: { readonly account: AccountId; readonly nonce: Hex }): DealPlace {
  return { committee: committeeId(deal), epoch: FIRST_EPOCH }
}

/** The hash by which the ledger remembers a box. */
export function boxHash(box: Uint8Array): Digest {
  return digest('vault.box', box)
}

export function offerKeys(
  { servers }: Pick<Deal, 'servers'>,
  { committee, epoch }: DealPlace,
): readonly StateKey[] {
  return servers.map((server) => offerTable.key(server, committee, epoch))
}

/** Whether threshold and minimum fit the number of seats. */
export function hasFittingSeats({ threshold, minimum, servers }: Deal): boolean {
  const seats = servers.length
  return (
    threshold <= seats && minimum >= threshold + Math.floor((seats - 1) / 3) && minimum <= seats
  )
}

/** The organizations of the seats in order; a refusal if a server is none, or two seats or the dealer are of one organization. */
function seatOrganizations(state: Reader, deal: Deal): Refusal | readonly OrganizationId[] {
  const organizations: OrganizationId[] = []
  for (const server of deal.servers) {
    const found = serverTable.get(state, server)
    if (found === undefined) return refuse('SERVER_UNKNOWN')
    if (found.leavesMs !== null) return refuse('SERVER_LEAVING')
    organizations.push(found.organization)
  }
  const dealer = getAccount(state, deal.account)?.organization
  const distinct = new Set([...organizations, dealer]).size === organizations.length + 1
  return distinct ? organizations : refuse('COMMITTEE_MEMBERS')
}

/** Members and offers of a deal whose sizes fit. */
export function checkMembers(state: Reader, deal: Deal, place: DealPlace): Refusal | undefined {
  const organizations = seatOrganizations(state, deal)
  if ('ok' in organizations) return organizations
  const missing = offerKeys(deal, place).some((key) => state.get(key) === undefined)
  return missing ? refuse('OFFER_MISSING') : undefined
}

/** Id, bond, members and offers of a deal of a new key whose sizes fit. */
export function authorizeDeal(
  state: Reader,
  deal: Deal & { readonly nonce: Hex },
): Refusal | undefined {
  const place = firstPlace(deal)
  if (committeeTable.get(state, place.committee) !== undefined) return refuse('COMMITTEE_EXISTS')
  if (deal.bond < requireParameters(state).dealerBondMin) return refuse('BOND_TOO_SMALL')
  return checkMembers(state, deal, place)
}

/** What the ledger adds to a deal. */
export type Opened = {
  readonly organizations: readonly OrganizationId[]
  readonly boxKeys: readonly Uint8Array[]
}

/** Locks the dealer's bond and opens the windows of a deal whose members were checked. */
export function openDeal(
  state: Writer,
  deal: Deal & Pick<CommitteeState, 'currency' | 'previous'>,
  { committee, epoch, timeMs }: DealPlace & { readonly timeMs: TimeMs },
): Refusal | Opened {
  const { account, servers, minimum, bond } = deal
  const organizations = seatOrganizations(state, deal)
  const organization = getAccount(state, account)?.organization
  assert(!('ok' in organizations) && organization, 'authorize has found the organizations')
  const parameters = requireParameters(state)
  const complaintsEndMs = timeMs + parameters.complaintWindowMs
  const acksEndMs = complaintsEndMs + parameters.ackWindowMs
  const refusal = lockDeposit(state, { owner: account, amount: bond, timeMs })
  if (refusal !== undefined) return refusal
  lockUntil(state, [account], acksEndMs)
  const boxKeys = servers.map((server) => {
    const offer = offerTable.get(state, server, committee, epoch)
    assert(offer !== undefined, 'authorize has found the offers')
    return offer.boxKey
  })
  const { currency, previous } = deal
  const ends = { dealtMs: timeMs, complaintsEndMs, acksEndMs }
  const terms = { account, organization, epoch, previous, minimum, currency }
  committeeTable.put(state, { ...terms, ...ends, acks: [], fault: null }, committee)
  return { organizations, boxKeys }
}
