// Small discrete logarithms in ristretto255: baby-step giant-step on 4·P in affine Edwards form.
import { ristretto255 as noble } from '@noble/curves/ed25519.js'
import { assert } from '../assert.ts'
import { type AffinePoints, multiplesOf, yAround } from './edwards-affine.ts'
import { modulo } from './integer.ts'

const { Point } = noble
type Inner = InstanceType<typeof Point>

export type DiscreteLog = {
  /**
   * The j with target = j·base and |j| at most `bound`; undefined if there is none. The time grows with |j|, so it leaks the size
   * of the result to whoever can measure it: for the party that may know the result.
   */
  readonly find: (target: Uint8Array, bound: bigint) => bigint | undefined
}

/** Baby steps of the default table: built in half a second; a sum of 2^32 then takes a thirtieth of one. */
export const BABY_STEP_BITS = 18
const CHUNK = 256

/** Four times a point does not depend on which of the four representatives of its ristretto class is at hand. */
function quadruple(point: Inner): { x: bigint; y: bigint } {
  return point.double().double().toAffine()
}

/** A table of i·base for i up to 2^bits by the low 32 bits of y, open addressing; plain numbers, so that it can be kept in a file. */
export type BabySteps = {
  readonly bits: number
  readonly prints: Uint32Array
  /** −1 where a slot is free. */
  readonly indices: Int32Array
}

const printOf = (y: bigint) => Number(BigInt.asUintN(32, y))

/** y coordinate of i·base -> i; the same for i and −i. */
function put({ prints, indices }: BabySteps, y: bigint, index: number): void {
  const mask = prints.length - 1
  const print = printOf(y)
  let slot = print & mask
  while (indices[slot] !== -1) slot = (slot + 1) & mask
  prints[slot] = print
  indices[slot] = index
}

/** All i that y may belong to: nearly always none, or the one. */
function lookUp({ prints, indices }: BabySteps, y: bigint): number[] {
  const mask = prints.length - 1
  const print = printOf(y)
  const found: number[] = []
  for (let slot = print & mask; ; slot = (slot + 1) & mask) {
    const index = indices[slot] ?? -1
    if (index === -1) return found
    if (prints[slot] === print) found.push(index)
  }
}

function requireBase(base: Uint8Array): Inner {
  const point = Point.fromBytes(base)
  assert(!point.is0(), 'the identity has no logarithms')
  return point
}

/**
 * The table of `base`, a ristretto255 encoding that is not the identity. Around a few centers, each 2·radius + 1 from the next, sum and
 * difference with the first multiples share their products and only y is computed: half the work of adding one by one.
 */
export function createBabySteps(base: Uint8Array, bits = BABY_STEP_BITS): BabySteps {
  const point = requireBase(base)
  const count = 2 ** bits
  const radius = Math.max(1, Math.min(1_024, count / 4))
  const slots = 2 * count
  const indices = new Int32Array(slots).fill(-1)
  const table = { bits, prints: new Uint32Array(slots), indices }
  const first = multiplesOf(quadruple(point), radius)
  put(table, 1n, 0)
  first.y.forEach((y, i) => {
    put(table, y, i + 1)
  })
  const width = 2 * radius + 1
  const centerCount = Math.ceil((count - radius) / width)
  const centers = multiplesOf(quadruple(point.multiplyUnsafe(BigInt(width))), centerCount)
  for (let at = 0; at < centerCount; at++) {
    const center = { x: centers.x[at] ?? 0n, y: centers.y[at] ?? 1n }
    const middle = width * (at + 1)
    if (middle <= count) put(table, center.y, middle)
    yAround(center, first, { from: 0, to: radius }).forEach((y, i) => {
      const distance = (i >> 1) + 1
      const index = i % 2 === 0 ? middle + distance : middle - distance
      if (index <= count) put(table, y, index)
    })
  }
  return table
}

/** Logarithms to `base` with its table. A table that is none of this base finds too little, never anything wrong. */
export function createDiscreteLog(
  base: Uint8Array,
  table: BabySteps = createBabySteps(base),
): DiscreteLog {
  const basePoint = requireBase(base)
  const babyCount = 2 ** table.bits
  const stride = BigInt(2 * babyCount + 1)
  const stridePoint = quadruple(basePoint.multiplyUnsafe(stride))
  let giants: AffinePoints = multiplesOf(stridePoint, CHUNK)

  const isLog = (target: Inner, j: bigint) => {
    const scalar = modulo(j, Point.Fn.ORDER)
    return (scalar === 0n ? Point.ZERO : basePoint.multiplyUnsafe(scalar)).equals(target)
  }
  const confirm = (target: Inner, y: bigint, offset: bigint): bigint | undefined => {
    for (const index of lookUp(table, y)) {
      for (const j of [offset + BigInt(index), offset - BigInt(index)])
        if (isLog(target, j)) return j
    }
    return undefined
  }

  const search = (target: Inner, bound: bigint): bigint | undefined => {
    const point = quadruple(target)
    const direct = confirm(target, point.y, 0n)
    if (direct !== undefined) return direct
    const last = Number((bound + stride - 1n) / stride)
    for (let from = 0; from < last; from += CHUNK) {
      if (from + CHUNK > giants.x.length)
        giants = multiplesOf(stridePoint, 2 * giants.x.length, giants)
      const ys = yAround(point, giants, { from, to: from + CHUNK })
      for (const [i, y] of ys.entries()) {
        // Even entries are target + k·stride, odd ones target − k·stride, with k = from + i/2 + 1.
        const k = BigInt(from + (i >> 1) + 1)
        const found = confirm(target, y, i % 2 === 0 ? -k * stride : k * stride)
        if (found !== undefined) return found
      }
    }
    return undefined
  }

  return {
    find: (target, bound) => {
      const found = search(Point.fromBytes(target), bound)
      if (found === undefined) return undefined
      return found <= bound && found >= -bound ? found : undefined
    },
  }
}
