// What a range proof looks like, whichever implementation makes or checks it.

/** Bits of one number under a proof: of an invoice's amount 32, of what follows from sums of them 64. */
export type RangeBits = 32 | 64
export const RANGE_BITS = 32
/** Amounts under one proof. */
export const RANGE_AMOUNTS_MAX = 16

/** The next power of two: the number of amounts that a proof over `count` amounts speaks about. */
function filledCount(count: number): number {
  let filled = 1
  while (filled < count) filled *= 2
  return filled
}

/** The list with its last entry repeated up to the next power of two. */
export function fillUp<T>(entries: readonly T[]): T[] {
  const last = entries.at(-1)
  if (last === undefined) return []
  return [...entries, ...new Array<T>(filledCount(entries.length) - entries.length).fill(last)]
}

/** Bytes of a proof over `count` amounts: 608, 672, 736, 800, 864; of 64 bits 64 more. */
export function rangeProofSize(count: number, bits: RangeBits = RANGE_BITS): number {
  return 32 * (9 + 2 * (31 - Math.clz32(bits * filledCount(count))))
}

/** Whether counts and lengths are right and no commitment is the identity; what both verifiers check before anything else. */
export function isRangeInput(
  commitments: readonly Uint8Array[],
  proof: Uint8Array,
  bits: RangeBits,
): boolean {
  if (commitments.length < 1 || commitments.length > RANGE_AMOUNTS_MAX) return false
  if (proof.length !== rangeProofSize(commitments.length, bits)) return false
  return commitments.every((bytes) => bytes.length === 32 && bytes.some((byte) => byte !== 0))
}
