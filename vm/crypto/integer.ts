// Integers and bytes in little-endian order, and modular arithmetic on BigInt (not constant time).

import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { assert } from '../assert.ts'

export function decodeLittleEndian(bytes: Uint8Array): bigint {
  return bytesToNumberLE(bytes)
}

/** Throws if the value does not fit. */
export function encodeLittleEndian(value: bigint, size: number): Uint8Array {
  return numberToBytesLE(value, size)
}

/** The representative in [0, modulus), also for negative values. */
export function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

/** The inverse modulo a prime; public data only. */
export function invert(value: bigint, modulus: bigint): bigint {
  let [r0, r1, t0, t1] = [modulus, modulo(value, modulus), 0n, 1n]
  while (r1 !== 0n) {
    const quotient = r0 / r1
    ;[r0, r1] = [r1, r0 - quotient * r1]
    ;[t0, t1] = [t1, t0 - quotient * t1]
  }
  assert(r0 === 1n, 'only units have an inverse')
  return modulo(t0, modulus)
}
