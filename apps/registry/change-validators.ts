// registry.change-validators: one change of the validator set, with the votes of a quorum of the organizations in it.
import { accept, defineTx, type Refusal } from '../../vm/app.ts'
import { assert, assertNever } from '../../vm/assert.ts'
import { toHex } from '../../vm/bytes.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { Digest, PublicKey, TimeMs } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import { refuse } from './codes.ts'
import {
  areVotesSigned,
  checkProposalVotes,
  checkWindow,
  proposalCodec,
  proposalHash,
  votesCodec,
} from './proposal.ts'
import { checkNextSet, newestSet, putNextSet } from './seats.ts'
import {
  candidates,
  getCandidates,
  hasRole,
  REGISTRY,
  USED_PROPOSALS_MAX,
  usedProposals,
} from './state.ts'
import { changedSet, type ValidatorChange } from './validator-change.ts'
import { isReady } from './validator-ready.ts'

const payload = named(
  'registry.change-validators',
  struct({ proposal: proposalCodec, votes: votesCodec }),
)

const example = {
  proposal: {
    change: { kind: 'remove', account: '0x'.padEnd(66, '1c') },
    fromMs: 1_700_000_000_000,
    untilMs: 1_700_600_000_000,
  },
  votes: [
    {
      account: '0x'.padEnd(66, '1d'),
      publicKey: '0x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      signature: '0x'.padEnd(130, '5e'),
    },
  ],
}

/** What a seat was given to must be there: the candidate with exactly these keys, caught up a short while ago. */
function checkJoiner(
  state: Reader,
  change: Exclude<ValidatorChange, { kind: 'remove' }>,
  timeMs: TimeMs,
): Refusal | undefined {
  const candidate = getCandidates(state).find(
    ({ account, consensusKey, peerKey }) =>
      account === change.account &&
      consensusKey === change.consensusKey &&
      peerKey === change.peerKey,
  )
  if (candidate === undefined) return refuse('CANDIDATE_UNKNOWN')
  if (change.kind === 'add' && change.organization !== candidate.organization)
    return refuse('CANDIDATE_UNKNOWN')
  if (!hasRole(state, candidate.account, 'validator')) return refuse('ROLE_MISSING')
  return isReady(candidate, timeMs) ? undefined : refuse('CANDIDATE_NOT_READY')
}

/** Those whose window is still open: nobody else's votes can come again. */
function openProposals(state: Reader, timeMs: TimeMs) {
  return (usedProposals.get(state) ?? []).filter(({ untilMs }) => untilMs >= timeMs)
}

function checkUnused(state: Reader, id: Digest, timeMs: TimeMs): Refusal | undefined {
  const open = openProposals(state, timeMs)
  if (open.some((used) => used.id === id)) return refuse('PROPOSAL_USED')
  return open.length >= USED_PROPOSALS_MAX ? refuse('PROPOSALS_FULL') : undefined
}

function nextSet(state: Reader, change: ValidatorChange): readonly Validator[] {
  const next = changedSet(newestSet(state), change)
  assert(typeof next !== 'string', 'a change was not authorized')
  return next
}

function kindOf({ kind }: ValidatorChange): string {
  switch (kind) {
    case 'add':
      return 'registry.validator-added'
    case 'remove':
      return 'registry.validator-removed'
    case 'replace-keys':
      return 'registry.validator-keys-replaced'
    default:
      return assertNever(kind)
  }
}

function forgetCandidate(state: Writer, consensusKey: PublicKey): void {
  candidates.put(
    state,
    getCandidates(state).filter((candidate) => candidate.consensusKey !== consensusKey),
  )
}

export const changeValidators = defineTx<Infer<typeof payload>>({
  name: 'registry.change-validators',
  tag: REGISTRY * 256 + 12,
  summary: 'Add or remove a validator, or replace its keys, by votes of a quorum.',
  payload,
  example,
  cost: ({ votes }) => 1 + votes.length,
  verify: ({ chainId, payload: { proposal, votes } }) =>
    areVotesSigned(chainId, proposal, votes) ? { ok: true } : refuse('VOTE_SIGNATURE'),
  authorize: (state, { proposal, votes }, { chainId, engine, height, timeMs }) => {
    const { change } = proposal
    const set = newestSet(state)
    const next = changedSet(set, change)
    if (typeof next === 'string') return refuse(next)
    const joiner = change.kind === 'remove' ? undefined : change
    return (
      checkWindow(proposal, timeMs) ??
      checkUnused(state, toHex(proposalHash(chainId, proposal)), timeMs) ??
      checkProposalVotes(state, votes, { set, engine, timeMs }) ??
      (joiner && checkJoiner(state, joiner, timeMs)) ??
      checkNextSet(state, next, { engine, height, joiner: joiner?.account })
    )
  },
  execute: (state, { proposal }, { chainId, height, timeMs }) => {
    const { change } = proposal
    const { account } = change
    const id: Digest = toHex(proposalHash(chainId, proposal))
    putNextSet(state, nextSet(state, change), height)
    usedProposals.put(state, [...openProposals(state, timeMs), { id, untilMs: proposal.untilMs }])
    if (change.kind !== 'remove') forgetCandidate(state, change.consensusKey)
    return accept({ recipient: account, kind: kindOf(change), reference: account })
  },
})
