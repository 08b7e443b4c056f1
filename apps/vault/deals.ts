// What deals of both sharings have in common: seats, offers, money, and the committee that waits for acknowledgements.
import type { Refusal, TxContext } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { digest } from '../../vm/hash.ts'
import type { Reader, StateKey, Writer } from '../../vm/state.ts'
import type { AccountId, Digest, Hex, OrganizationId } from '../../vm/types.ts'
import { lockBond } from '../bank/money.ts'
import { getAccount } from '../registry/state.ts'
import { refuse } from './codes.ts'
import { committeeId, FIRST_EPOCH } from './ids.ts'
import { requireParameters } from './parameters.ts'
import { committeeTable, offerTable, serverTable } from './state.ts'

/** What every deal says, however the key is shared. */
export type Deal = {
  readonly account: AccountId
  readonly nonce: Hex
  readonly threshold: number
  readonly minimum: number
  readonly servers: readonly AccountId[]
  readonly currency: string
  readonly bond: bigint
}

/** The hash by which the ledger remembers a box. */
export function boxHash(box: Uint8Array): Digest {
  return digest('vault.box', box)
}

export function offerKeys(deal: Deal): readonly StateKey[] {
  const committee = committeeId(deal)
  return deal.servers.map((server) => offerTable.key(server, committee, FIRST_EPOCH))
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
    organizations.push(found.organization)
  }
  const dealer = getAccount(state, deal.account)?.organization
  const distinct = new Set([...organizations, dealer]).size === organizations.length + 1
  return distinct ? organizations : refuse('COMMITTEE_MEMBERS')
}

/** Id, bond, members and offers of a deal whose sizes fit. */
export function authorizeDeal(state: Reader, deal: Deal): Refusal | undefined {
  if (committeeTable.get(state, committeeId(deal)) !== undefined) return refuse('COMMITTEE_EXISTS')
  if (deal.bond < requireParameters(state).dealerBondMin) return refuse('BOND_TOO_SMALL')
  const organizations = seatOrganizations(state, deal)
  if ('ok' in organizations) return organizations
  const missing = offerKeys(deal).some((key) => state.get(key) === undefined)
  return missing ? refuse('OFFER_MISSING') : undefined
}

/** What the ledger adds to a deal. */
type Opened = {
  readonly committee: Digest
  readonly organizations: readonly OrganizationId[]
  readonly boxKeys: readonly Uint8Array[]
}

/** Locks the dealer's bond and opens the windows of a deal that `authorizeDeal` has let pass. */
export function openCommittee(
  state: Writer,
  deal: Deal,
  { timeMs }: Pick<TxContext, 'timeMs'>,
): Refusal | Opened {
  const { account, servers, minimum, bond } = deal
  const organizations = seatOrganizations(state, deal)
  const organization = getAccount(state, account)?.organization
  assert(!('ok' in organizations) && organization, 'authorize has found the organizations')
  const parameters = requireParameters(state)
  const complaintsEndMs = timeMs + parameters.complaintWindowMs
  const acksEndMs = complaintsEndMs + parameters.ackWindowMs
  if (bond > 0n) {
    const { currency } = parameters
    const order = { owner: account, currency, amount: bond, untilMs: acksEndMs }
    const refusal = lockBond(state, order)
    if (refusal !== undefined) return refusal
  }
  const committee = committeeId(deal)
  const boxKeys = servers.map((server) => {
    const offer = offerTable.get(state, server, committee, FIRST_EPOCH)
    assert(offer !== undefined, 'authorize has found the offers')
    return offer.boxKey
  })
  committeeTable.put(
    state,
    {
      account,
      organization,
      epoch: FIRST_EPOCH,
      minimum,
      currency: deal.currency,
      dealtMs: timeMs,
      complaintsEndMs,
      acksEndMs,
      acks: [],
      fault: null,
    },
    committee,
  )
  return { committee, organizations, boxKeys }
}
