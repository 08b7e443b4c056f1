// What a committee's key is by the ledger, and by the shares of some of its members.
import { toHex } from '../../../vm/bytes.ts'
import { lagrangeAtZero } from '../../../vm/crypto/shamir.ts'
import { suite } from '../vault/world.ts'
import type { Standing } from './cast.ts'

const { group } = suite

/** The public key for each purpose, and the same from the shares of `indices`. */
export function keysOf(made: Standing): readonly string[] {
  return (
    made.committee?.keys.map(({ commitments }) => toHex(commitments[0] ?? new Uint8Array())) ?? []
  )
}

export function keysFrom(made: Standing, indices: readonly number[]): readonly string[] {
  const lambdas = lagrangeAtZero(group, indices)
  return made.purposes.map((_, purpose) => {
    const points = indices.map((index) => {
      const share = made.shares.get(index)?.[purpose] ?? '0x'
      const scalar = group.decodeScalar(Buffer.from(share.slice(2), 'hex')) ?? 0n
      return group.multiplyBase(scalar)
    })
    return toHex(group.encode(group.combine(points, lambdas)))
  })
}
