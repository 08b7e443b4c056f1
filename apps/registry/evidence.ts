// registry.evidence: two votes that no correct validator signs both take the seat of the one that did.
import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { fromHex } from '../../vm/bytes.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { bytes, hex } from '../../vm/codec-scalar.ts'
import { SIGNATURE_SIZE, verifySignature } from '../../vm/sign.ts'
import type { Reader } from '../../vm/state.ts'
import type { Height, PublicKey } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import { sameBody, type Vote, voteCodec, voteDigest } from '../../vm/vote.ts'
import { refuse } from './codes.ts'
import { checkNextSet, newestSet, putNextSet, setAt } from './seats.ts'
import { getSettings, REGISTRY, suspensions } from './state.ts'

/** Only what is under a signature counts: who sends a message again with other attachments did nothing wrong. */
const signedVote = struct({ vote: voteCodec, signature: bytes(SIGNATURE_SIZE) })

const payload = named(
  'registry.evidence',
  struct({
    /** The key that signed both, a member's of the set of that height. */
    consensusKey: hex<PublicKey>(32),
    first: signedVote,
    second: signedVote,
  }),
)

/** Two bodies for one kind, height and view. */
function isEquivocation(first: Vote, second: Vote): boolean {
  return first.kind === second.kind && first.view === second.view && !sameBody(first, second)
}

/** A commit, and then the word that nothing was prepared in its view or above. */
function isAmnesia(commit: Vote, change: Vote): boolean {
  if (commit.kind !== 'commit' || change.kind !== 'view-change') return false
  if (change.view <= commit.view) return false
  return change.prepared === null || change.prepared.view < commit.view
}

/** Whether a correct validator signs at most one of the two. The order in which they are given says nothing. */
export function contradict(first: Vote, second: Vote): boolean {
  if (first.height !== second.height) return false
  return isEquivocation(first, second) || isAmnesia(first, second) || isAmnesia(second, first)
}

/**
 * The seat that the key has now and had at that height, and the set without it. An account that replaced its key since does not
 * answer for what a thief signs with the old one.
 */
function accuse(
  state: Reader,
  consensusKey: PublicKey,
  height: Height,
): { readonly seat: Validator; readonly next: readonly Validator[] } | undefined {
  const set = newestSet(state)
  const holds = (validator: Validator) => validator.consensusKey === consensusKey
  const seat = set.find(holds)
  if (seat === undefined) return undefined
  if (setAt(state, height)?.find(holds)?.account !== seat.account) return undefined
  return { seat, next: set.filter((validator) => validator !== seat) }
}

const exampleVote = {
  kind: 'commit',
  height: 100,
  view: 0,
  blockId: '0x'.padEnd(66, 'b1'),
} as const

export const evidence = defineTx<Infer<typeof payload>>({
  name: 'registry.evidence',
  tag: REGISTRY * 256 + 13,
  summary: 'Take the seat of a validator that signed two votes that contradict each other.',
  payload,
  example: {
    consensusKey: '0x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    first: { vote: exampleVote, signature: '0x'.padEnd(130, '5e') },
    second: {
      vote: { kind: 'view-change', height: 100, view: 1, prepared: null },
      signature: '0x'.padEnd(130, '5f'),
    },
  },
  cost: () => 3,
  verify: ({ chainId, payload: { consensusKey, first, second } }) => {
    if (!contradict(first.vote, second.vote)) return refuse('EVIDENCE_EMPTY')
    const isSigned = [first, second].every(({ vote, signature }) =>
      verifySignature(fromHex(consensusKey), voteDigest(chainId, vote), signature),
    )
    return isSigned ? { ok: true } : refuse('EVIDENCE_SIGNATURE')
  },
  authorize: (state, { consensusKey, first }, { engine, height }) => {
    if (suspensions.get(state, consensusKey) !== undefined) return refuse('EVIDENCE_USED')
    const of = first.vote.height
    if (of > height || height - of > getSettings(state).evidenceHeights)
      return refuse('EVIDENCE_AGE')
    const found = accuse(state, consensusKey, of)
    if (found === undefined) return refuse('NOT_SEATED')
    return checkNextSet(state, found.next, { engine, height, joiner: undefined })
  },
  execute: (state, { consensusKey, first }, { height }) => {
    const found = accuse(state, consensusKey, first.vote.height)
    assert(found !== undefined, 'evidence was not authorized')
    putNextSet(state, found.next, height)
    suspensions.put(state, height, consensusKey)
    return accept({
      recipient: found.seat.account,
      kind: 'registry.validator-suspended',
      reference: consensusKey,
    })
  },
})
