// How much the chain decides in a second, as an average over the last few: what may wait, and how long, follows it.
import type { Clock } from './clock.ts'

/** After this time without a block two thirds of what was known are forgotten. */
const MEMORY_MS = 2_000

export type Pace = {
  /** A block was decided with so many units, or transactions: whatever the owner counts. */
  readonly note: (count: number) => void
  /** How many are decided in so many milliseconds. */
  readonly countIn: (durationMs: number) => number
}

export function createPace({ monotonicMs }: Pick<Clock, 'monotonicMs'>): Pace {
  let lastMs = monotonicMs()
  /** What the last blocks held, each the less the longer ago it was. */
  let sum = 0
  const fade = (): void => {
    const nowMs = monotonicMs()
    sum *= Math.exp((lastMs - nowMs) / MEMORY_MS)
    lastMs = nowMs
  }
  return {
    note: (count) => {
      fade()
      sum += count
    },
    countIn: (durationMs) => {
      fade()
      return (sum * durationMs) / MEMORY_MS
    },
  }
}
