// Ed25519 by the one rule of the network: libsodium's, written out on @noble's points.
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concat } from './bytes.ts'
import { decodeLittleEndian } from './crypto/integer.ts'

const { Point } = ed25519
const order = Point.Fn.ORDER
type EdwardsPoint = InstanceType<typeof Point>

/** Bytes of a signature, of a public key and of the seed of a secret key. */
export const SIGNATURE_SIZE = 64
export const PUBLIC_KEY_SIZE = 32
export const SEED_SIZE = 32

/** A point in its canonical encoding and of large order; undefined for everything else. */
function decodePoint(bytes: Uint8Array): EdwardsPoint | undefined {
  try {
    const point = Point.fromBytes(bytes, false)
    return point.isSmallOrder() ? undefined : point
  } catch {
    return undefined
  }
}

/**
 * Whether `signature` is valid under the rule of the network: 64 bytes, S below the group order, A and R canonical and not of small
 * order, S·B = R + H(R, A, M)·A without the cofactor. Never throws. Variable time, for public data.
 */
export function verifySignature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== SIGNATURE_SIZE || publicKey.length !== PUBLIC_KEY_SIZE) return false
  const encodedR = signature.subarray(0, 32)
  const s = decodeLittleEndian(signature.subarray(32))
  if (s >= order) return false
  const a = decodePoint(publicKey)
  const r = decodePoint(encodedR)
  if (a === undefined || r === undefined) return false
  const challenge = decodeLittleEndian(sha512(concat(encodedR, publicKey, message))) % order
  const right = r.add(a.multiplyUnsafe(challenge))
  return Point.BASE.multiplyUnsafe(s).equals(right)
}

let isPrimeOrderKey = (publicKey: Uint8Array): boolean =>
  decodePoint(publicKey)?.isTorsionFree() ?? false

/** Replaces the reference check of 32 bytes by a faster one; the roof calls it once, before any key is registered. */
export function useKeyCheck(faster: (publicKey: Uint8Array) => boolean): void {
  isPrimeOrderKey = faster
}

/** Whether a key may be registered: canonical, not of small order, in the prime-order subgroup. */
export function isAcceptableKey(publicKey: Uint8Array): boolean {
  return publicKey.length === PUBLIC_KEY_SIZE && isPrimeOrderKey(publicKey)
}

/** The 64-byte signature of `message` under the 32-byte seed; deterministic (RFC 8032). */
export function sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, seed)
}

export function publicKeyOf(seed: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(seed)
}
