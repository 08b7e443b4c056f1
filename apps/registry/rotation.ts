// The skip record: whose turn view 0 is, and who has none for a while because it missed its own (consensus.md).
import type { AccountId, Height } from '../../vm/types.ts'
import type { Miss, Rotation } from './state.ts'

/** Heights of the longest skip. */
export const SKIP_MAX = 1_024

/** How many validators may be faulty, and so how many may be skipped at once. */
export function faults(validators: number): number {
  return Math.floor((validators - 1) / 3)
}

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
  block: { readonly height: Height; readonly proposer: AccountId },
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
      { validator: due, length, since: block.height, until: block.height + length },
    ]
  }
  misses = limitSkips(misses, faults(validators.length), next)
  return { due: nextDue(validators, { after: due, height: next, misses }), misses }
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
  const misses = rotation.misses.map((miss) => (miss === skip ? { ...miss, until: height } : miss))
  return { ...rotation, misses }
}
