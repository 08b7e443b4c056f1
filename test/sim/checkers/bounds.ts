// Checkers of memory: nothing grows with time or with what peers send.
import type { Running } from '../running.ts'
import type { Checker } from './checker.ts'

/** Looked at after every so many events: sizes grow slowly. */
const EVERY = 200
/** A height that takes many views, each with a block, in the smallest segments of a simulation. */
const SEGMENTS_MAX = 12

/** Calls `look` with each honest process now and then. */
function now(look: (node: Running) => void): Checker['create'] {
  return ({ world }) => {
    let events = 0
    return {
      onEvent: () => {
        events += 1
        if (events % EVERY !== 0) return
        for (const { running, isHonest } of world.machines) {
          if (running !== undefined && isHonest) look(running)
        }
      },
    }
  }
}

const mempool: Checker = {
  name: 'mempool-bounded',
  create: (ports) =>
    now(({ process, core }) => {
      const { count, bytes } = core.mempool.size()
      if (count > 500 || bytes > 256 * 1024)
        ports.find(`process ${process} has ${count} transactions, ${bytes} bytes`)
    })(ports),
}

/** Segments below the height at work go: what is left is what the height needs. */
const journal: Checker = {
  name: 'journal-bounded',
  create: (ports) =>
    now(({ process, voting }) => {
      const segments = voting.voter()?.journal.counters().segments ?? 0
      if (segments > SEGMENTS_MAX) ports.find(`process ${process} has ${segments} journal segments`)
    })(ports),
}

export const boundCheckers = [mempool, journal] as const
