// The heavy cryptography that validation needs, as one argument: reference or fast implementations of the same functions.
import type { Group, Point } from './group.ts'
import type { RangeBits } from './range-format.ts'

/** Range proofs of amounts of 32 bits, or 64, with given blindings: V = amount·H + blinding·G2. */
export type RangeVerifier = {
  /** False for a wrong proof and for every input that the library throws on. */
  readonly verifyRange: (
    commitments: readonly Uint8Array[],
    proof: Uint8Array,
    bits?: RangeBits,
  ) => boolean
}

export type RangeProver = {
  /** Commitments and one aggregated proof for 1 to 16 amounts below 2^bits, 32 if left out; blindings are scalars below the group order. */
  readonly proveRange: (
    amounts: readonly bigint[],
    blindings: readonly bigint[],
    bits?: RangeBits,
  ) => { readonly commitments: readonly Uint8Array[]; readonly proof: Uint8Array }
}

/** What `verify` of a transaction type may use; every function is pure. */
export type CryptoSuite = {
  readonly group: Group<Point>
  readonly range: RangeVerifier
}
