// Agreeing on a policy: what insurer and patient both sign, proven by the key behind the tag.
import type { PolicyAgree } from '../../apps/vault/patient-payloads.ts'
import { agreeSession } from '../../apps/vault/policy-agree.ts'
import { blank } from '../../apps/vault/statements.ts'
import { fromHex } from '../../vm/bytes.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { proveKey } from '../../vm/crypto/keys.ts'
import type { Digest } from '../../vm/types.ts'
import { decodeSecret, deriveBytes, type Entropy, type SecretScalar } from './entropy.ts'
import { requirePoint } from './points.ts'

/** The patient proves and signs first; the insurer adds its signature to the same body. */
export function buildPolicyAgree<P>(
  group: Group<P>,
  terms: Omit<PolicyAgree, 'proof'>,
  proving: {
    readonly chainId: Digest
    readonly tagSecret: SecretScalar
    readonly entropy: Entropy
  },
): PolicyAgree {
  const { chainId, tagSecret, entropy } = proving
  const bare = { ...terms, proof: blank(64) }
  const key = requirePoint(group, fromHex(terms.tag))
  const claim = { session: agreeSession(chainId, bare), key }
  const random = deriveBytes(entropy, 'agree-proof')
  const proof = proveKey(group, claim, { x: decodeSecret(group, tagSecret), random })
  return { ...bare, proof }
}
