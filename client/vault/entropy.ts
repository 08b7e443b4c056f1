// Secrets from fresh entropy: one argument of 32 random bytes makes all that a payload needs, each under its own label.
import { assert } from '../../vm/assert.ts'
import { asciiBytes, concat, fromHex, toHex } from '../../vm/bytes.ts'
import { serializeString } from '../../vm/crypto/fiat-shamir.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { hash } from '../../vm/hash.ts'
import type { Hex } from '../../vm/types.ts'

/** At least 32 bytes from the system's random source, used for one payload. */
export type Entropy = Uint8Array

/** A scalar as it is kept in files: 32 bytes in the group's order. */
export type SecretScalar = Hex

/** 32 secret bytes that depend on all parts. */
export function deriveBytes(entropy: Entropy, label: string, ...parts: Uint8Array[]): Uint8Array {
  assert(entropy.length >= 32, 'secrets need 32 random bytes')
  const joined = concat(...[asciiBytes(label), entropy, ...parts].map(serializeString))
  return hash('vault-secret', joined)
}

/** A secret scalar that depends on all parts. */
export function deriveScalar<P>(
  group: Group<P>,
  entropy: Entropy,
  place: { readonly label: string; readonly parts?: readonly Uint8Array[] },
): bigint {
  const { label, parts = [] } = place
  const low = deriveBytes(entropy, label, ...parts, new Uint8Array([0]))
  const high = deriveBytes(entropy, label, ...parts, new Uint8Array([1]))
  return group.reduceScalar(concat(low, high))
}

export function encodeSecret<P>(group: Group<P>, scalar: bigint): SecretScalar {
  return toHex(group.encodeScalar(scalar))
}

/** Throws for what is no scalar: a damaged file, not an attack. */
export function decodeSecret<P>(group: Group<P>, secret: SecretScalar): bigint {
  const scalar = group.decodeScalar(fromHex(secret))
  assert(scalar !== undefined && scalar !== 0n, 'not a secret scalar of this group')
  return scalar
}

/** A key pair: a patient's tag, a server's box key, an insurer's answer key. */
export type KeyPair = { readonly secret: SecretScalar; readonly publicKey: Hex }

export function createKeyPair<P>(group: Group<P>, entropy: Entropy, label: string): KeyPair {
  const secret = deriveScalar(group, entropy, { label })
  return {
    secret: encodeSecret(group, secret),
    publicKey: toHex(group.encode(group.multiplyBase(secret))),
  }
}

/** A patient's pseudonym and the key behind it. */
export function createTag<P>(group: Group<P>, entropy: Entropy): KeyPair {
  return createKeyPair(group, entropy, 'tag')
}
