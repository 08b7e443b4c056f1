// Did you mean: the known word nearest to an unknown one.

/** Edits (insert, remove, replace) between two words. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}

/** The nearest of `known`, if it is near enough to be what was meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({
      candidate,
      edits: distance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .toSorted((left, right) => left.edits - right.edits)
  const [best] = ranked
  if (best === undefined) return undefined
  return best.edits <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined
}
