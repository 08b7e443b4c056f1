// Dealing the same key again: to other servers, or so that another number of them answers.
import type { Reshare } from '../../apps/vault/payloads.ts'
import { reshareSession } from '../../apps/vault/reshare.ts'
import type { Group } from '../../vm/crypto/group.ts'
import type { AccountId, Digest } from '../../vm/types.ts'
import type { SecretScalar } from './entropy.ts'
import { type Polynomial, provePolynomial, sealPolynomial, sealShareAt } from './polynomial.ts'

export type ResharePlan = Polynomial & {
  readonly chainId: Digest
  readonly account: AccountId
  readonly committee: Digest
  /** One more than the newest epoch; the servers have offered keys for it by `buildOffer`. */
  readonly epoch: number
  readonly minimum: number
  /** From `dealtKey` of the first deal. Its entropy must not serve again. */
  readonly key: SecretScalar
  /** Added to what the dealer's bond holds. */
  readonly bond: bigint
}

/** One box, as a dealer seals it. */
export function sealReshare<P>(
  group: Group<P>,
  plan: ResharePlan,
  seat: { readonly index: number; readonly share: bigint },
): Uint8Array {
  const { committee, epoch } = plan
  return sealShareAt(group, plan, { committee, epoch, ...seat })
}

/** The deal without its proofs. */
export function bareReshare<P>(group: Group<P>, plan: ResharePlan): Reshare {
  const { account, committee, epoch, minimum, bond } = plan
  const dealt = sealPolynomial(group, plan, { committee, epoch })
  return { account, committee, epoch, minimum, bond, ...dealt }
}

/** The same deal with its proofs. */
export function proveReshare<P>(group: Group<P>, plan: ResharePlan, bare: Reshare): Reshare {
  const sessionOf = (slot: 'boxes' | 'secret') => reshareSession(plan.chainId, bare, slot)
  return { ...bare, ...provePolynomial(group, plan, sessionOf) }
}

/** The deal of a known key for the next epoch; servers read their boxes and acknowledge as after the first. */
export function buildReshare<P>(group: Group<P>, plan: ResharePlan): Reshare {
  return proveReshare(group, plan, bareReshare(group, plan))
}
