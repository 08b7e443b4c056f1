// Shares of a keyset's key as a thief finds them in the homes of helpers, and the key as if so many were enough.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert } from '../../vm/assert.ts'
import { fromHex } from '../../vm/bytes.ts'
import type { Point } from '../../vm/crypto/group.ts'
import { modulo } from '../../vm/crypto/integer.ts'
import { ristretto255 as group } from '../../vm/crypto/ristretto255.ts'
import { lagrangeAtZero } from '../../vm/crypto/shamir.ts'
import type { Ciphertext } from './public-ledger.ts'

export type Share = readonly [index: number, share: bigint]

export function shareIn(home: string, helper: number): Share {
  const path = join(home, 'agents', `helper-${helper}`, 'keys', 'keyset-shares-1.json')
  const { index, shares } = JSON.parse(readFileSync(path, 'utf8'))
  const share = group.decodeScalar(fromHex(shares[0]))
  assert(share !== undefined, 'a share is a scalar')
  return [index, share]
}

export function keyFrom(shares: readonly Share[]): bigint {
  const weights = lagrangeAtZero(
    group,
    shares.map(([index]) => index),
  )
  const sum = shares.reduce((total, [, share], at) => total + share * (weights[at] ?? 0n), 0n)
  return modulo(sum, group.order)
}

/** amount·H, if the key is the right one. */
export function openWith(key: bigint, { R, C }: Ciphertext): Point {
  return group.add(C, group.negate(group.multiply(R, key)))
}
