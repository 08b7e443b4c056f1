// The engine's named timers.

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

export function createTimers(): Timers {
  const running = new Map<TimerName, NodeJS.Timeout>()
  const clear = (name: TimerName): void => {
    clearTimeout(running.get(name))
    running.delete(name)
  }
  return {
    set: (name, { afterMs, fire }) => {
      clear(name)
      running.set(name, setTimeout(fire, afterMs))
    },
    clear,
    clearAll: () => {
      for (const name of [...running.keys()]) clear(name)
    },
  }
}
