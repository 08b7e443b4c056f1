// ristretto255 by libsodium in WebAssembly, sums of public data by code of our own: the same results as the reference group, faster.
import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js'
import { sha512 } from '@noble/hashes/sha2.js'
import sodium from 'libsodium-wrappers-sumo'
import { assert } from '../../vm/assert.ts'
import { asciiBytes, equal } from '../../vm/bytes.ts'
import { basesOf } from '../../vm/crypto/bases.ts'
import type { Group, Point } from '../../vm/crypto/group.ts'
import { RISTRETTO_ORDER, ristretto255 } from '../../vm/crypto/ristretto255.ts'
import { createMultiscalar } from './multiscalar.ts'

/** A point is its canonical encoding. */
const inner = (point: Point): Uint8Array => point as unknown as Uint8Array
const outer = (bytes: Uint8Array): Point => bytes as unknown as Point

const IDENTITY = outer(new Uint8Array(32))
const { encodeScalar, decodeScalar, reduceScalar } = ristretto255
const BASE = outer(ristretto255.encode(ristretto255.base))

function isIdentity(point: Point): boolean {
  return inner(point).every((byte) => byte === 0)
}

function decode(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 32 || !sodium.crypto_core_ristretto255_is_valid_point(bytes))
    return undefined
  return outer(bytes.slice())
}

function add(left: Point, right: Point): Point {
  return outer(sodium.crypto_core_ristretto255_add(inner(left), inner(right)))
}

function negate(point: Point): Point {
  return outer(sodium.crypto_core_ristretto255_sub(inner(IDENTITY), inner(point)))
}

// libsodium throws where a product is the identity, which in a group of prime order needs a zero or the identity as operand.
function multiply(point: Point, scalar: bigint): Point {
  const bytes = encodeScalar(scalar)
  if (scalar === 0n || isIdentity(point)) return IDENTITY
  return outer(sodium.crypto_scalarmult_ristretto255(bytes, inner(point)))
}

function multiplyBase(scalar: bigint): Point {
  const bytes = encodeScalar(scalar)
  return scalar === 0n ? IDENTITY : outer(sodium.crypto_scalarmult_ristretto255_base(bytes))
}

function hashToPoint(domain: string, input: Uint8Array): Point {
  const wide = expand_message_xmd(input, asciiBytes(domain), 64, sha512)
  return mapToPoint(wide)
}

/** The map of RFC 9496 from 64 uniform bytes. */
export function mapToPoint(wide: Uint8Array): Point {
  return outer(sodium.crypto_core_ristretto255_from_hash(wide))
}

/** The group, and what makes sums with these very points cheaper from now on: for bases that come again and again. */
export type NativeGroup = Group<Point> & { readonly prepare: (points: readonly Point[]) => void }

/** The fast group; resolves once the WebAssembly module is ready. */
export async function createNativeGroup(): Promise<NativeGroup> {
  await sodium.ready
  const sums = createMultiscalar()
  const prepare = (points: readonly Point[]) => sums.prepare(points.map(inner))
  const group: NativeGroup = {
    name: ristretto255.name,
    order: RISTRETTO_ORDER,
    pointSize: 32,
    scalarSize: 32,
    base: BASE,
    identity: IDENTITY,
    decode,
    encode: (point) => inner(point).slice(),
    equal: (left, right) => equal(inner(left), inner(right)),
    isIdentity,
    add,
    negate,
    multiply,
    multiplyBase,
    combine: (points, scalars) => {
      assert(points.length === scalars.length, 'one scalar for each point')
      return outer(sums.combine(points.map(inner), scalars))
    },
    hashToPoint,
    decodeScalar,
    encodeScalar,
    reduceScalar,
    prepare,
  }
  const { H, G2 } = basesOf(group)
  prepare([BASE, H, G2])
  return group
}
