// The port of time: everything between store, network and RPC has its time from here, so that a simulator can hand in its own.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TimeMs } from '../vm/types.ts'

/** Undoes what was to happen later. */
export type Cancel = () => void

export type Clock = {
  /** The wall clock. */
  readonly nowMs: () => TimeMs
  /** Only differences mean something; never goes back. */
  readonly monotonicMs: () => number
  /** At most 2^31 - 1 milliseconds from now. */
  readonly after: (delayMs: number, run: () => void) => Cancel
  /** Lets what waits have its turn. */
  readonly turn: () => Promise<void>
}

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
  turn: () => nextTurn(),
}
