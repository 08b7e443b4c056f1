// consent.revoke: whoever holds the keys behind all tags ends a consent; results that were given stay given.

import { accept, defineTx, type VerifyInput } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { decode } from '../../vm/codec.ts'
import { sample } from '../../vm/example.ts'
import type { Digest } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { requireSigner } from './committee.ts'
import { verifyTags } from './consent-grant.ts'
import { proofUnits } from './costs.ts'
import { tagsOf, toldOf } from './fields.ts'
import { type ConsentRevoke, consentRevokeCodec } from './payloads.ts'
import { consentTable, usesTable } from './state.ts'
import { blank, contentSession } from './statements.ts'
import { TAGS } from './tags.ts'

export function revokeSession(chainId: Digest, revoke: ConsentRevoke): Uint8Array {
  const { account, consent: object } = revoke
  return contentSession(
    { chainId, type: 'consent.revoke', slot: 'tags', account, object },
    consentRevokeCodec,
    { ...revoke, proof: blank(64) },
  )
}

function verify({ chainId, payload, facts, crypto: { group } }: VerifyInput<ConsentRevoke>) {
  const [fact] = facts
  assert(fact !== undefined, 'one fact')
  const { scope } = decode(consentTable.value, fact)
  const tags = tagsOf(scope)
  if (tags.length !== payload.tags) return refuse('CONSENT_SCOPE')
  const claim = { session: revokeSession(chainId, payload), tags }
  return verifyTags(group, claim, payload.proof) ? ({ ok: true } as const) : refuse('PROOF_CONSENT')
}

export const consentRevoke = defineTx({
  name: 'consent.revoke',
  tag: TAGS['consent.revoke'],
  summary: 'Ends a consent.',
  payload: consentRevokeCodec,
  example: { account: sample('01'), consent: sample('02'), tags: 1, proof: sample('03', 64) },
  cost: ({ tags }) => proofUnits(2 + tags),
  facts: ({ consent }) => [consentTable.key(consent)],
  verify,
  authorize: (state, { account, consent }, context) => {
    const refusal = requireSigner(account, context)
    if (refusal !== undefined) return refusal
    const uses = usesTable.get(state, consent)
    if (uses === undefined) return refuse('CONSENT_UNKNOWN')
    return uses.revoked ? refuse('CONSENT_REVOKED') : undefined
  },
  execute: (state, { consent: id }) => {
    const uses = usesTable.get(state, id)
    const consent = consentTable.get(state, id)
    assert(uses && consent, 'authorize has found the consent')
    usesTable.put(state, { ...uses, revoked: true }, id)
    const revoked = { kind: 'vault.consent-revoked', reference: id }
    const concerned = [consent.insurer, ...toldOf(id, tagsOf(consent.scope))]
    return accept(...concerned.map((recipient) => ({ ...revoked, recipient })))
  },
})
