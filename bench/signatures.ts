// The unit of every figure here: one libsodium Ed25519 verification on one core, in the same run.
import { randomBytes } from 'node:crypto'
import { createSigner, verifySignature } from '../node/crypto/ed25519.ts'
import { percentile } from '../node/load/percentiles.ts'

const SIGNATURES = 1_000
/** Half a second of checks: some systems count a thread's time in steps of four milliseconds. */
const REPEATS = 12
const ROUNDS = 5

/** Checks so many signatures of different messages of 32 bytes. */
function createChecks(count: number): () => void {
  const signer = createSigner(randomBytes(32))
  const pairs = Array.from({ length: count }, () => {
    const message = new Uint8Array(randomBytes(32))
    return { message, signature: signer.sign(message) }
  })
  return () => {
    for (const { message, signature } of pairs)
      verifySignature(signer.publicKey, message, signature)
  }
}

/** Microseconds of one verification: CPU time of this thread, so that whoever else runs does not count. */
export function measureVerification(): number {
  const check = createChecks(SIGNATURES)
  const run = (): number => {
    const before = process.threadCpuUsage()
    for (let repeat = 0; repeat < REPEATS; repeat++) check()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / (REPEATS * SIGNATURES)
  }
  check()
  return Math.min(...Array.from({ length: ROUNDS }, run))
}

const SAMPLE_EVERY_MS = 500
const SAMPLE_CHECKS = 16

/**
 * The same while others are at work, now and then: how fast the machine is just then. By the clock, since so short a time of a thread
 * is not counted; the answer is the median, which no interruption moves, or undefined if it was too short for one.
 */
export function watchVerification(): () => number | undefined {
  const check = createChecks(SAMPLE_CHECKS)
  const samples: number[] = []
  const timer = setInterval(() => {
    check()
    const startMs = performance.now()
    check()
    samples.push(((performance.now() - startMs) * 1_000) / SAMPLE_CHECKS)
  }, SAMPLE_EVERY_MS).unref()
  return () => {
    clearInterval(timer)
    return percentile(Float64Array.from(samples).sort(), 0.5) ?? undefined
  }
}
