// The signature port of a simulation: a keyed hash that only holders of a key are given the means to make, or the real one.
import { hash as nodeHash } from 'node:crypto'
import type { VerifySignature } from '../../consensus/certificate.ts'
import type { KeyPair } from '../../genesis/member.ts'
import { createSigner, verifySignature } from '../../node/crypto/ed25519.ts'
import { concat, equal, fromHex } from '../../vm/bytes.ts'

export type SignDigest = (digest: Uint8Array) => Uint8Array

export type Signatures = {
  readonly signerOf: (key: KeyPair) => SignDigest
  readonly verify: VerifySignature
}

/** Known to this file alone: an actor of the simulation is handed signers for its own keys and nothing else. */
const secret = nodeHash('sha256', 'what no simulated adversary knows', 'buffer')

function keyedHash(publicKey: Uint8Array, digest: Uint8Array): Uint8Array {
  const half = nodeHash('sha256', concat(secret, publicKey, digest), 'buffer')
  const signature = new Uint8Array(64)
  signature.set(half)
  signature.set(half, 32)
  return signature
}

/** Some 40 times faster than Ed25519. */
export const standIn: Signatures = {
  signerOf: ({ publicKey }) => {
    const key = fromHex(publicKey)
    return (digest) => keyedHash(key, digest)
  },
  verify: (publicKey, digest, signature) =>
    signature.length === 64 && equal(keyedHash(publicKey, digest), signature),
}

export const real: Signatures = {
  signerOf: ({ seed }) => createSigner(fromHex(seed)).sign,
  verify: verifySignature,
}
