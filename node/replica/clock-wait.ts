// Waiting for the own clock, as long as the height lasts.
import { setTimeout as sleep } from 'node:timers/promises'
import type { TimeMs } from '../../vm/types.ts'

/** A timer holds at most 2^31 - 1 milliseconds, and fires at once when asked for more: a long wait is made of these. */
const STEP_MS = 60_000

export type ClockWait = {
  readonly nowMs: () => TimeMs
  /** Fires when nobody needs the answer any more. */
  readonly signal: AbortSignal
}

/** Whether the clock got to `timeMs` before the signal fired. */
export async function waitUntil(timeMs: TimeMs, { nowMs, signal }: ClockWait): Promise<boolean> {
  for (let left = timeMs - nowMs(); left > 0 && !signal.aborted; left = timeMs - nowMs()) {
    const step = sleep(Math.min(left, STEP_MS), undefined, { signal, ref: false })
    await step.catch(() => undefined)
  }
  return !signal.aborted
}
