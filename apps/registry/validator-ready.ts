// registry.validator-ready: a validator that missed its turn says that it is back, a candidate that it has caught up.
import { accept, defineTx } from '../../vm/app.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, optional, struct } from '../../vm/codec-compound.ts'
import { hex } from '../../vm/codec-scalar.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId, PublicKey, TimeMs } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { endSkip, skipOf } from './rotation.ts'
import {
  type Candidate,
  candidates,
  getCandidates,
  getRotation,
  getValidators,
  REGISTRY,
  rotations,
} from './state.ts'

/** A word of readiness counts for an hour: a joiner that died since must not be counted among those alive. */
export const READY_FOR_MS = 3_600_000
/** It may be said again after ten minutes. */
const READY_AGAIN_MS = 600_000

const payload = named(
  'registry.validator-ready',
  struct({
    /** The key of the candidate that has caught up; none: the seat of the account, which ends its skip. */
    consensusKey: optional(hex<PublicKey>(32)),
  }),
)

function candidateOf(
  state: Reader,
  account: AccountId,
  consensusKey: PublicKey,
): Candidate | undefined {
  return getCandidates(state).find(
    (candidate) => candidate.account === account && candidate.consensusKey === consensusKey,
  )
}

function isOlder({ readyMs }: Candidate, timeMs: TimeMs, ageMs: number): boolean {
  return readyMs === null || timeMs - readyMs > ageMs
}

/** Whether it said so at most an hour ago. */
export function isReady(candidate: Candidate, timeMs: TimeMs): boolean {
  return !isOlder(candidate, timeMs, READY_FOR_MS)
}

/** Whether the node of this account and key is a candidate that should say (again) that it has caught up. */
export function isReadyDue(
  state: Reader,
  node: Pick<Candidate, 'account' | 'consensusKey'>,
  timeMs: TimeMs,
): boolean {
  const candidate = candidateOf(state, node.account, node.consensusKey)
  return candidate !== undefined && isOlder(candidate, timeMs, READY_AGAIN_MS)
}

export const validatorReady = defineTx<Infer<typeof payload>>({
  name: 'registry.validator-ready',
  tag: REGISTRY * 256 + 8,
  summary: 'Say that the signing validator is back, which ends its skip, or has caught up.',
  payload,
  example: { consensusKey: null },
  cost: () => 1,
  authorize: (state, { consensusKey }, { signers, height, timeMs }) => {
    const signer = signers[0] as AccountId
    if (consensusKey !== null) {
      const candidate = candidateOf(state, signer, consensusKey)
      if (candidate === undefined) return refuse('NOT_CANDIDATE')
      return isOlder(candidate, timeMs, READY_AGAIN_MS) ? undefined : refuse('READY_ALREADY')
    }
    if (!getValidators(state).some(({ account }) => account === signer))
      return refuse('NOT_VALIDATOR')
    const skip = skipOf(getRotation(state), signer, height + 1)
    return skip === undefined ? refuse('NOT_SKIPPED') : undefined
  },
  execute: (state, { consensusKey }, { signers, height, timeMs }) => {
    const signer = signers[0] as AccountId
    if (consensusKey === null) {
      rotations.put(state, endSkip(getRotation(state), signer, height))
    } else {
      const own = candidateOf(state, signer, consensusKey)
      const all = getCandidates(state)
      candidates.put(
        state,
        all.map((candidate) =>
          candidate.consensusKey === own?.consensusKey
            ? { ...candidate, readyMs: timeMs }
            : candidate,
        ),
      )
    }
    return accept({ recipient: signer, kind: 'registry.validator-ready', reference: signer })
  },
})
