// The unit of every figure here: one libsodium Ed25519 verification on one core, in the same run.
import { randomBytes } from 'node:crypto'
import { createSigner, verifySignature } from '../node/crypto/ed25519.ts'

const SIGNATURES = 1_000
const ROUNDS = 7

/** Microseconds of one verification of a 32-byte message: CPU time of this thread, so that whoever else runs does not count. */
export function measureVerification(): number {
  const signer = createSigner(randomBytes(32))
  const pairs = Array.from({ length: SIGNATURES }, () => {
    const message = new Uint8Array(randomBytes(32))
    return { message, signature: signer.sign(message) }
  })
  const run = (): number => {
    const before = process.threadCpuUsage()
    for (const { message, signature } of pairs)
      verifySignature(signer.publicKey, message, signature)
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / SIGNATURES
  }
  run()
  return Math.min(...Array.from({ length: ROUNDS }, run))
}
