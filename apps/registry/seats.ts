// Who has a seat when: the set in force, the sets to come, the sets of the past, and what a new set must fulfil.
import type { Refusal } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { VALIDATORS_MAX } from '../../vm/limits.ts'
import { type EngineKind, quorum } from '../../vm/quorum.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { AccountId, Height } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import { refuse } from './codes.ts'
import { isAlive, reseat } from './rotation.ts'
import {
  getCandidates,
  getPending,
  getRotation,
  getSettings,
  getValidators,
  pastSets,
  pendingSets,
  rotations,
  setHeights,
  validatorSet,
} from './state.ts'

/** A change in the block at height h names the set that certifies h + 2: the header of h + 1 commits to it. */
const DELAY = 2

/** The set after every change that was decided so far: what the next change is judged on. */
export function newestSet(state: Reader): readonly Validator[] {
  return getPending(state).at(-1)?.validators ?? getValidators(state)
}

/** Everybody in the sets in force and pending, and candidates; who is in several stands there several times. */
export function allHolders(state: Reader): readonly Validator[] {
  return [
    ...getValidators(state),
    ...getPending(state).flatMap(({ validators }) => validators),
    ...getCandidates(state),
  ]
}

/** The same with one entry for each pair of keys: a node that is about to get another consensus key has two. */
export function membersOf(state: Reader): readonly Validator[] {
  const byKeys = new Map<string, Validator>()
  for (const { account, organization, consensusKey, peerKey } of allHolders(state))
    byKeys.set(`${consensusKey}${peerKey}`, { account, organization, consensusKey, peerKey })
  return [...byKeys.values()]
}

/** The set that certified `height`, as long as evidence about it counts; of coming heights only the next one is known. */
export function setAt(state: Reader, height: Height): readonly Validator[] | undefined {
  const from = setHeights.get(state)?.findLast((first) => first <= height)
  return from === undefined ? undefined : pastSets.get(state, from)
}

/**
 * Why `next` cannot follow now, if anything speaks against it. Alive is what the chain shows: a member missed no turn, or has
 * come back since; who takes a seat, `joiner`, has said that it is ready. There is no override: with fewer alive ones than a
 * quorum nothing could be decided any more, and nothing would undo it.
 */
export function checkNextSet(
  state: Reader,
  next: readonly Validator[],
  at: {
    readonly engine: EngineKind
    readonly height: Height
    readonly joiner: AccountId | undefined
  },
): Refusal | undefined {
  if (getPending(state).some(({ from }) => from === at.height + DELAY))
    return refuse('CHANGE_IN_BLOCK')
  if (next.length === 0) return refuse('VALIDATOR_LAST')
  if (next.length > VALIDATORS_MAX) return refuse('SET_FULL')
  const rotation = getRotation(state)
  const alive = next.filter(({ account }) => account === at.joiner || isAlive(rotation, account))
  const needed = quorum(next.length, at.engine)
  return alive.length < needed ? refuse('TOO_FEW_ALIVE') : undefined
}

/** Decides upon the next set in the block at `height`. */
export function putNextSet(state: Writer, validators: readonly Validator[], height: Height): void {
  const from = height + DELAY
  const pending = getPending(state)
  assert(
    pending.every((set) => set.from < from),
    'a second change in one block was not refused',
  )
  pendingSets.put(state, [...pending, { from, validators }])
}

/** After the last transaction of the block at `height`: the set of the next one takes its place, the record of turns goes with it. */
export function seatPending(
  state: Writer,
  block: { readonly engine: EngineKind; readonly height: Height },
): void {
  const { engine } = block
  const next = block.height + 1
  const [first, ...rest] = getPending(state)
  if (first === undefined || first.from > next) return
  assert(first.from === next, 'a pending set was passed over')
  if (rest.length === 0) pendingSets.remove(state)
  else pendingSets.put(state, rest)
  const before = getValidators(state)
  const { validators } = first
  validatorSet.put(state, validators)
  rotations.put(
    state,
    reseat(getRotation(state), { before, after: validators, height: next, engine }),
  )
  pastSets.put(state, validators, next)
  setHeights.put(state, [...heightsOf(state), next])
}

/** Forgets the sets of which no evidence can be given in the block after `height` any more. */
export function pruneSets(state: Writer, height: Height): void {
  const { evidenceHeights } = getSettings(state)
  const oldest = height + 1 - evidenceHeights
  const heights = heightsOf(state)
  const kept = heights.findLastIndex((first) => first <= oldest)
  if (kept <= 0) return
  for (const first of heights.slice(0, kept)) pastSets.remove(state, first)
  setHeights.put(state, heights.slice(kept))
}

function heightsOf(state: Reader): readonly Height[] {
  const heights = setHeights.get(state)
  assert(heights !== undefined, 'the state has no record of its sets')
  return heights
}
