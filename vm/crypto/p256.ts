// P-256 as a group: it exists to run the official vectors of the proof engine and nothing else.
import { mulAddUnsafe } from '@noble/curves/abstract/curve.js'
import { p256 as noble } from '@noble/curves/nist.js'
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js'
import { assert } from '../assert.ts'
import type { Group } from './group.ts'
import { decodeLittleEndian } from './integer.ts'

const { Point } = noble
type P256Point = InstanceType<typeof Point>
const order = Point.Fn.ORDER

function multiply(point: P256Point, scalar: bigint): P256Point {
  assert(scalar >= 0n && scalar < order, 'a scalar is below the group order')
  return scalar === 0n || point.is0() ? Point.ZERO : point.multiply(scalar)
}

/** SEC1 has no encoding of fixed length for the identity: it is refused when decoded, and encoding it is a bug. */
export const p256: Group<P256Point> = {
  name: 'P-256',
  order,
  pointSize: 33,
  scalarSize: 32,
  base: Point.BASE,
  identity: Point.ZERO,
  decode: (bytes) => {
    if (bytes.length !== 33) return undefined
    try {
      return Point.fromBytes(bytes)
    } catch {
      return undefined
    }
  },
  encode: (point) => {
    assert(!point.is0(), 'the identity of P-256 has no encoding')
    return point.toBytes(true)
  },
  equal: (left, right) => left.equals(right),
  isIdentity: (point) => point.is0(),
  add: (left, right) => left.add(right),
  negate: (point) => point.negate(),
  multiply,
  multiplyBase: (scalar) => multiply(Point.BASE, scalar),
  combine: (points, scalars) => {
    assert(points.length === scalars.length, 'one scalar for each point')
    const used = points
      .map((point, index) => ({ point, scalar: scalars[index] ?? 0n }))
      .filter(({ point, scalar }) => scalar !== 0n && !point.is0())
    if (used.length === 0) return Point.ZERO
    return mulAddUnsafe(
      Point,
      used.map(({ point }) => point),
      used.map(({ scalar }) => scalar),
    )
  },
  hashToPoint: () => assert(false, 'the vectors need no hash to P-256') as never,
  decodeScalar: (bytes) => {
    if (bytes.length !== 32) return undefined
    const scalar = bytesToNumberBE(bytes)
    return scalar < order ? scalar : undefined
  },
  encodeScalar: (scalar) => {
    assert(scalar >= 0n && scalar < order, 'a scalar is below the group order')
    return numberToBytesBE(scalar, 32)
  },
  reduceScalar: (wide) => decodeLittleEndian(wide) % order,
}
