// What the replicas of one height agree on beforehand, and who leads which view.
import type { EngineKind } from '../vm/quorum.ts'
import type { AccountId, Digest, Height, PublicKey, ReplicaIndex, View } from '../vm/types.ts'

/** A validator as consensus sees it: its place in the array is its ReplicaIndex. */
export type Member = { readonly account: AccountId; readonly publicKey: PublicKey }

export type Timers = {
  readonly baseTimeoutMs: number
  readonly timeoutStepMs: number
  readonly timeoutCapMs: number
}

/** Fixed for the whole height; equal at all replicas but for `self`. */
export type HeightConfig = {
  readonly chainId: Digest
  readonly engine: EngineKind
  readonly height: Height
  /** The set that decides this height, in the order of the registry. */
  readonly validators: readonly Member[]
  /** The primary of view 0: the rotation with the skip record, read from the parent's state. */
  readonly firstPrimary: ReplicaIndex
  readonly timers: Timers
  /** This replica; null follows the height and signs nothing (no member, or a lost vote lock). */
  readonly self: ReplicaIndex | null
}

/** A transaction of a proposed block: enough to find or fetch it, and to add up sizes first. */
export type ProposedTransaction = { readonly id: Digest; readonly length: number }

/** All of a block but the transactions' bytes. */
export type ProposedBlock = {
  readonly blockId: Digest
  /** The header as its proposer encoded it; opaque here. */
  readonly header: Uint8Array
  readonly transactions: readonly ProposedTransaction[]
}

/** View 0 rotates with the height (and over who is not skipped), higher views over all. */
export function primaryOf(config: HeightConfig, view: View): ReplicaIndex {
  return (config.firstPrimary + view) % config.validators.length
}
