// What the tables of refusals share: the form of a case, fresh accounts, keys that are not acceptable.
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { accountKeys } from '../../../genesis/member.ts'
import type { JsonValue } from '../../../vm/codec.ts'
import type { World } from '../world.ts'

export type Case = {
  readonly why: string
  readonly code: string
  readonly type: string
  readonly payload: (world: World) => JsonValue
  readonly by: readonly string[]
  readonly before?: (world: World) => void
}

export const fresh = (name: string) => accountKeys(new Uint8Array(32).fill(9), { name, roles: [] })

export const nobody = '0x'.padEnd(66, '0')

/** Admins of three of the four founding organizations. */
export const majority = ['hospital-admin', 'insurer-admin', 'authority-1-admin']

/** y = 1 with x = 0: the neutral element, of small order. */
export const smallOrder = `0x01${'00'.repeat(31)}`

/** p + 1 instead of 1: a second spelling of the neutral element. */
export const notCanonical = `0xee${'ff'.repeat(30)}7f`

const { Point } = ed25519
const torsion = Point.fromHex(ED25519_TORSION_SUBGROUP[1] ?? '')

/** A key with a point of order eight added: canonical and of large order, yet outside the prime-order group. */
export const mixedOrder = `0x${Point.BASE.multiply(5n).add(torsion).toHex()}`
