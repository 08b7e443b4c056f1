// The kinds of key files: what the 32 secret bytes are and which public key belongs to them.
import { ristretto255 } from '@noble/curves/ed25519.js'
import { toHex } from '../../vm/bytes.ts'
import type { PublicKey } from '../../vm/types.ts'
import { createSigner } from '../crypto/ed25519.ts'

/** `account`, `consensus` and `p2p` are Ed25519 seeds, `encryption` is a ristretto255 scalar (little-endian). */
export const keyKinds = ['account', 'consensus', 'p2p', 'encryption'] as const
export type KeyKind = (typeof keyKinds)[number]

const order = ristretto255.Point.Fn.ORDER

function scalarOf(secret: Uint8Array): bigint {
  return secret.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

/** The public key of a secret; undefined if the bytes are no secret of that kind. */
export function derivePublicKey(kind: KeyKind, secret: Uint8Array): PublicKey | undefined {
  if (secret.length !== 32) return undefined
  // Natively, since every process that opens a key would first build the reference's table of multiples.
  if (kind !== 'encryption') return toHex(createSigner(secret).publicKey)
  const scalar = scalarOf(secret)
  if (scalar === 0n || scalar >= order) return undefined
  return toHex(ristretto255.Point.BASE.multiply(scalar).toBytes())
}

/** A secret of the kind from 64 random bytes. */
export function secretFrom(kind: KeyKind, random: Uint8Array): Uint8Array {
  if (kind !== 'encryption') return random.slice(0, 32)
  // 512 bits reduced modulo a 253-bit order leave no measurable bias; zero would need a broken generator.
  let scalar = scalarOf(random) % order
  const secret = new Uint8Array(32)
  for (let index = 0; index < 32; index++) {
    secret[index] = Number(scalar & 0xffn)
    scalar >>= 8n
  }
  return secret
}
