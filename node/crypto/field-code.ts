// WebAssembly code for the field of 2^255 - 19: ten limbs of 26 and 25 bits in turn, signed, as in ref10 of SUPERCOP.
import { type Code, call, get, i32, i64, loopWhile, type Routine, set } from './wasm.ts'

/** Bytes of an element in memory: ten 32-bit limbs. */
export const ELEMENT = 40
export const LIMBS = 10
const indices = Array.from({ length: LIMBS }, (_, index) => index)
export const widthOf = (limb: number) => (limb % 2 === 0 ? 26 : 25)
/** The bit of the integer at which a limb begins: 0, 26, 51, 77 ... */
const startOf = (limb: number) => Math.ceil(25.5 * limb)
const sum = (terms: readonly Code[]): Code => terms.reduce(i64.add)
const times = (value: Code, factor: number): Code => i64.mul(value, i64.constant(BigInt(factor)))

/** Reads an element into ten locals. */
function loadAll(address: number, first: number): Code {
  return indices.flatMap((limb) => set(first + limb, i64.load32(get(address), 4 * limb)))
}

function storeAll(address: number, first: number): Code {
  return indices.flatMap((limb) => i64.store32(get(address), 4 * limb, get(first + limb)))
}

/** Moves what a limb has above its width, rounded, into the next one; above the last it counts 19 fold in the first. */
function carry(first: number, limb: number, scratch: number): Code {
  const width = widthOf(limb)
  const value = get(first + limb)
  const next = first + ((limb + 1) % LIMBS)
  const rounded = i64.add(value, i64.constant(1n << BigInt(width - 1)))
  const moved = limb === LIMBS - 1 ? times(get(scratch), 19) : get(scratch)
  return [
    ...set(scratch, i64.shiftRight(rounded, width)),
    ...set(next, i64.add(get(next), moved)),
    ...set(first + limb, i64.sub(value, i64.shiftLeft(get(scratch), width))),
  ]
}

/** After it the limbs are at most 1.01 times 2^25 and 2^24; sums of up to three such elements may be factors again. */
function reduce(first: number, scratch: number): Code {
  return [0, 4, 1, 5, 2, 6, 3, 7, 4, 8, 9, 0].flatMap((limb) => carry(first, limb, scratch))
}

/** o = a·b */
function multiplication(): Routine {
  const [f, g, doubled, folded, h] = [3, 13, 23, 33, 43]
  const product = (i: number, j: number): Code => {
    const left = i % 2 === 1 && j % 2 === 1 ? doubled + i : f + i
    return i64.mul(get(left), get((i + j >= LIMBS ? folded : g) + j))
  }
  const code = [
    ...loadAll(1, f),
    ...loadAll(2, g),
    ...indices.flatMap((limb) => [
      ...set(doubled + limb, i64.shiftLeft(get(f + limb), 1)),
      ...set(folded + limb, times(get(g + limb), 19)),
    ]),
    ...indices.flatMap((limb) =>
      set(h + limb, sum(indices.map((i) => product(i, (limb + LIMBS - i) % LIMBS)))),
    ),
    ...reduce(h, h + LIMBS),
    ...storeAll(0, h),
  ]
  return { name: 'multiply', parameters: 3, locals64: 51, code }
}

/** o = factor·a² */
function squaring(name: string, factor: 1 | 2): Routine {
  const [f, folded, h] = [2, 12, 22]
  const product = (i: number, j: number): Code => {
    const shift = (i === j ? 0 : 1) + (i % 2 === 1 && j % 2 === 1 ? 1 : 0)
    const value = i64.mul(get(f + i), get((i + j >= LIMBS ? folded : f) + j))
    return shift === 0 ? value : i64.shiftLeft(value, shift)
  }
  const pairs = (limb: number): Code[] =>
    indices
      .map((i) => [i, (limb + LIMBS - i) % LIMBS] as const)
      .filter(([i, j]) => i <= j)
      .map(([i, j]) => product(i, j))
  const code = [
    ...loadAll(1, f),
    ...indices.flatMap((limb) => set(folded + limb, times(get(f + limb), 19))),
    ...indices.flatMap((limb) => set(h + limb, i64.shiftLeft(sum(pairs(limb)), factor - 1))),
    ...reduce(h, h + LIMBS),
    ...storeAll(0, h),
  ]
  return { name, parameters: 2, locals64: 31, code }
}

