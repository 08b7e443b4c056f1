// Prepared and commit certificates: a quorum of signatures under one vote, and their verification anywhere.
import { assert } from '../vm/assert.ts'
import { fromHex } from '../vm/bytes.ts'
import { type Codec, decode, encode } from '../vm/codec.ts'
import { array, named, struct } from '../vm/codec-compound.ts'
import { bytes, hex, uint } from '../vm/codec-scalar.ts'
import { VALIDATORS_MAX } from '../vm/limits.ts'
import { type EngineKind, quorum } from '../vm/quorum.ts'
import type { Digest, Height, PublicKey, ReplicaIndex, View } from '../vm/types.ts'
import { type Vote, voteDigest } from '../vm/vote.ts'
import { decidingVote, proofSize } from './phases.ts'

/** Signatures by distinct validators under the same (kind, height, view, block id). */
type Certificate = {
  readonly height: Height
  readonly view: View
  readonly blockId: Digest
  /** One bit for each validator of the set, the lowest bit of the first byte being validator 0. */
  readonly signers: Uint8Array
  /** In the order of the set bits. */
  readonly signatures: readonly Uint8Array[]
}

/**
 * What a view-change reports: PBFT, q prepares, which prove that no other block can have been committed in this view; PoA, the
 * one seal of the authority that reports it.
 */
export type PreparedCertificate = Certificate & { readonly flavor?: 'prepared' }

/** Proves that the block is decided, by a quorum of commits or of seals; stored with it. */
export type CommitCertificate = Certificate & { readonly flavor?: 'commit' }

/** The port for the network's one Ed25519 rule, lengths included: vm/sign.ts or a faster one of equal verdicts. */
export type VerifySignature = (
  publicKey: Uint8Array,
  digest: Uint8Array,
  signature: Uint8Array,
) => boolean

/** The validators whose signatures count, in their order, and the engine that says how many must. */
export type CertifyingSet = {
  readonly chainId: Digest
  readonly engine: EngineKind
  readonly validators: readonly { readonly publicKey: PublicKey }[]
}

const certificate = struct({
  height: uint(),
  view: uint(),
  blockId: hex<Digest>(32),
  signers: bytes(1, Math.ceil(VALIDATORS_MAX / 8)),
  signatures: array(bytes(64), VALIDATORS_MAX, 1),
})

export const preparedCertificateCodec: Codec<PreparedCertificate> = named(
  'prepared-certificate',
  certificate,
)
export const commitCertificateCodec: Codec<CommitCertificate> = named(
  'commit-certificate',
  certificate,
)

export function encodeCommitCertificate(value: CommitCertificate): Uint8Array {
  return encode(commitCertificateCodec, value)
}

/** Throws CodecError. */
export function decodeCommitCertificate(encoded: Uint8Array): CommitCertificate {
  return decode(commitCertificateCodec, encoded)
}

/** The validators whose bits are set; undefined if the bitmap does not fit a set of n. */
export function signersOf(
  value: Pick<Certificate, 'signers'>,
  n: number,
): readonly ReplicaIndex[] | undefined {
  if (value.signers.length !== Math.ceil(n / 8)) return undefined
  const indices: ReplicaIndex[] = []
  for (let bit = 0; bit < value.signers.length * 8; bit++) {
    const byte = value.signers[bit >> 3] ?? 0
    if (((byte >> (bit & 7)) & 1) === 0) continue
    if (bit >= n) return undefined
    indices.push(bit)
  }
  return indices
}

type Signed = { readonly signer: ReplicaIndex; readonly signature: Uint8Array }
type Certified = { readonly height: Height; readonly view: View; readonly blockId: Digest }

/** Of all `votes`, which must be votes of distinct validators of a set of n for one block in one view. */
export function formCertificate(votes: readonly (Certified & Signed)[], n: number): Certificate {
  const chosen = votes.toSorted((left, right) => left.signer - right.signer)
  const [first] = chosen
  assert(first !== undefined, 'a certificate needs a vote')
  const signers = new Uint8Array(Math.ceil(n / 8))
  for (const vote of chosen) {
    assert(vote.blockId === first.blockId && vote.view === first.view, 'votes for one block')
    const byte = vote.signer >> 3
    signers[byte] = (signers[byte] ?? 0) | (1 << (vote.signer & 7))
  }
  return {
    height: first.height,
    view: first.view,
    blockId: first.blockId,
    signers,
    signatures: chosen.map((vote) => vote.signature),
  }
}

export type CertificateFault = 'WRONG_BLOCK' | 'BAD_SIGNERS' | 'NO_QUORUM' | 'BAD_SIGNATURE'

type Check<Kind extends Vote['kind']> = {
  readonly kind: Kind
  readonly set: CertifyingSet
  readonly value: Certificate
  /** What the certificate must be about. */
  readonly about: { readonly height: Height; readonly blockId: Digest }
  /** So many signatures at least. */
  readonly size: number
  readonly verifySignature: VerifySignature
}

/** All attached signatures are checked, not only a quorum of them. */
function checkCertificate(check: Check<'prepare' | 'commit'>): CertificateFault | undefined {
  const { kind, set, value, about } = check
  const { height, view, blockId } = value
  const n = set.validators.length
  if (height !== about.height || blockId !== about.blockId) return 'WRONG_BLOCK'
  const signers = signersOf(value, n)
  if (signers === undefined || signers.length !== value.signatures.length) return 'BAD_SIGNERS'
  if (signers.length < check.size) return 'NO_QUORUM'
  const digest = voteDigest(set.chainId, { kind, height, view, blockId })
  for (const [place, signer] of signers.entries()) {
    const key = set.validators[signer]?.publicKey
    const signature = value.signatures[place]
    if (key === undefined || signature === undefined) return 'BAD_SIGNERS'
    if (!check.verifySignature(fromHex(key), digest, signature)) return 'BAD_SIGNATURE'
  }
  return undefined
}

type Asked<Kind extends Vote['kind']> = Omit<Check<Kind>, 'kind' | 'size'>

/** Undefined if a quorum of `set` decided on the block `about`, which the caller derived from the header itself. */
export function verifyCommitCertificate(
  check: Asked<'prepare' | 'commit'>,
): CertificateFault | undefined {
  const { engine, validators } = check.set
  const size = quorum(validators.length, engine)
  return checkCertificate({ ...check, kind: decidingVote[engine], size })
}

/** Undefined if the block `about` may be reported as prepared in the certificate's view. */
export function verifyPreparedCertificate(check: Asked<'prepare'>): CertificateFault | undefined {
  const { engine, validators } = check.set
  const size = proofSize(engine, quorum(validators.length, engine))
  return checkCertificate({ ...check, kind: 'prepare', size })
}
