// A vote as it was signed, without who carried it or what was attached; and which of several no correct validator signs together.
import { contradict } from '../apps/registry/evidence.ts'
import type { VerifySignature } from '../consensus/certificate.ts'
import { fromHex } from '../vm/bytes.ts'
import type { Infer } from '../vm/codec.ts'
import { array, named, struct } from '../vm/codec-compound.ts'
import { bytes, hex } from '../vm/codec-scalar.ts'
import { VALIDATORS_MAX } from '../vm/limits.ts'
import { SIGNATURE_SIZE } from '../vm/sign.ts'
import type { Digest, PublicKey } from '../vm/types.ts'
import { sameBody, type Vote, voteCodec, voteDigest } from '../vm/vote.ts'

/** Votes of one validator that are kept of one height: views end, so there are few unless it is up to something. */
export const VOTES_OF_ONE_MAX = 16

const signedVote = struct({
  consensusKey: hex<PublicKey>(32),
  vote: voteCodec,
  signature: bytes(SIGNATURE_SIZE),
})
export type SignedVote = Infer<typeof signedVote>

export const keptVotesCodec = named(
  'kept-votes',
  array(signedVote, VALIDATORS_MAX * VOTES_OF_ONE_MAX),
)

export function isSame(left: Vote, right: Vote): boolean {
  return left.kind === right.kind && left.view === right.view && sameBody(left, right)
}

export function isSigned(
  { chainId, verifySignature }: { readonly chainId: Digest; verifySignature: VerifySignature },
  { consensusKey, vote, signature }: SignedVote,
): boolean {
  return verifySignature(fromHex(consensusKey), voteDigest(chainId, vote), signature)
}

export type DoubleVote = { readonly first: SignedVote; readonly second: SignedVote }

/** For each key the first two that contradict each other, of votes whose signatures hold. */
export function findDoubleVotes(votes: readonly SignedVote[]): readonly DoubleVote[] {
  const found = new Map<PublicKey, DoubleVote>()
  const byKey = Map.groupBy(votes, ({ consensusKey }) => consensusKey)
  for (const [consensusKey, own] of byKey) {
    for (const [place, first] of own.entries()) {
      const second = own.slice(place + 1).find(({ vote }) => contradict(first.vote, vote))
      if (second !== undefined && !found.has(consensusKey))
        found.set(consensusKey, { first, second })
    }
  }
  return [...found.values()]
}
