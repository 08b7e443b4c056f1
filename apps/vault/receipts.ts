// What a patient's box holds: the amount, and what opens the record's commitment to it.
import { concat, fromHex, toHex, u32 } from '../../vm/bytes.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { hash } from '../../vm/hash.ts'
import type { Digest } from '../../vm/types.ts'

/** Bytes of the seed from which blinding and salt follow: nobody finds it by trying. */
export const SEED_SIZE = 16
/** The box of a record under one key: amount, seed, and the cipher's tag. */
export const SEEDED_BOX_SIZE = 4 + SEED_SIZE + 16
/** The box of a record in shares: amount, Σg, salt, tag. Its blinding follows from keys that no patient has, so it is written out. */
export const PLAIN_BOX_SIZE = 8 + 32 + 16 + 16

const SEEDED_SIZE = SEEDED_BOX_SIZE - 16
const PLAIN_SIZE = PLAIN_BOX_SIZE - 16

export type Seed = { readonly seed: Uint8Array; readonly record: Digest }

function wideOf(label: string, { seed, record }: Seed): Uint8Array {
  const parts = [0, 1].map((half) => hash(label, seed, fromHex(record), u32(half)))
  return concat(...parts)
}

/** r of a record: a hash over its id too, so that trying seeds serves one record at a time. */
export function blindingFrom<P>(group: Group<P>, of: Seed): bigint {
  return group.reduceScalar(wideOf('vault.receipt-r', of))
}

/** The salt of the document's hash, to be shown with the document; it tells neither seed nor amount. */
export function saltFrom(of: Seed): Uint8Array {
  return wideOf('vault.receipt-salt', of).subarray(0, 16)
}

/** What a box tells; whether it is true is another question. */
export type Told = { readonly amount: bigint; readonly blinding: bigint; readonly salt: Uint8Array }

/** Undefined for a message that has neither form. */
export function readTold<P>(
  group: Group<P>,
  message: Uint8Array | undefined,
  record: Digest,
): Told | undefined {
  if (message?.length === SEEDED_SIZE) {
    const of = { seed: message.subarray(4), record }
    const amount = BigInt(toHex(message.subarray(0, 4)))
    return { amount, blinding: blindingFrom(group, of), salt: saltFrom(of) }
  }
  if (message?.length !== PLAIN_SIZE) return undefined
  const blinding = group.decodeScalar(message.subarray(8, 40))
  if (blinding === undefined) return undefined
  return { amount: BigInt(toHex(message.subarray(0, 8))), blinding, salt: message.subarray(40) }
}
