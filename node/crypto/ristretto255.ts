// ristretto255 by libsodium in WebAssembly: the same results as the reference group, five to eight times faster.
import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js'
import { sha512 } from '@noble/hashes/sha2.js'
import sodium from 'libsodium-wrappers-sumo'
import { assert } from '../../vm/assert.ts'
import { asciiBytes, equal } from '../../vm/bytes.ts'
import type { Group, Point } from '../../vm/crypto/group.ts'
import { RISTRETTO_ORDER, ristretto255 } from '../../vm/crypto/ristretto255.ts'

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

/** Public data: trivial scalars and the base take short cuts. */
function product(point: Point, scalar: bigint): Point {
  if (scalar === 1n) return point
  if (scalar === RISTRETTO_ORDER - 1n) return negate(point)
  return equal(inner(point), inner(BASE)) ? multiplyBase(scalar) : multiply(point, scalar)
}

function combine(points: readonly Point[], scalars: readonly bigint[]): Point {
  assert(points.length === scalars.length, 'one scalar for each point')
  let sum: Point | undefined
  points.forEach((point, index) => {
    const term = product(point, scalars[index] ?? 0n)
    if (!isIdentity(term)) sum = sum === undefined ? term : add(sum, term)
  })
  return sum ?? IDENTITY
}

function hashToPoint(domain: string, input: Uint8Array): Point {
  const wide = expand_message_xmd(input, asciiBytes(domain), 64, sha512)
  return outer(sodium.crypto_core_ristretto255_from_hash(wide))
}

/** The fast group; resolves once the WebAssembly module is ready. */
export async function createNativeGroup(): Promise<Group<Point>> {
  await sodium.ready
  return {
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
    combine,
    hashToPoint,
    decodeScalar,
    encodeScalar,
    reduceScalar,
  }
}
