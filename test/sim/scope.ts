// The life of one process of a simulation: what it planned is not done once it is dead, and late when it was paused.
import type { Cancel, Clock } from '../../node/clock.ts'
import type { TimeMs } from '../../vm/types.ts'
import type { Timeline } from './timeline.ts'

/** How a machine's clock differs from true time. */
export type ClockError = {
  /** Added to the wall clock. */
  skewMs: number
  /** 1.05 runs five percent fast. */
  rate: number
}

export type Scope = {
  readonly isAlive: () => boolean
  readonly after: (delayMs: number, run: () => void) => Cancel
  /** Runs now, or when the process goes on. */
  readonly enter: (run: () => void) => void
  readonly pause: () => void
  readonly goOn: () => void
  readonly kill: () => void
  readonly clock: Clock
  /** What is planned and neither done nor cancelled. */
  readonly planned: () => number
}

export type ScopeParts = {
  readonly timeline: Timeline
  /** True time at the start of the simulation. */
  readonly startMs: TimeMs
  readonly error: ClockError
}

export function createScope({ timeline, startMs, error }: ScopeParts): Scope {
  let state: 'running' | 'paused' | 'dead' = 'running'
  let held: (() => void)[] = []
  let planned = 0
  const enter = (run: () => void): void => {
    if (state === 'running') run()
    else if (state === 'paused') held.push(run)
  }
  const after = (delayMs: number, run: () => void): Cancel => {
    let isOver = false
    planned += 1
    const end = (): boolean => {
      if (isOver) return false
      isOver = true
      planned -= 1
      return true
    }
    const fire = (): void => {
      if (end()) run()
    }
    const cancel = timeline.after(delayMs, () => enter(fire))
    return () => {
      end()
      cancel()
    }
  }
  const nowMs = () => Math.floor(startMs + error.skewMs + timeline.nowMs() * error.rate)
  return {
    isAlive: () => state !== 'dead',
    after,
    enter,
    planned: () => planned,
    pause: () => {
      if (state === 'running') state = 'paused'
    },
    goOn: () => {
      if (state !== 'paused') return
      state = 'running'
      const late = held
      held = []
      // One event each: what one of them leaves behind is done before the next.
      for (const run of late) timeline.after(0, () => enter(run))
    },
    kill: () => {
      state = 'dead'
      held = []
    },
    clock: {
      nowMs,
      monotonicMs: () => timeline.nowMs() * error.rate,
      after: (delayMs, run) => after(delayMs / error.rate, run),
      turn: () => new Promise((resolve) => after(0, resolve)),
    },
  }
}
