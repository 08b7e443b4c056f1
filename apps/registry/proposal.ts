// A proposed change of the validators, the votes of admins for it, and when they are enough.
import type { Refusal } from '../../vm/app.ts'
import { fromHex } from '../../vm/bytes.ts'
import { type Codec, encode, type Infer } from '../../vm/codec.ts'
import { array, named, struct } from '../../vm/codec-compound.ts'
import { bytes, hex, uint } from '../../vm/codec-scalar.ts'
import { hash } from '../../vm/hash.ts'
import { VALIDATORS_MAX } from '../../vm/limits.ts'
import { type EngineKind, quorum } from '../../vm/quorum.ts'
import { SIGNATURE_SIZE, verifySignature } from '../../vm/sign.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId, Digest, OrganizationId, PublicKey, TimeMs } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import { refuse } from './codes.ts'
import { activeKey } from './keys.ts'
import { organizationBehind } from './rights.ts'
import { getAccount } from './state.ts'
import { validatorChangeCodec } from './validator-change.ts'

/** Thirty days: a file that goes round by e-mail must come back, a forgotten one must not lie in wait for ever. */
export const VOTE_WINDOW_MAX_MS = 30 * 24 * 3_600_000

export const proposalCodec = named(
  'validator-proposal',
  struct({
    change: validatorChangeCodec,
    /** The block times between which the votes count, both included. */
    fromMs: uint(),
    untilMs: uint(),
  }),
)
export type Proposal = Infer<typeof proposalCodec>

export const proposalVoteCodec = named(
  'validator-proposal-vote',
  struct({
    /** An admin of an organization with a seat. */
    account: hex<AccountId>(32),
    publicKey: hex<PublicKey>(32),
    signature: bytes(SIGNATURE_SIZE),
  }),
)
export type ProposalVote = Infer<typeof proposalVoteCodec>

/** One per organization is enough, and there are at most as many as seats. */
export const votesCodec = array(proposalVoteCodec, VALIDATORS_MAX, 1)

const signed: Codec<{ readonly chainId: Digest; readonly proposal: Proposal }> = named(
  'signed-proposal',
  struct({ chainId: hex<Digest>(32), proposal: proposalCodec }),
)

/** The 32 bytes that an admin signs: this change, on this chain, in this window, and nothing else. */
export function proposalHash(chainId: Digest, proposal: Proposal): Uint8Array {
  return hash('validator-proposal', encode(signed, { chainId, proposal }))
}

/** Pure, and the heavy part: all signatures must be right. */
export function areVotesSigned(
  chainId: Digest,
  proposal: Proposal,
  votes: readonly ProposalVote[],
): boolean {
  const message = proposalHash(chainId, proposal)
  return votes.every(({ publicKey, signature }) =>
    verifySignature(fromHex(publicKey), message, signature),
  )
}

/** The organizations that have a vote: those with a seat, each one, however many seats it has. */
export function votersOf(set: readonly Validator[]): readonly OrganizationId[] {
  return [...new Set(set.map(({ organization }) => organization))]
}

export function votesNeeded(set: readonly Validator[], engine: EngineKind): number {
  return quorum(votersOf(set).length, engine)
}

/** The organization for which the vote counts: its admin, active, with an active key. */
export function voterOf(
  state: Reader,
  { account, publicKey }: Pick<ProposalVote, 'account' | 'publicKey'>,
  timeMs: TimeMs,
): OrganizationId | undefined {
  const keys = getAccount(state, account)?.keys ?? []
  if (activeKey(keys, publicKey, timeMs) === undefined) return undefined
  return organizationBehind(state, account, ['admin'])?.id
}

/**
 * A suspended organization counts among those with a vote although it cannot cast one: else a majority of founders could
 * make itself a quorum of validators by suspending the others.
 */
export function checkProposalVotes(
  state: Reader,
  votes: readonly ProposalVote[],
  at: {
    readonly set: readonly Validator[]
    readonly engine: EngineKind
    readonly timeMs: TimeMs
  },
): Refusal | undefined {
  const cast = new Set(votes.map((vote) => voterOf(state, vote, at.timeMs)))
  const counted = votersOf(at.set).filter((organization) => cast.has(organization)).length
  return counted < votesNeeded(at.set, at.engine) ? refuse('QUORUM_MISSING') : undefined
}

export function checkWindow({ fromMs, untilMs }: Proposal, timeMs: TimeMs): Refusal | undefined {
  if (untilMs < fromMs || untilMs - fromMs > VOTE_WINDOW_MAX_MS) return refuse('WINDOW_LENGTH')
  return fromMs <= timeMs && timeMs <= untilMs ? undefined : refuse('WINDOW_CLOSED')
}
