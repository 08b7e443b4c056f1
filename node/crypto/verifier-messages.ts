// What main thread and verification workers say to each other.
import type { Verdict } from '../../vm/app.ts'
import type { Digest } from '../../vm/types.ts'

/** How a worker is started. */
export type VerifierSetup = {
  readonly chainId: Digest
  /** A module with an `appList`, where it is not that of this chain. */
  readonly apps: string | undefined
}

/** The proofs of one transaction; an item without its facts is not looked at. */
export type ProofTask = {
  readonly envelope: Uint8Array
  readonly facts: readonly (readonly Uint8Array[] | undefined)[]
}

export type ProofAnswer = {
  readonly items: readonly Verdict[]
  /** What `verify` threw, if it did. */
  readonly faults: readonly string[]
}
