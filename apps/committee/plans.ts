// What `dkg.start` and `dkg.reshare` have in common: sizes, members, and the plan that opens an epoch.
import type { EventDraft, Refusal } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { AccountId, Digest, OrganizationId, TimeMs } from '../../vm/types.ts'
import { getAccount, hasRole } from '../registry/state.ts'
import { refuse } from './codes.ts'
import { KEYSET_POINTS_MAX, type Purpose } from './fields.ts'
import type { Start } from './payloads.ts'
import type { EpochPlace } from './seats.ts'
import { barTable, planTable, progressTable } from './state.ts'
import type { PlanState } from './values.ts'

type Sizes = Pick<Start, 'threshold' | 'minimum' | 'members' | 'windows'>

/**
 * With fewer dealings than t the other t − 1 members might have made all of them and know the key; with fewer than n − f somebody was
 * kept out who was not at fault.
 */
function leastMembers({ threshold, members }: Sizes): number {
  const seats = members.length
  return Math.max(threshold, seats - Math.floor((seats - 1) / 3))
}

/** The organizations of the members in order; a refusal if one is no helper, or two are of one organization. */
function organizationsOf(
  state: Reader,
  members: readonly AccountId[],
): readonly OrganizationId[] | Refusal {
  const organizations: OrganizationId[] = []
  for (const member of members) {
    const organization = getAccount(state, member)?.organization ?? null
    if (organization === null || !hasRole(state, member, 'helper'))
      return refuse('COMMITTEE_MEMBERS')
    organizations.push(organization)
  }
  const distinct = new Set(organizations).size === organizations.length
  return distinct ? organizations : refuse('COMMITTEE_MEMBERS')
}

/** Whether such a committee may hold the keys of the keyset. */
export function checkPlan(
  state: Reader,
  keyset: Digest,
  plan: Sizes & { readonly purposes: readonly Purpose[] },
): Refusal | undefined {
  const { threshold, minimum, members, purposes } = plan
  const seats = members.length
  const fits =
    threshold <= seats &&
    minimum >= leastMembers(plan) &&
    minimum <= seats &&
    purposes.length * threshold * seats <= KEYSET_POINTS_MAX
  if (!fits) return refuse('COMMITTEE_SIZE')
  const organizations = organizationsOf(state, members)
  if ('ok' in organizations) return organizations
  const barred = members.some((member) => barTable.get(state, keyset, member) !== undefined)
  return barred ? refuse('MEMBER_BARRED') : undefined
}

/** Opens an epoch; its four windows follow each other. */
export function openEpoch(
  state: Writer,
  place: EpochPlace & { readonly timeMs: TimeMs; readonly txId: Digest },
  terms: Sizes & Pick<PlanState, 'previous' | 'purposes' | 'dealings' | 'bond'>,
): readonly EventDraft[] {
  const { keyset, epoch, timeMs, txId } = place
  const { previous, dealings, purposes, bond, threshold, minimum, members, windows } = terms
  const organizations = organizationsOf(state, members)
  assert(!('ok' in organizations), 'authorize has found the organizations')
  const sizes = { threshold, minimum, members, organizations, windows }
  const kept = { previous, dealings, purposes, bond }
  planTable.put(state, { ...kept, ...sizes, startedMs: timeMs, txId }, keyset, epoch)
  const nobody = { seats: [], dealt: [], opened: [], culprits: [], acks: [] }
  const ends = afterOffers(windows, timeMs + windows.offerMs)
  progressTable.put(state, { ...ends, ...nobody }, keyset, epoch)
  const started = { kind: 'committee.started', reference: keyset }
  return members.map((recipient) => ({ ...started, recipient }))
}

/** The ends that follow when the window of the dealings ends at that time. */
export function afterDeals({ complaintMs, ackMs }: Sizes['windows'], dealsEndMs: TimeMs) {
  const complaintsEndMs = dealsEndMs + complaintMs
  return { dealsEndMs, complaintsEndMs, acksEndMs: complaintsEndMs + ackMs }
}

/** The ends that follow when the window of the offers ends at that time. */
export function afterOffers(windows: Sizes['windows'], offersEndMs: TimeMs) {
  return { offersEndMs, ...afterDeals(windows, offersEndMs + windows.dealMs) }
}
