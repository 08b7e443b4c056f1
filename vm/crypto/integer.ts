// Integers and bytes in little-endian order, and modular arithmetic on BigInt (not constant time).
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'

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
