// Whether a patient's grant lets somebody write, and whether a consent lets somebody ask.
import type { Refusal } from '../../vm/app.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId, Digest, Hex, OrganizationId, TimeMs } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { type Bucket, type Target, tagsOf } from './fields.ts'
import { consentTable, grantTable, usesTable } from './state.ts'
import type { ConsentState } from './values.ts'

/** Whether a grant for the tag names the organization and the policy at that time. */
export function mayWrite(
  state: Reader,
  act: { readonly tag: Hex; readonly policy: Hex; readonly organization: OrganizationId },
  timeMs: TimeMs,
): boolean {
  const grant = grantTable.get(state, act.tag)
  if (grant === undefined || grant.expiresAt < timeMs) return false
  if (!grant.writers.includes(act.organization)) return false
  return grant.policies === null || grant.policies.includes(act.policy)
}

function sameBucket(left: Bucket, right: Bucket): boolean {
  return left.tag === right.tag && left.policy === right.policy && left.period === right.period
}

function covers(consent: ConsentState, target: Target, set: Digest): boolean {
  const { scope } = consent
  if (scope.kind === 'set') return target.kind === 'records' && scope.set === set
  return (
    target.kind === 'segment' && scope.buckets.some((bucket) => sameBucket(bucket, target.bucket))
  )
}

/** The consent, if it lets `insurer` ask for the set at that time. Whether its tags are those of the records is asked later. */
export function findConsent(
  state: Reader,
  asked: {
    readonly consent: Digest
    readonly committee: Digest
    readonly insurer: AccountId
    readonly target: Target
    readonly set: Digest
  },
  timeMs: TimeMs,
): ConsentState | Refusal {
  const consent = consentTable.get(state, asked.consent)
  const uses = usesTable.get(state, asked.consent)
  if (consent === undefined || uses === undefined) return refuse('CONSENT_UNKNOWN')
  const foreign = consent.insurer !== asked.insurer || consent.committee !== asked.committee
  if (foreign || !covers(consent, asked.target, asked.set)) return refuse('CONSENT_SCOPE')
  if (uses.revoked) return refuse('CONSENT_REVOKED')
  if (consent.expiresAt < timeMs) return refuse('CONSENT_EXPIRED')
  if (uses.uses >= consent.maxUses) return refuse('CONSENT_USED_UP')
  return consent
}

/** Whether the consent's tags include that of every record asked for. */
export function coversTags(consent: ConsentState, tags: readonly Hex[]): boolean {
  const covered = new Set(tagsOf(consent.scope))
  return tags.every((tag) => covered.has(tag))
}
