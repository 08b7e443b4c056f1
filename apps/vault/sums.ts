// Running sums of records inside execution: a few point additions.
import { assert } from '../../vm/assert.ts'
import { toHex } from '../../vm/bytes.ts'
import { executionGroup } from '../../vm/crypto/execution-group.ts'
import type { Point } from '../../vm/crypto/group.ts'
import type { Hex } from '../../vm/types.ts'
import type { Sums } from './values.ts'

const CACHE_MAX = 8_192
/** Decoded points by encoding; saves time only, it is no state. */
const decoded = new Map<Hex, Point>()

/** A point that the ledger holds, so that its proof has shown it to decode. */
function pointOf(bytes: Uint8Array): Point {
  const key = toHex(bytes)
  const known = decoded.get(key)
  if (known !== undefined) return known
  const point = executionGroup().decode(bytes)
  assert(point !== undefined, 'the state holds a point that does not decode')
  return remember(key, point)
}

function remember(key: Hex, point: Point): Point {
  if (decoded.size >= CACHE_MAX) decoded.clear()
  decoded.set(key, point)
  return point
}

function encode(point: Point): Uint8Array {
  const bytes = executionGroup().encode(point)
  remember(toHex(bytes), point)
  return bytes
}

const parts = ['ephemeral', 'ciphertext', 'commitment'] as const

const same = (point: Point) => point

function fold(
  start: Uint8Array,
  terms: readonly Uint8Array[],
  sign: (point: Point) => Point,
): Uint8Array {
  const group = executionGroup()
  return encode(terms.reduce((sum, term) => group.add(sum, sign(pointOf(term))), pointOf(start)))
}

/** start + Σ terms, points that the ledger holds. */
export function addPoints(start: Uint8Array, terms: readonly Uint8Array[]): Uint8Array {
  return fold(start, terms, same)
}

/** start − Σ terms, points that the ledger holds. */
export function subtractPoints(start: Uint8Array, terms: readonly Uint8Array[]): Uint8Array {
  return fold(start, terms, executionGroup().negate)
}

function combine(
  sums: Sums,
  terms: readonly Sums[],
  foldPart: (start: Uint8Array, terms: readonly Uint8Array[]) => Uint8Array,
): Sums {
  const [ephemeral, ciphertext, commitment] = parts.map((part) =>
    foldPart(
      sums[part],
      terms.map((term) => term[part]),
    ),
  )
  assert(ephemeral && ciphertext && commitment, 'three sums')
  return { ephemeral, ciphertext, commitment }
}

export function addSums(sums: Sums, terms: readonly Sums[]): Sums {
  return combine(sums, terms, addPoints)
}

export function subtractSums(sums: Sums, terms: readonly Sums[]): Sums {
  return combine(sums, terms, subtractPoints)
}

/** The encoding of the identity in ristretto255. */
const identity = new Uint8Array(32)

/** The sums of no record. */
export const noSums: Sums = { ephemeral: identity, ciphertext: identity, commitment: identity }

export function isIdentity(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

/** Σ scalars[i]·points[i] of points that the ledger holds. */
export function combinePoints(
  points: readonly Uint8Array[],
  scalars: readonly bigint[],
): Uint8Array {
  const group = executionGroup()
  return group.encode(group.combine(points.map(pointOf), scalars))
}
