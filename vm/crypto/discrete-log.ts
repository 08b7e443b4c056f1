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

/** Baby steps of the default table: built in about a third of a second; sums up to 2^32 take a tenth of a second. */
const BABY_STEP_BITS = 16
const CHUNK = 256

/** Four times a point does not depend on which of the four representatives of its ristretto class is at hand. */
function quadruple(point: Inner): { x: bigint; y: bigint } {
  return point.double().double().toAffine()
}

/** y coordinate of i·base -> i; the same for i and −i. Open addressing over the low 32 bits of y. */
function createTable(babies: AffinePoints, bits: number) {
  const mask = 2 ** (bits + 1) - 1
  const prints = new Uint32Array(mask + 1)
  const indices = new Int32Array(mask + 1).fill(-1)
  const printOf = (y: bigint) => Number(BigInt.asUintN(32, y))
  const put = (y: bigint, index: number) => {
    const print = printOf(y)
    let slot = print & mask
    while (indices[slot] !== -1) slot = (slot + 1) & mask
    prints[slot] = print
    indices[slot] = index
  }
  put(1n, 0)
  babies.y.forEach((y, i) => {
    put(y, i + 1)
  })
  return {
    /** All i that y may belong to: nearly always none, or the one. */
    lookUp: (y: bigint): number[] => {
      const print = printOf(y)
      const found: number[] = []
      for (let slot = print & mask; ; slot = (slot + 1) & mask) {
        const index = indices[slot] ?? -1
        if (index === -1) return found
        if (prints[slot] === print) found.push(index)
      }
    },
  }
}

/** Builds the table of 2^bits baby steps of `base`, a ristretto255 encoding that is not the identity. */
export function createDiscreteLog(base: Uint8Array, bits = BABY_STEP_BITS): DiscreteLog {
  const basePoint = Point.fromBytes(base)
  assert(!basePoint.is0(), 'the identity has no logarithms')
  const babyCount = 2 ** bits
  const start = quadruple(basePoint)
  const babies = multiplesOf(start, babyCount)
  const table = createTable(babies, bits)
  const stride = BigInt(2 * babyCount + 1)
  const stridePoint = quadruple(basePoint.multiplyUnsafe(stride))
  let giants: AffinePoints = multiplesOf(stridePoint, CHUNK)

  const isLog = (target: Inner, j: bigint) => {
    const scalar = modulo(j, Point.Fn.ORDER)
    return (scalar === 0n ? Point.ZERO : basePoint.multiplyUnsafe(scalar)).equals(target)
  }
  const confirm = (target: Inner, y: bigint, offset: bigint): bigint | undefined => {
    for (const index of table.lookUp(y)) {
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
      if (from + CHUNK > giants.x.length) giants = multiplesOf(stridePoint, 2 * giants.x.length)
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
