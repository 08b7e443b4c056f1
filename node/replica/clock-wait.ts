// Waiting for the own clock, as long as the height lasts.
import type { TimeMs } from '../../vm/types.ts'
import type { Clock } from '../clock.ts'

/** A timer holds at most 2^31 - 1 milliseconds, and a clock may be set right meanwhile: a long wait is made of these. */
const STEP_MS = 60_000

export type ClockWait = {
  readonly clock: Clock
  /** Fires when nobody needs the answer any more. */
  readonly signal: AbortSignal
}

/** Whether the clock got to `timeMs` before the signal fired. */
export async function waitUntil(timeMs: TimeMs, { clock, signal }: ClockWait): Promise<boolean> {
  for (let left = timeMs - clock.nowMs(); left > 0; left = timeMs - clock.nowMs()) {
    if (signal.aborted) return false
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = clock.after(Math.min(left, STEP_MS), resolve)
    const stop = (): void => {
      cancel()
      resolve()
    }
    signal.addEventListener('abort', stop, { once: true })
    await promise
    signal.removeEventListener('abort', stop)
  }
  return !signal.aborted
}