/** o = a ± b, limb by limb. */
function linear(name: string, operation: (left: Code, right: Code) => Code): Routine {
  const code = indices.flatMap((limb) => {
    const [left, right] = [1, 2].map((address) => i64.load32(get(address), 4 * limb))
    return left && right ? i64.store32(get(0), 4 * limb, operation(left, right)) : []
  })
  return { name, parameters: 3, code }
}

/** o = the integer in the low 255 bits of the 32 bytes at a. */
function fromBytes(): Routine {
  const code = indices.flatMap((limb) => {
    const byte = Math.min(startOf(limb) >> 3, 24)
    const shifted = i64.shiftRight(i64.load(get(1), byte), startOf(limb) - 8 * byte)
    const mask = i64.constant((1n << BigInt(widthOf(limb))) - 1n)
    return i64.store32(get(0), 4 * limb, i64.and(shifted, mask))
  })
  return { name: 'fromBytes', parameters: 2, code }
}

/** The 32 bytes at o = the representative of a below 2^255 - 19. */
function toBytes(): Routine {
  const [h, q] = [2, 12]
  /** The quotient by the modulus, from the top limb down and around. */
  const quotient = indices.reduce<Code>(
    (above, limb) => i64.shiftRight(i64.add(get(h + limb), above), widthOf(limb)),
    i64.shiftRight(i64.add(times(get(h + 9), 19), i64.constant(1n << 24n)), 25),
  )
  const floor = indices.flatMap((limb) => {
    const carried = i64.shiftRight(get(h + limb), widthOf(limb))
    const mask = i64.constant((1n << BigInt(widthOf(limb))) - 1n)
    const next = limb + 1 < LIMBS ? set(h + limb + 1, i64.add(get(h + limb + 1), carried)) : []
    return [...next, ...set(h + limb, i64.and(get(h + limb), mask))]
  })
  const word = (index: number): Code => {
    const from = 64 * index
    const parts = indices
      .filter((limb) => startOf(limb) < from + 64 && startOf(limb) + widthOf(limb) > from)
      .map((limb) => {
        const shift = startOf(limb) - from
        const value = get(h + limb)
        return shift < 0 ? i64.shiftRight(value, -shift) : i64.shiftLeft(value, shift)
      })
    return parts.reduce(i64.or)
  }
  const code = [
    ...loadAll(1, h),
    ...set(q, quotient),
    ...set(h, i64.add(get(h), times(get(q), 19))),
    ...floor,
    ...[0, 1, 2, 3].flatMap((index) => i64.store(get(0), 8 * index, word(index))),
  ]
  return { name: 'toBytes', parameters: 2, locals64: 11, code }
}

/** o = a^(2^n), n at least 1. */
function repeatedSquaring(): Routine {
  const code = [
    ...call(FIELD.square, get(0), get(1)),
    ...loopWhile(i32.isBelow(i32.constant(1), get(2)), [
      ...call(FIELD.square, get(0), get(0)),
      ...set(2, i32.sub(get(2), i32.constant(1))),
    ]),
  ]
  return { name: 'squareTimes', parameters: 3, code }
}

/** Places of the routines below. */
export const FIELD = { multiply: 0, square: 1, squareTwice: 2, add: 3, subtract: 4 } as const

export const fieldRoutines = (): readonly Routine[] => [
  multiplication(),
  squaring('square', 1),
  squaring('squareTwice', 2),
  linear('add', i64.add),
  linear('subtract', i64.sub),
  fromBytes(),
  toBytes(),
  repeatedSquaring(),
]
