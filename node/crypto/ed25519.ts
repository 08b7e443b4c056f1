// Ed25519 by libsodium: the same verdicts as vm/sign.ts, some thirty times faster.
import sodium from 'sodium-native'
import { putHex } from '../../vm/bytes.ts'
import { PUBLIC_KEY_SIZE, SIGNATURE_SIZE, useKeyCheck } from '../../vm/sign.ts'
import type { Digest, PublicKey } from '../../vm/types.ts'

/**
 * Where libsodium reads what is checked. Short arrays lie in the engine's own heap and would each be moved out of it first, which
 * costs more than to copy them here.
 */
const key = new Uint8Array(new ArrayBuffer(PUBLIC_KEY_SIZE))
const proof = new Uint8Array(new ArrayBuffer(SIGNATURE_SIZE))
/** As long as nearly every message: they are hashes. */
const hash = new Uint8Array(new ArrayBuffer(32))

/** The one rule of the network. The lengths are checked here: libsodium reads the first 64 bytes and ignores the rest. */
export function verifySignature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== SIGNATURE_SIZE || publicKey.length !== PUBLIC_KEY_SIZE) return false
  key.set(publicKey)
  proof.set(signature)
  if (message.length !== hash.length) return sodium.crypto_sign_verify_detached(proof, message, key)
  hash.set(message)
  return sodium.crypto_sign_verify_detached(proof, hash, key)
}

const HEX_32 = 2 + 2 * 32

/** As `verifySignature`, of a key and a digest as they are kept: no bytes of their own are made for them. */
export function verifyDigest(publicKey: PublicKey, digest: Digest, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_SIZE) return false
  if (publicKey.length !== HEX_32 || digest.length !== HEX_32) return false
  if (!putHex(publicKey, key, 0) || !putHex(digest, hash, 0)) return false
  proof.set(signature)
  return sodium.crypto_sign_verify_detached(proof, hash, key)
}

/** Makes the check of every key that is registered in this thread a native one: a start checks all of the genesis. */
export function installNativeKeyCheck(): void {
  useKeyCheck((publicKey) => sodium.crypto_core_ed25519_is_valid_point(publicKey))
}

/** Signs with one key; deterministic, so the bytes are those of the reference. */
export type Signer = {
  readonly publicKey: Uint8Array
  readonly sign: (message: Uint8Array) => Uint8Array
}

/** A signer for a 32-byte seed. */
export function createSigner(seed: Uint8Array): Signer {
  const publicKey = new Uint8Array(PUBLIC_KEY_SIZE)
  const secretKey = new Uint8Array(64)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
  return {
    publicKey,
    sign: (message) => {
      const signature = new Uint8Array(SIGNATURE_SIZE)
      sodium.crypto_sign_detached(signature, message, secretKey)
      return signature
    },
  }
}
