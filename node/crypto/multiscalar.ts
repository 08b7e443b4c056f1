// Sums of many scalar multiples in WebAssembly: one chain of doublings for all points (Straus), signed sliding windows. Public data only.
import { assert } from '../../vm/assert.ts'
import { RISTRETTO_ORDER } from '../../vm/crypto/ristretto255.ts'
import {
  DOUBLE,
  IS_PROJECTIVE,
  POINT,
  PREPARED,
  PREPARED_AFFINE,
  SUBTRACT,
} from './edwards-code.ts'
import { ELEMENT } from './field-code.ts'
import { createRistrettoCode, type RistrettoCode } from './ristretto-code.ts'

/** Odd multiples 1, 3, ... of a point, prepared to be added. */
type Table = { readonly address: number; readonly width: number; readonly kind: number }

/** Windows of points that come once, of those that come always, and of those with a tiny scalar. */
const WIDTH = 5
const STATIC_WIDTH = 7
const TINY_WIDTH = 2
const TINY = 8n
const entries = (width: number) => 2 ** (width - 2)
/** Room for the tables of points that come always: the bases, and those of range proofs of 16 amounts. */
const STATIC_POINTS = 1_032
const STATIC_TABLE = entries(STATIC_WIDTH) * PREPARED_AFFINE
const DYNAMIC_TABLE = entries(WIDTH) * PREPARED
const BITS = 256
const HALF = RISTRETTO_ORDER / 2n

/** Writes projective odd multiples of the point at `point`, which is destroyed. */
function writeMultiples(
  { code, copy, doubleD }: RistrettoCode,
  place: { readonly point: number; readonly step: number; readonly table: number },
  count: number,
): void {
  const { point, step, table } = place
  const prepare = (to: number, from: number): void => {
    code.add(to, from + ELEMENT, from)
    code.subtract(to + ELEMENT, from + ELEMENT, from)
    code.multiply(to + 2 * ELEMENT, from + 3 * ELEMENT, doubleD)
    code.add(to + 3 * ELEMENT, from + 2 * ELEMENT, from + 2 * ELEMENT)
  }
  prepare(table, point)
  if (count === 1) return
  copy(step, point, POINT)
  code.double(step, 1)
  prepare(step + POINT, step)
  for (let index = 1; index < count; index++) {
    code.addPrepared(point, step + POINT, IS_PROJECTIVE)
    prepare(table + index * PREPARED, point)
  }
}

/** Makes prepared points affine, all with one inversion (Montgomery's trick). */
function writeAffine(
  { code, copy, invert, doubleD }: RistrettoCode,
  place: { readonly from: number; readonly to: number; readonly products: number },
  count: number,
): void {
  const { from, to, products } = place
  const inverse = products + count * ELEMENT
  const [own, half, otherHalf] = [inverse + ELEMENT, inverse + 2 * ELEMENT, inverse + 3 * ELEMENT]
  const doubleZ = (index: number) => from + index * PREPARED + 3 * ELEMENT
  copy(products, doubleZ(0), ELEMENT)
  for (let index = 1; index < count; index++)
    code.multiply(products + index * ELEMENT, products + (index - 1) * ELEMENT, doubleZ(index))
  invert(inverse, products + (count - 1) * ELEMENT)
  for (let index = count - 1; index >= 0; index--) {
    const source = from + index * PREPARED
    const target = to + index * PREPARED_AFFINE
    if (index === 0) copy(own, inverse, ELEMENT)
    else code.multiply(own, inverse, products + (index - 1) * ELEMENT)
    code.multiply(inverse, inverse, doubleZ(index))
    code.multiply(half, source, own)
    code.multiply(otherHalf, source + ELEMENT, own)
    code.add(target, half, half)
    code.add(target + ELEMENT, otherHalf, otherHalf)
    // Half of y + x and of y − x: their difference is x, their sum y.
    code.subtract(own, half, otherHalf)
    code.add(half, half, otherHalf)
    code.multiply(half, half, own)
    code.multiply(target + 2 * ELEMENT, half, doubleD)
  }
}

