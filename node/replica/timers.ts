// The engine's named timers.
import type { Cancel, Clock } from '../clock.ts'

type TimerName = 'view' | 'resend'

export type Timers = {
  /** Replaces a timer of the same name. */
  readonly set: (
    name: TimerName,
    timer: { readonly afterMs: number; readonly fire: () => void },
  ) => void
  readonly clear: (name: TimerName) => void
  readonly clearAll: () => void
}

export function createTimers({ after }: Clock): Timers {
  const running = new Map<TimerName, Cancel>()
  const clear = (name: TimerName): void => {
    running.get(name)?.()
    running.delete(name)
  }
  return {
    set: (name, { afterMs, fire }) => {
      clear(name)
      running.set(name, after(afterMs, fire))
    },
    clear,
    clearAll: () => {
      for (const name of [...running.keys()]) clear(name)
    },
  }
}
