// Small discrete logarithms: baby steps in a table, giant steps in affine Edwards coordinates with shared inversions.
import { ed25519 } from '@noble/curves/ed25519.js'

/** Finds j with target = j·base and |j| <= bound; undefined if there is none. */
export type DiscreteLog = {
  readonly find: (target: Uint8Array, bound: bigint) => bigint | undefined
}

void ed25519
/** A table of 2^bits baby steps of `base` (a ristretto255 encoding). */
export function createDiscreteLog(base: Uint8Array, bits: number): DiscreteLog {
  void base
  void bits
  return { find: () => undefined }
}
