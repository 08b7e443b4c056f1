// ristretto255 on @noble: the reference implementation of the group port; it runs in browsers.
import { mulAddUnsafe, pippenger } from '@noble/curves/abstract/curve.js'
import { ristretto255 as noble, ristretto255_hasher } from '@noble/curves/ed25519.js'
import { assert } from '../assert.ts'
import { asciiBytes } from '../bytes.ts'
import type { Group, Point } from './group.ts'
import { decodeLittleEndian, encodeLittleEndian } from './integer.ts'

const { Point: NoblePoint } = noble
type Inner = InstanceType<typeof NoblePoint>

/** The prime order of ristretto255. */
export const RISTRETTO_ORDER = NoblePoint.Fn.ORDER
/** From this many terms on, buckets are faster than one doubling chain with a table per point. */
const BUCKETS_FROM = 200

const inner = (point: Point): Inner => point as unknown as Inner
const outer = (point: Inner): Point => point as unknown as Point

function requireScalar(scalar: bigint): void {
  assert(scalar >= 0n && scalar < RISTRETTO_ORDER, 'a scalar is below the group order')
}

function decode(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 32) return undefined
  try {
    return outer(NoblePoint.fromBytes(bytes))
  } catch {
    return undefined
  }
}

function multiply(point: Inner, scalar: bigint): Point {
  requireScalar(scalar)
  // @noble refuses both as operands of its constant-time multiplication; neither is a secret worth hiding.
  if (scalar === 0n || point.is0()) return outer(NoblePoint.ZERO)
  return outer(point.multiply(scalar))
}

function combine(points: readonly Point[], scalars: readonly bigint[]): Point {
  assert(points.length === scalars.length, 'one scalar for each point')
  const usedPoints: Inner[] = []
  const usedScalars: bigint[] = []
  points.forEach((point, index) => {
    const scalar = scalars[index] ?? 0n
    requireScalar(scalar)
    if (scalar === 0n || inner(point).is0()) return
    usedPoints.push(inner(point))
    usedScalars.push(scalar)
  })
  if (usedPoints.length === 0) return outer(NoblePoint.ZERO)
  const sum = usedPoints.length < BUCKETS_FROM ? mulAddUnsafe : pippenger
  return outer(sum(NoblePoint, usedPoints, usedScalars))
}

/** The reference group. Assumption of everything built on it: DDH in ristretto255 is hard. */
export const ristretto255: Group<Point> = {
  name: 'ristretto255',
  order: RISTRETTO_ORDER,
  pointSize: 32,
  scalarSize: 32,
  base: outer(NoblePoint.BASE),
  identity: outer(NoblePoint.ZERO),
  decode,
  encode: (point) => inner(point).toBytes(),
  equal: (left, right) => inner(left).equals(inner(right)),
  isIdentity: (point) => inner(point).is0(),
  add: (left, right) => outer(inner(left).add(inner(right))),
  negate: (point) => outer(inner(point).negate()),
  multiply: (point, scalar) => multiply(inner(point), scalar),
  multiplyBase: (scalar) => multiply(NoblePoint.BASE, scalar),
  combine,
  hashToPoint: (domain, input) =>
    outer(ristretto255_hasher.hashToCurve(input, { DST: asciiBytes(domain) })),
  decodeScalar: (bytes) => {
    if (bytes.length !== 32) return undefined
    const scalar = decodeLittleEndian(bytes)
    return scalar < RISTRETTO_ORDER ? scalar : undefined
  },
  encodeScalar: (scalar) => {
    requireScalar(scalar)
    return encodeLittleEndian(scalar, 32)
  },
  reduceScalar: (wide) => {
    assert(wide.length >= 48, 'a uniform scalar needs at least 48 bytes')
    return decodeLittleEndian(wide) % RISTRETTO_ORDER
  },
}
