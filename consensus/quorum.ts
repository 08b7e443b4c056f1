// How many of n validators may be faulty, and how many decide.

/** f: the most Byzantine validators that n can bear (PBFT section 2: n >= 3f + 1). */
export function faults(n: number): number {
  return Math.floor((n - 1) / 3)
}

/**
 * q = ceil((n + f + 1) / 2): two quorums share at least f + 1 validators, so at least one correct one, and n - f correct
 * ones are enough. 2f + 1 is the same number only if n = 3f + 1.
 */
export function quorum(n: number): number {
  return Math.ceil((n + faults(n) + 1) / 2)
}

/** f + 1: among so many validators at least one is correct. */
export function honest(n: number): number {
  return faults(n) + 1
}
