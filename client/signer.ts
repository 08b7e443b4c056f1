// Who signs: a key in memory, or anything that can sign 32 bytes.
import { ed25519 } from '@noble/curves/ed25519.js'
import { toHex } from '../vm/bytes.ts'
import type { AccountId, PublicKey } from '../vm/types.ts'

export type TransactionSigner = {
  readonly account: AccountId
  readonly publicKey: PublicKey
  /** Signs the 32 bytes of a transaction id. */
  readonly sign: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>
}

/** The Ed25519 public key of a 32-byte seed. */
export function publicKeyOf(seed: Uint8Array): PublicKey {
  return toHex(ed25519.getPublicKey(seed))
}

/** A signer whose seed is held in the memory of this program. */
export function createSeedSigner(key: {
  readonly account: AccountId
  readonly seed: Uint8Array
}): TransactionSigner {
  return {
    account: key.account,
    publicKey: publicKeyOf(key.seed),
    sign: (bytes) => ed25519.sign(bytes, key.seed),
  }
}
