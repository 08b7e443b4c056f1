// The unit of every figure here: one libsodium Ed25519 verification on one core, in the same run.
import { randomBytes } from 'node:crypto'
import { createSigner, verifySignature } from '../node/crypto/ed25519.ts'

/** Microseconds of one verification of a 32-byte message. */
export function measureVerification(): number {
  const signer = createSigner(randomBytes(32))
  const pairs = Array.from({ length: 1_000 }, () => {
    const message = new Uint8Array(randomBytes(32))
    return { message, signature: signer.sign(message) }
  })
  const run = (): number => {
    const startMs = performance.now()
    for (const { message, signature } of pairs)
      verifySignature(signer.publicKey, message, signature)
    return ((performance.now() - startMs) * 1_000) / pairs.length
  }
  run()
  return Math.min(...Array.from({ length: 5 }, run))
}
