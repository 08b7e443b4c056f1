// The skip record: whose turn view 0 is, and who has none for a while because it missed its own (consensus.md).
import { type EngineKind, faults } from '../../vm/quorum.ts'
import type { AccountId, Height } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import type { Miss, Rotation } from './state.ts'

/** Heights of the longest skip. */
export const SKIP_MAX = 1_024

function isSkipped(miss: Miss, height: Height): boolean {
  return height <= miss.until
}

/** The record before the first block. */
export function firstRotation(validators: readonly AccountId[]): Rotation {
  return { due: validators[0] as AccountId, misses: [] }
}

/**
 * Who comes after `after` in the order of the set without being skipped at `height`. Turns go round from validator to validator
 * rather than by height modulo a changing number, so that the start or end of a skip repeats or drops nobody else's turn.
 */
function nextDue(
  validators: readonly AccountId[],
  turn: { readonly after: AccountId; readonly height: Height; readonly misses: readonly Miss[] },
): AccountId {
  const start = validators.indexOf(turn.after)
  const order = [...validators.slice(start + 1), ...validators.slice(0, start + 1)]
  const skipped = new Set(
    turn.misses.filter((miss) => isSkipped(miss, turn.height)).map((miss) => miss.validator),
  )
  // At most f of n are skipped, so somebody is left.
  return order.find((validator) => !skipped.has(validator)) ?? (order[0] as AccountId)
}

/** Ends the oldest skips until at most `limit` hold at `height`; how long they were is kept for the next miss. */
function limitSkips(misses: readonly Miss[], limit: number, height: Height): readonly Miss[] {
  let surplus = misses.filter((miss) => isSkipped(miss, height)).length - limit
  return misses.map((miss) => {
    if (surplus <= 0 || !isSkipped(miss, height)) return miss
    surplus -= 1
    return { ...miss, until: height - 1 }
  })
}

/** The record after the block at `height`: its proposer's misses are forgotten, a missed turn is noted, the turn passes on. */
export function advance(
  rotation: Rotation,
  validators: readonly AccountId[],
  block: { readonly height: Height; readonly proposer: AccountId; readonly engine: EngineKind },
): Rotation {
  const { due } = rotation
  const next = block.height + 1
  let misses: readonly Miss[] = rotation.misses.filter((miss) => miss.validator !== block.proposer)
  if (due !== block.proposer) {
    const before = misses.find((miss) => miss.validator === due)
    const length = Math.min(
      SKIP_MAX,
      before === undefined ? 2 * validators.length : 2 * before.length,
    )
    misses = [
      ...misses.filter((miss) => miss !== before),
      { validator: due, length, since: block.height, until: block.height + length, ready: false },
    ]
  }
  misses = limitSkips(misses, faults(validators.length, block.engine), next)
  return { due: nextDue(validators, { after: due, height: next, misses }), misses }
}

/**
 * The record when another set takes over at `height`. Who left is forgotten, and so is what a seat missed under another key: its
 * new holder has said that it is ready. At most f of the new set are skipped. If the one that was due has left, the turn is its
 * successor's: the order of those who stay never changes.
 */
export function reseat(
  rotation: Rotation,
  change: {
    readonly before: readonly Validator[]
    readonly after: readonly Validator[]
    readonly height: Height
    readonly engine: EngineKind
  },
): Rotation {
  const { before, after, height, engine } = change
  const stays = ({ validator }: Miss) => {
    const keyIn = (set: readonly Validator[]) =>
      set.find(({ account }) => account === validator)?.consensusKey
    return keyIn(after) !== undefined && keyIn(after) === keyIn(before)
  }
  const misses = limitSkips(rotation.misses.filter(stays), faults(after.length, engine), height)
  const set = after.map(({ account }) => account)
  if (set.includes(rotation.due)) return { due: rotation.due, misses }
  const order = before.map(({ account }) => account)
  const place = order.indexOf(rotation.due)
  const earlier = [...order.slice(place + 1), ...order.slice(0, place)]
  const last = earlier.findLast((account) => set.includes(account)) ?? (set.at(-1) as AccountId)
  return { due: nextDue(set, { after: last, height, misses }), misses }
}

/**
 * Whether the chain shows that the validator works: since it missed a turn it has made a block or said that it is back. The end
 * of a skip shows nothing: it may have run out, or given way to the skip of another.
 */
export function isAlive({ misses }: Rotation, validator: AccountId): boolean {
  return misses.every((miss) => miss.validator !== validator || miss.ready)
}

/** What keeps the validator from its turn in view 0 at `height`, if anything does. */
export function skipOf(
  { misses }: Rotation,
  validator: AccountId,
  height: Height,
): Miss | undefined {
  return misses.find((miss) => miss.validator === validator && isSkipped(miss, height))
}

/**
 * The record after the validator said in the block at `height` that it is ready. What it missed is remembered: only a block of its
 * own shows that it works, and until then the next miss doubles.
 */
export function endSkip(rotation: Rotation, validator: AccountId, height: Height): Rotation {
  const skip = skipOf(rotation, validator, height + 1)
  const misses = rotation.misses.map((miss) =>
    miss === skip ? { ...miss, until: height, ready: true } : miss,
  )
  return { ...rotation, misses }
}
