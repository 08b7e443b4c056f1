// Who holds which class: one class for each set of t − 1 servers that must not suffice, held by all the others.

export type Sizes = { readonly threshold: number; readonly seats: number }

/** All sets of `size` numbers from `from` to `to`, in lexicographic order. */
function subsets(from: number, to: number, size: number): readonly (readonly number[])[] {
  if (size === 0) return [[]]
  if (from > to) return []
  const withFirst = subsets(from + 1, to, size - 1).map((rest) => [from, ...rest])
  return [...withFirst, ...subsets(from + 1, to, size)]
}

/**
 * The holders of each class in ascending order; the first list is that of class 1. Sets left out are in lexicographic order with the
 * first one last, so that of three servers the first holds the classes 1 and 2, the second 2 and 3, the third 3 and 1.
 */
export function classHolders({ threshold, seats }: Sizes): readonly (readonly number[])[] {
  const [first, ...rest] = subsets(1, seats, threshold - 1)
  const left = first === undefined ? [] : [...rest, first]
  const all = Array.from({ length: seats }, (_, seat) => seat + 1)
  return left.map((without) => all.filter((index) => !without.includes(index)))
}

/** The classes of one server in ascending order. */
export function classesOf(sizes: Sizes, index: number): readonly number[] {
  return classHolders(sizes).flatMap((holders, at) => (holders.includes(index) ? [at + 1] : []))
}

/** Position among the boxes of a deal: class by class, holders ascending; −1 if the server does not hold the class. */
export function boxPlace(
  sizes: Sizes,
  { holdingClass, index }: { readonly holdingClass: number; readonly index: number },
): number {
  const holders = classHolders(sizes)
  const inClass = holders[holdingClass - 1]?.indexOf(index) ?? -1
  if (inClass < 0) return -1
  return holders.slice(0, holdingClass - 1).reduce((sum, { length }) => sum + length, inClass)
}

export function boxCount(sizes: Sizes): number {
  return classHolders(sizes).reduce((sum, { length }) => sum + length, 0)
}
