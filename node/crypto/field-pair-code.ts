// WebAssembly code for two products in the field at once, one in each half of a vector: about the time of one.
import { LIMBS, widthOf } from './field-code.ts'
import { type Code, get, type Routine, set, v128 } from './wasm.ts'

const indices = Array.from({ length: LIMBS }, (_, index) => index)

/** As for one element, in both halves. */
function carry(first: number, limb: number, scratch: number): Code {
  const width = widthOf(limb)
  const value = get(first + limb)
  const next = first + ((limb + 1) % LIMBS)
  const carried = get(scratch)
  const eighteen = v128.add(v128.shiftLeft(carried, 4), v128.shiftLeft(carried, 1))
  const moved = limb === LIMBS - 1 ? v128.add(eighteen, carried) : carried
  const rounded = v128.add(value, v128.constant(1n << BigInt(width - 1)))
  return [
    ...set(scratch, v128.shiftRight(rounded, width)),
    ...set(next, v128.add(get(next), moved)),
    ...set(first + limb, v128.sub(value, v128.shiftLeft(get(scratch), width))),
  ]
}

/**
 * o = a·b and p = c·d, in the order o, a, b, p, c, d; each result may be written over any operand. Limbs of factors, 19 fold too, fit
 * in 32 bits as long as they are at most 1.65 times 2^26 and 2^25, as for one product.
 */
export function pairMultiplication(): Routine {
  const [f, g, doubled, folded, h, scratch] = [6, 16, 26, 36, 46, 56] as const
  const product = (i: number, j: number): Code => {
    const left = i % 2 === 1 && j % 2 === 1 ? doubled + i : f + i
    return v128.mulWide(get(left), get((i + j >= LIMBS ? folded : g) + j))
  }
  const code = [
    ...indices.flatMap((limb) => [
      ...set(f + limb, v128.loadPair(get(1), get(4), 4 * limb)),
      ...set(g + limb, v128.loadPair(get(2), get(5), 4 * limb)),
    ]),
    ...indices.flatMap((limb) => [
      ...set(doubled + limb, v128.add32(get(f + limb), get(f + limb))),
      ...set(folded + limb, v128.mul32(get(g + limb), 19)),
    ]),
    ...indices.flatMap((limb) => {
      const products = indices.map((i) => product(i, (limb + LIMBS - i) % LIMBS))
      return set(h + limb, products.reduce(v128.add))
    }),
    ...[0, 4, 1, 5, 2, 6, 3, 7, 4, 8, 9, 0].flatMap((limb) => carry(h, limb, scratch)),
    ...indices.flatMap((limb) =>
      v128.storePair(get(0), get(3), { offset: 4 * limb, value: get(h + limb) }),
    ),
  ]
  return { name: 'multiplyPair', parameters: 6, locals128: 51, code }
}
