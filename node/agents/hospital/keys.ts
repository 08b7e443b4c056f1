// A vault that a hospital can write to: which one, and what makes its records.
import type { ClassSecrets } from '../../../client/vault/replicated/deal.ts'
import type { Digest, OrganizationId } from '../../../vm/types.ts'

/** What makes records: the key that they are encrypted to, or the keys of the classes that their shares follow from. */
export type Keys =
  | { readonly kind: 'threshold'; readonly key: Uint8Array }
  | { readonly kind: 'classes'; readonly secrets: ClassSecrets }

export type Opened = {
  readonly committee: Digest
  readonly epoch: number
  readonly keys: Keys
  /** The writer's own, by which the ledger tells its invoices from others'. */
  readonly organization: OrganizationId
  /** Resolves when the ledger takes records. */
  readonly active: Promise<void>
}
