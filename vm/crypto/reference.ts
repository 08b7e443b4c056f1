// The reference suite: the cryptography of validation without native code, for browsers and tests.
import { ristretto255_hasher } from '@noble/curves/ed25519.js'
import { assert } from '../assert.ts'
import { createRangeVerifier } from './bulletproof.ts'
import type { Point } from './group.ts'
import { ristretto255 as group } from './ristretto255.ts'
import type { CryptoSuite } from './suite.ts'

function mapToPoint(wide: Uint8Array): Point {
  const point = ristretto255_hasher.deriveToCurve?.(wide)
  const decoded = point && group.decode(point.toBytes())
  assert(decoded !== undefined, 'the map gives points')
  return decoded
}

/** Same verdicts as the native suite, ten to thirty times slower. */
export const referenceSuite: CryptoSuite = {
  group,
  range: createRangeVerifier({ group, mapToPoint }),
}
