// WebAssembly code for points of edwards25519 in extended coordinates: doubling, addition of prepared points, and whole programs of both.
import { ELEMENT, FIELD, fieldRoutines } from './field-code.ts'
import { pairMultiplication } from './field-pair-code.ts'
import {
  assemble,
  type Code,
  call,
  choose,
  get,
  i32,
  loopWhile,
  type Routine,
  set,
} from './wasm.ts'

/** Bytes of a point X, Y, Z, T. */
export const POINT = 4 * ELEMENT
/** Bytes of a point prepared to be added: Y + X, Y − X, 2·d·T, and 2·Z unless Z is one. */
export const PREPARED = 4 * ELEMENT
export const PREPARED_AFFINE = 3 * ELEMENT

/** Instructions of a program: the address of a prepared point with flags in its low bits, or a doubling. */
export const DOUBLE = 0
export const SUBTRACT = 1
export const IS_PROJECTIVE = 2

/** Six elements of scratch at the bottom of the memory. */
const slot = (index: number): Code => i32.constant(8 + ELEMENT * index)
export const FREE_FROM = 8 + 6 * ELEMENT

const at = (local: number, element: number): Code =>
  i32.add(get(local), i32.constant(ELEMENT * element))
const [X, Y, Z, T] = [0, 1, 2, 3].map((element) => at(0, element)) as [Code, Code, Code, Code]
const multiply = (...values: readonly [Code, Code, Code]) => call(FIELD.multiply, ...values)
type Product = readonly [to: Code, left: Code, right: Code]
const multiplyBoth = (first: Product, second: Product) => call(PAIRS, ...first, ...second)
const square = (...values: readonly [Code, Code]) => call(FIELD.square, ...values)
const add = (...values: readonly [Code, Code, Code]) => call(FIELD.add, ...values)
const subtract = (...values: readonly [Code, Code, Code]) => call(FIELD.subtract, ...values)

/** p = 2·p; T only where the second parameter asks for it (dbl-2008-hwcd, bounds as in ref10). */
function doubling(): Routine {
  const [xx, yy, zz, sum, difference] = [0, 1, 2, 3, 4].map(slot) as [Code, Code, Code, Code, Code]
  const code = [
    ...square(xx, X),
    ...square(yy, Y),
    ...call(FIELD.squareTwice, zz, Z),
    ...add(sum, X, Y),
    ...square(X, sum),
    ...add(sum, yy, xx),
    ...subtract(difference, yy, xx),
    ...subtract(xx, X, sum),
    ...subtract(yy, zz, difference),
    ...multiplyBoth([X, xx, yy], [Y, sum, difference]),
    ...choose(get(1), multiplyBoth([Z, difference, yy], [T, xx, sum]), multiply(Z, difference, yy)),
  ]
  return { name: 'double', parameters: 2, code }
}

/** p = p ± q for a prepared point q; the flags are those of an instruction (add-2008-hwcd-3, complete on this curve). */
function addition(): Routine {
  const [q, flags, sign] = [1, 2, 3] as const
  const [a, b, c, d, e] = [0, 1, 2, 3, 4].map(slot) as [Code, Code, Code, Code, Code]
  /** The first of two neighbours, or the second where q is subtracted; and the other one. */
  const first = (base: Code): Code => i32.add(base, get(sign))
  const second = (base: Code): Code => i32.sub(i32.add(base, i32.constant(ELEMENT)), get(sign))
  const sum = first(d)
  const difference = second(d)
  const code = [
    ...set(sign, i32.mul(i32.and(get(flags), i32.constant(SUBTRACT)), i32.constant(ELEMENT))),
    ...add(a, Y, X),
    ...subtract(b, Y, X),
    ...multiplyBoth([a, a, first(get(q))], [b, b, second(get(q))]),
    ...choose(
      i32.and(get(flags), i32.constant(IS_PROJECTIVE)),
      multiplyBoth([c, T, at(q, 2)], [T, Z, at(q, 3)]),
      [...multiply(c, T, at(q, 2)), ...add(T, Z, Z)],
    ),
    ...add(sum, T, c),
    ...subtract(difference, T, c),
    ...subtract(c, a, b),
    ...add(b, a, b),
    ...multiplyBoth([X, c, e], [Y, b, d]),
    ...multiplyBoth([Z, d, e], [T, c, b]),
  ]
  return { name: 'addPrepared', parameters: 3, locals32: 1, code }
}

/** Runs the instructions from one address up to another on p; a doubling gives T where the next word is not zero. */
function program(): Routine {
  const [p, from, to, instruction] = [0, 1, 2, 3] as const
  const isAddress = i32.isBelow(i32.constant(0), get(instruction))
  const next = i32.load(get(from), 4)
  const code = loopWhile(i32.isBelow(get(from), get(to)), [
    ...set(instruction, i32.load(get(from))),
    ...choose(
      isAddress,
      call(
        POINTS.addPrepared,
        get(p),
        i32.and(get(instruction), i32.constant(-4)),
        get(instruction),
      ),
      call(POINTS.double, get(p), next),
    ),
    ...set(from, i32.add(get(from), i32.constant(4))),
  ])
  return { name: 'run', parameters: 3, locals32: 1, code }
}

/** Places behind the eight routines of the field. */
const PAIRS = 8
const POINTS = { double: 9, addPrepared: 10 } as const

type Address = number
type Binary = (to: Address, left: Address, right: Address) => void
type Unary = (to: Address, from: Address) => void
type Six = [Address, Address, Address, Address, Address, Address]

/** Addresses are those of elements or points; results may be written over operands. */
export type EdwardsCode = {
  readonly memory: WebAssembly.Memory
  readonly multiply: Binary
  /** Two products: to, left, right, and the same again. */
  readonly multiplyPair: (...addresses: readonly [...Six]) => void
  readonly square: Unary
  readonly add: Binary
  readonly subtract: Binary
  readonly squareTimes: (to: Address, from: Address, times: number) => void
  readonly fromBytes: Unary
  readonly toBytes: Unary
  readonly double: (point: Address, withT: number) => void
  readonly addPrepared: (point: Address, prepared: Address, flags: number) => void
  /** The last doubling looks at the word behind the program. */
  readonly run: (point: Address, from: Address, to: Address) => void
}

/** A fresh instance with a memory of its own. */
export function createEdwardsCode(pages: number): EdwardsCode {
  const routines = [...fieldRoutines(), pairMultiplication(), doubling(), addition(), program()]
  const module = new WebAssembly.Module(assemble(routines, pages))
  return new WebAssembly.Instance(module).exports as unknown as EdwardsCode
}
