// How much the chain decides in a second, as an average over the last few: what clients may let wait follows it.
import type { Clock } from './clock.ts'

/** After this time without a block two thirds of what was known are forgotten. */
const MEMORY_MS = 2_000

export type Pace = {
  /** A block was decided that cost so many verification units. */
  readonly note: (units: number) => void
  /** Units that are decided in so many milliseconds. */
  readonly unitsIn: (durationMs: number) => number
}

export function createPace({ monotonicMs }: Pick<Clock, 'monotonicMs'>): Pace {
  let lastMs = monotonicMs()
  /** Units of the last blocks, each the less the longer ago it was. */
  let sum = 0
  const fade = (): void => {
    const nowMs = monotonicMs()
    sum *= Math.exp((lastMs - nowMs) / MEMORY_MS)
    lastMs = nowMs
  }
  return {
    note: (units) => {
      fade()
      sum += units
    },
    unitsIn: (durationMs) => {
      fade()
      return (sum * durationMs) / MEMORY_MS
    },
  }
}