/** Instructions by the bit of the chain of doublings at which they are due: a list for each bit. */
function createSchedule() {
  const first = new Int32Array(BITS + 1)
  let nexts = new Int32Array(4_096)
  let instructions = new Int32Array(4_096)
  let count = 0
  const scalar64 = new BigInt64Array(4)
  const scalar32 = new Uint32Array(scalar64.buffer)

  const push = (bit: number, instruction: number): void => {
    if (count === instructions.length) {
      const [grownNexts, grown] = [new Int32Array(2 * count), new Int32Array(2 * count)]
      grownNexts.set(nexts)
      grown.set(instructions)
      nexts = grownNexts
      instructions = grown
    }
    instructions[count] = instruction
    nexts[count] = first[bit] ?? -1
    first[bit] = count
    count += 1
  }
  /** The next bits of the scalar, at most 25. */
  const bitsAt = (bit: number): number => {
    const word = bit >>> 5
    const offset = bit & 31
    const low = (scalar32[word] ?? 0) >>> offset
    return offset === 0 ? low : low | ((scalar32[word + 1] ?? 0) << (32 - offset))
  }
  return {
    clear: (): void => {
      first.fill(-1)
      count = 0
    },
    /** One instruction for each digit of the signed sliding window: odd, below 2^(width-1) in absolute value, or zero. */
    add: ({ address, width, kind }: Table, scalar: bigint): void => {
      const isNegative = scalar > HALF
      const value = isNegative ? RISTRETTO_ORDER - scalar : scalar
      for (let word = 0; word < 4; word++) scalar64[word] = value >> BigInt(64 * word)
      const entrySize = kind === IS_PROJECTIVE ? PREPARED : PREPARED_AFFINE
      const [plus, minus] = isNegative ? [SUBTRACT, 0] : [0, SUBTRACT]
      const size = 2 ** width
      let carry = 0
      for (let bit = 0; bit < BITS; ) {
        const window = (bitsAt(bit) & (size - 1)) + carry
        if ((window & 1) === 0) {
          bit += 1
          continue
        }
        carry = window < size / 2 ? 0 : 1
        const digit = carry === 0 ? window : size - window
        const entry = address + (digit >> 1) * entrySize
        push(bit, entry | kind | (carry === 0 ? plus : minus))
        bit += width
      }
    },
    /** Writes the program, and behind it a word that asks for T; returns its end. */
    write: (words: Int32Array, from: number): number => {
      let at = from / 4
      for (let bit = BITS; bit >= 0; bit--) {
        if (at > from / 4) words[at++] = DOUBLE
        for (let entry = first[bit] ?? -1; entry >= 0; entry = nexts[entry] ?? -1)
          words[at++] = instructions[entry] ?? DOUBLE
      }
      words[at] = 1
      return 4 * at
    },
    size: () => 4 * (count + BITS + 2),
  }
}

/** Sums of multiples of points that are given, and taken, as canonical encodings. */
export type Multiscalar = {
  /** Keeps a table of these very objects, so that they cost less from now on; for a few points that come again and again. */
  readonly prepare: (encodings: readonly Uint8Array[]) => void
  /** Σ scalars[i]·points[i], scalars below the group order; in variable time. */
  readonly combine: (encodings: readonly Uint8Array[], scalars: readonly bigint[]) => Uint8Array
}

export function createMultiscalar(): Multiscalar {
  const ristretto = createRistrettoCode()
  const { code, decode, reserve } = ristretto
  const schedule = createSchedule()
  const known = new WeakMap<Uint8Array, Table>()
  const sum = ristretto.freeFrom
  const point = sum + POINT
  const step = point + POINT
  const statics = step + POINT + PREPARED
  const dynamics = statics + STATIC_POINTS * STATIC_TABLE
  let staticEnd = statics

  const load = (encoding: Uint8Array): void => {
    assert(decode(point, encoding), 'a point decodes')
  }
  const prepare = (encoding: Uint8Array): void => {
    if (known.has(encoding)) return
    assert(staticEnd + STATIC_TABLE <= dynamics, 'there is room for points that come always')
    const count = entries(STATIC_WIDTH)
    const products = dynamics + count * PREPARED
    reserve(products + (count + 4) * ELEMENT)
    load(encoding)
    writeMultiples(ristretto, { point, step, table: dynamics }, count)
    writeAffine(ristretto, { from: dynamics, to: staticEnd, products }, count)
    known.set(encoding, { address: staticEnd, width: STATIC_WIDTH, kind: 0 })
    staticEnd += STATIC_TABLE
  }
  /** A table that lasts until the next sum. */
  const tabulate = (encoding: Uint8Array, scalar: bigint, address: number): Table => {
    const isTiny = scalar < TINY || RISTRETTO_ORDER - scalar < TINY
    const width = isTiny ? TINY_WIDTH : WIDTH
    load(encoding)
    writeMultiples(ristretto, { point, step, table: address }, entries(width))
    return { address, width, kind: IS_PROJECTIVE }
  }

  return {
    prepare: (encodings) => encodings.forEach(prepare),
    combine: (encodings, scalars) => {
      schedule.clear()
      reserve(dynamics + encodings.length * DYNAMIC_TABLE)
      let end = dynamics
      encodings.forEach((encoding, index) => {
        const scalar = scalars[index] ?? 0n
        assert(scalar >= 0n && scalar < RISTRETTO_ORDER, 'a scalar is below the group order')
        if (scalar === 0n) return
        const table = known.get(encoding) ?? tabulate(encoding, scalar, end)
        if (table.address === end) end += DYNAMIC_TABLE
        schedule.add(table, scalar)
      })
      reserve(end + schedule.size())
      const programEnd = schedule.write(ristretto.words(), end)
      ristretto.setIdentity(sum)
      code.run(sum, end, programEnd)
      return ristretto.encode(sum)
    },
  }
}
