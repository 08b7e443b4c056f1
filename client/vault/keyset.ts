// Committees over a keyset: what hospitals sign together, and what a member of the keyset needs to answer.
import type { PlanState } from '../../apps/committee/values.ts'
import type { InitKeyset, Writers } from '../../apps/vault/keyset-payloads.ts'
import type { OrganizationId } from '../../vm/types.ts'
import type { SecretScalar } from './entropy.ts'

function inOrder(writers: readonly OrganizationId[]): readonly OrganizationId[] {
  return [...new Set(writers)].sort()
}

/**
 * The committee's id is that of `planCommittee(account, entropy)`, its nonce the one from there. `account` is an admin of a writer, and an
 * admin of every other writer signs the same envelope; each of them adds `bond` to the bond that stands for its organization.
 */
export function buildInitKeyset(terms: InitKeyset): InitKeyset {
  return { ...terms, writers: inOrder(terms.writers) }
}

/** Who may write from now on: signed by an admin of every organization that may write before or after. */
export function buildWriters(terms: Writers): Writers {
  return { ...terms, writers: inOrder(terms.writers) }
}

/** The share for `buildResponse` among those that a member took from the dealings, one for each purpose of the plan. */
export function vaultShare(
  { purposes }: Pick<PlanState, 'purposes'>,
  shares: readonly SecretScalar[],
): SecretScalar | undefined {
  return shares[purposes.indexOf('vault')]
}
