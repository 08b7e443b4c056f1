// The reference suite: every operation that browsers and tests can do without native code.
import { ristretto255 } from './ristretto255.ts'
import type { CryptoSuite } from './suite.ts'

/** Same verdicts as the native suite, slower. */
export const referenceSuite: Pick<CryptoSuite, 'group'> = { group: ristretto255 }
