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

/** The inverses of all values modulo a prime, for the price of one; public data only (Montgomery's trick). */
export function invertAll(values: readonly bigint[], modulus: bigint): readonly bigint[] {
  const products: bigint[] = []
  let product = 1n
  for (const value of values) {
    products.push(product)
    product = modulo(product * value, modulus)
  }
  let inverse = invert(product, modulus)
  return values
    .map((_, index) => values.length - 1 - index)
    .map((index) => {
      const own = modulo(inverse * (products[index] ?? 1n), modulus)
      inverse = modulo(inverse * (values[index] ?? 1n), modulus)
      return own
    })
    .toReversed()
}
