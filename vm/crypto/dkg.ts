// Joint Feldman key generation and resharing: how a share is judged, what dealings add up to.
import { assert } from '../assert.ts'
import { concat } from '../bytes.ts'
import { type BoxPlace, openBoxWith } from './box.ts'
import type { Group } from './group.ts'
import { modulo } from './integer.ts'
import { lagrangeAtZero, shareKeyOf } from './shamir.ts'

/** The message of one box: a share of each polynomial of the dealing, in order. */
export function encodeShares<P>(group: Group<P>, shares: readonly bigint[]): Uint8Array {
  return concat(...shares.map(group.encodeScalar))
}

function decodeShares<P>(group: Group<P>, message: Uint8Array): readonly bigint[] | undefined {
  const shares: bigint[] = []
  for (let at = 0; at < message.length; at += group.scalarSize) {
    const share = group.decodeScalar(message.subarray(at, at + group.scalarSize))
    if (share === undefined) return undefined
    shares.push(share)
  }
  return shares
}

/** One box of a dealing with what it must hold: the shares of `index` under each vector of commitments. */
export type SharesPlace<P> = BoxPlace<P> & {
  readonly index: number
  readonly polynomials: readonly (readonly P[])[]
}

/**
 * The shares of a box whose shared point is known; undefined if it is garbage or holds anything but the shares that the commitments
 * promise. The recipient asks this of its own box, validators of one that was opened to everybody: they always agree.
 */
export function openShares<P>(
  group: Group<P>,
  place: SharesPlace<P>,
  given: { readonly shared: P; readonly box: Uint8Array },
): readonly bigint[] | undefined {
  const { index, polynomials } = place
  const message = openBoxWith(group, place, given)
  const shares = message === undefined ? undefined : decodeShares(group, message)
  if (shares?.length !== polynomials.length) return undefined
  const fits = shares.every((share, i) =>
    group.equal(group.multiplyBase(share), shareKeyOf(group, polynomials[i] ?? [], index)),
  )
  return fits ? shares : undefined
}

/** How dealings become one: those of a new key are added, those of its resharing are interpolated at zero. */
export type Joining = 'sum' | 'interpolate'

/** The weight of each dealer's contribution; `dealers` are distinct indices from 1. */
export function joinWeights<P>(
  group: Group<P>,
  joining: Joining,
  dealers: readonly number[],
): readonly bigint[] {
  return joining === 'sum' ? dealers.map(() => 1n) : lagrangeAtZero(group, dealers)
}

/**
 * Commitments to the joint polynomial. In a resharing each dealer's constant term is its old share, so the first is the old key again.
 * Whoever commits last chooses the sum within what it can prove: a sum can be biased, not known, as long as one dealer is honest.
 */
export function joinCommitments<P>(
  group: Group<P>,
  weights: readonly bigint[],
  dealings: readonly (readonly P[])[],
): readonly P[] {
  assert(weights.length === dealings.length, 'one weight for each dealing')
  const size = dealings[0]?.length ?? 0
  assert(
    dealings.every(({ length }) => length === size),
    'polynomials of one degree',
  )
  return Array.from({ length: size }, (_, power) =>
    group.combine(
      dealings.map((commitments) => commitments[power] ?? group.identity),
      weights,
    ),
  )
}

/** A member's share of the joint polynomial from its shares of the dealings; t − 1 of them tell nothing about the key. */
export function joinShares<P>(
  group: Group<P>,
  weights: readonly bigint[],
  shares: readonly bigint[],
): bigint {
  assert(weights.length === shares.length, 'one weight for each share')
  return shares.reduce((sum, share, i) => modulo(sum + share * (weights[i] ?? 0n), group.order), 0n)
}
