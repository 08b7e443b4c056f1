// The engine's named timers, and alarms without a name that end together.
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

export type Alarms = {
  readonly after: (delayMs: number, act: () => void) => void
  /** Nothing happens any more. */
  readonly stop: () => void
  readonly stopped: () => boolean
}

export function createAlarms(clock: Clock): Alarms {
  const waiting = new Set<Cancel>()
  let stopped = false
  return {
    after: (delayMs, act) => {
      if (stopped) return
      const cancel = clock.after(delayMs, () => {
        waiting.delete(cancel)
        act()
      })
      waiting.add(cancel)
    },
    stop: () => {
      stopped = true
      for (const cancel of waiting) cancel()
    },
    stopped: () => stopped,
  }
}
