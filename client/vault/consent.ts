// What patients let others do: who may write under a tag, who may ask for sums.

import { grantSession } from '../../apps/vault/consent-grant.ts'
import { revokeSession } from '../../apps/vault/consent-revoke.ts'
import { writerSession } from '../../apps/vault/consent-writer.ts'
import { type Scope, tagsOf } from '../../apps/vault/fields.ts'
import type { ConsentGrant, ConsentRevoke, ConsentWriter } from '../../apps/vault/payloads.ts'
import { aggregateSecret, blank, tagWeights } from '../../apps/vault/statements.ts'
import { assert } from '../../vm/assert.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { proveKey } from '../../vm/crypto/keys.ts'
import type { Digest, Hex } from '../../vm/types.ts'
import { decodeSecret, deriveBytes, type Entropy, type SecretScalar } from './entropy.ts'
import { requirePoint } from './points.ts'

/** Lets organizations write under the tag, or nobody any more if `writers` is empty. */
export function buildConsentWriter<P>(
  group: Group<P>,
  terms: Omit<ConsentWriter, 'proof'>,
  proving: {
    readonly chainId: Digest
    readonly tagSecret: SecretScalar
    readonly entropy: Entropy
  },
): ConsentWriter {
  const { chainId, tagSecret, entropy } = proving
  const bare = { ...terms, proof: blank(64) }
  const key = requirePoint(group, fromHex(terms.tag))
  const claim = { session: writerSession(chainId, bare), key }
  const random = deriveBytes(entropy, 'writer-proof')
  const proof = proveKey(group, claim, { x: decodeSecret(group, tagSecret), random })
  return { ...bare, proof }
}

export type TagSecrets = {
  readonly chainId: Digest
  /** The key behind each tag of the scope. */
  readonly tagSecrets: ReadonlyMap<Hex, SecretScalar>
  readonly entropy: Entropy
}

function proveTags<P>(
  group: Group<P>,
  claim: { readonly session: Uint8Array; readonly tags: readonly Hex[] },
  { tagSecrets, entropy }: TagSecrets,
): Uint8Array {
  const { session, tags } = claim
  const secrets = tags.map((tag) => {
    const secret = tagSecrets.get(tag)
    assert(secret !== undefined, 'the key behind every tag is needed')
    return decodeSecret(group, secret)
  })
  const x = aggregateSecret(group, tagWeights(group, session, tags), secrets)
  const random = deriveBytes(entropy, 'tags-proof')
  return proveKey(group, { session, key: group.multiplyBase(x) }, { x, random })
}

/** Lets an insurer ask; `nonce` in the terms makes the consent's id (see `newNonce`). */
export function buildConsentGrant<P>(
  group: Group<P>,
  terms: Omit<ConsentGrant, 'proof'>,
  proving: TagSecrets,
): ConsentGrant {
  const bare = { ...terms, proof: blank(64) }
  const session = grantSession(proving.chainId, bare)
  return { ...bare, proof: proveTags(group, { session, tags: tagsOf(terms.scope) }, proving) }
}

export function buildConsentRevoke<P>(
  group: Group<P>,
  terms: Omit<ConsentRevoke, 'proof' | 'tags'> & { readonly scope: Scope },
  proving: TagSecrets,
): ConsentRevoke {
  const { scope, account, consent } = terms
  const tags = tagsOf(scope)
  const bare = { account, consent, tags: tags.length, proof: blank(64) }
  const session = revokeSession(proving.chainId, bare)
  return { ...bare, proof: proveTags(group, { session, tags }, proving) }
}

/** The sixteen bytes that make an object's id new. */
export function newNonce(entropy: Entropy): Hex {
  return toHex(deriveBytes(entropy, 'nonce').subarray(0, 16))
}
