// The reference suite: the cryptography of validation without native code, for browsers and tests.
import { referenceRange } from './bulletproof.ts'
import { ristretto255 } from './ristretto255.ts'
import type { CryptoSuite } from './suite.ts'

/** Same verdicts as the native suite, five to ten times slower. */
export const referenceSuite: CryptoSuite = { group: ristretto255, range: referenceRange }
