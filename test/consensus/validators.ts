// Validators of conversations: a signature is a hash that only the holder's code is asked to make.
import { hash as nodeHash } from 'node:crypto'
import type { HeightConfig, Member } from '../../consensus/types.ts'
import { concat, equal, fromHex, toHex, u32 } from '../../vm/bytes.ts'
import { digest, hash } from '../../vm/hash.ts'
import type { EngineKind } from '../../vm/quorum.ts'
import type { Digest, Hex, PublicKey } from '../../vm/types.ts'

export const chainId: Digest = digest('sim', u32(1))

export function memberOf(index: number): Member {
  const idOf = (what: number): Hex => toHex(hash('sim', u32(what), u32(index)))
  return { account: idOf(2), publicKey: idOf(3) }
}

/** Stands in for Ed25519, 100 times faster; nobody here forges one. */
export function signAs(publicKey: PublicKey, voteDigest: Uint8Array): Uint8Array {
  return signatureOf(fromHex(publicKey), voteDigest)
}

function signatureOf(publicKey: Uint8Array, voteDigest: Uint8Array): Uint8Array {
  const half = nodeHash('sha256', concat(publicKey, voteDigest), 'buffer')
  return concat(half, half)
}

export function verifySimulated(
  publicKey: Uint8Array,
  voteDigest: Uint8Array,
  signature: Uint8Array,
): boolean {
  return equal(signatureOf(publicKey, voteDigest), signature)
}

const timers = { baseTimeoutMs: 1_000, timeoutStepMs: 500, timeoutCapMs: 10_000 }

type Place = {
  readonly n: number
  readonly engine: EngineKind
  readonly height: number
  readonly self: number | null
}

/** The height of a chain of n validators whose view 0 rotates over all. */
export function configOf({ n, engine, height, self }: Place): HeightConfig {
  return {
    chainId,
    engine,
    height,
    validators: Array.from({ length: n }, (_, index) => memberOf(index)),
    firstPrimary: height % n,
    timers,
    self,
  }
}
