// consent.grant: whoever holds the keys behind all tags lets one insurer ask for sums.

import { accept, defineTx, type VerifyInput } from '../../vm/app.ts'
import { fromHex } from '../../vm/bytes.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { decodeKeys, verifyKey } from '../../vm/crypto/keys.ts'
import { sample } from '../../vm/example.ts'
import type { Digest, Hex } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { requireSigner } from './committee.ts'
import { proofUnits } from './costs.ts'
import { exampleBucket } from './examples.ts'
import { tagsOf, toldOf } from './fields.ts'
import { consentId } from './ids.ts'
import { type ConsentGrant, consentGrantCodec } from './payloads.ts'
import { committeeTable, consentTable, usesTable } from './state.ts'
import { blank, contentSession, tagWeights } from './statements.ts'
import { TAGS } from './tags.ts'

export function grantSession(chainId: Digest, grant: ConsentGrant): Uint8Array {
  const { account } = grant
  return contentSession(
    { chainId, type: 'consent.grant', slot: 'tags', account, object: consentId(grant) },
    consentGrantCodec,
    { ...grant, proof: blank(64) },
  )
}

/** Whether `proof` shows knowledge of the keys behind all tags; undefined if a tag is no key. */
export function verifyTags<P>(
  group: Group<P>,
  claim: { readonly session: Uint8Array; readonly tags: readonly Hex[] },
  proof: Uint8Array,
): boolean | undefined {
  const { session, tags } = claim
  const points = decodeKeys(
    group,
    tags.map((tag) => fromHex(tag)),
  )
  if (points === undefined) return undefined
  const key = group.combine(points, tagWeights(group, session, tags))
  return verifyKey(group, { session, key }, proof)
}

function verify({ chainId, payload, crypto: { group } }: VerifyInput<ConsentGrant>) {
  const claim = { session: grantSession(chainId, payload), tags: tagsOf(payload.scope) }
  const proven = verifyTags(group, claim, payload.proof)
  if (proven === undefined) return refuse('POINT_INVALID')
  return proven ? ({ ok: true } as const) : refuse('PROOF_CONSENT')
}

export const consentGrant = defineTx({
  name: 'consent.grant',
  tag: TAGS['consent.grant'],
  summary: 'Lets an insurer ask for the sums of some buckets, or of one exact set of records.',
  payload: consentGrantCodec,
  example: {
    account: sample('01'),
    nonce: sample('02', 16),
    committee: sample('03'),
    insurer: sample('04'),
    scope: { kind: 'buckets', buckets: [exampleBucket] },
    purpose: 'accumulator',
    maxUses: 10,
    expiresAt: 1_900_000_000_000,
    minimum: 0,
    single: false,
    overlap: false,
    proof: sample('05', 64),
  },
  cost: ({ scope }) => proofUnits(2 + tagsOf(scope).length),
  verify,
  authorize: (state, payload, context) => {
    const refusal = requireSigner(payload.account, context)
    if (refusal !== undefined) return refusal
    if (consentTable.get(state, consentId(payload)) !== undefined) return refuse('CONSENT_EXISTS')
    if (committeeTable.get(state, payload.committee) === undefined)
      return refuse('COMMITTEE_UNKNOWN')
    return payload.expiresAt < context.timeMs ? refuse('GRANT_EXPIRY') : undefined
  },
  execute: (state, payload) => {
    const { account, committee, insurer, scope, purpose, maxUses, expiresAt } = payload
    const id = consentId(payload)
    const consent = { account, committee, insurer, scope, purpose, maxUses, expiresAt }
    const { minimum, single, overlap } = payload
    consentTable.put(state, { ...consent, minimum, single, overlap }, id)
    usesTable.put(state, { uses: 0, revoked: false }, id)
    const granted = { kind: 'vault.consent-granted', reference: id }
    const concerned = [insurer, ...toldOf(id, tagsOf(scope))]
    return accept(...concerned.map((recipient) => ({ ...granted, recipient })))
  },
})
