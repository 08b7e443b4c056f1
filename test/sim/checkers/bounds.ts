// Checkers of memory: nothing grows with time or with what peers send.
import { SNAPSHOTS_MAX } from '../../../node/protocol.ts'
import type { Running } from '../running.ts'
import type { Checker } from './checker.ts'

/** Looked at after every so many events: sizes grow slowly. */
const EVERY = 200
/** A height that takes many views, each with a block, in the smallest segments of a simulation. */
const SEGMENTS_MAX = 12
/** Of a height with many views. */
const PROPOSALS_MAX = 20
const OVERLAYS_MAX = 3
const BODIES_MAX = 500
/** Of one peer. */
const REQUESTS_MAX = 24
const TIMERS_MAX = 250
const PROOFS_MAX = 64

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

/** What a height needs goes with it: a proposal of each view, the overlays of two, bodies that the mempool may lose. */
const height: Checker = {
  name: 'height-bounded',
  create: (ports) =>
    now(({ process, core }) => {
      const { proposals, overlays, bodies } = core.blocks.sizes()
      if (proposals > PROPOSALS_MAX || overlays > OVERLAYS_MAX || bodies > BODIES_MAX)
        ports.find(`process ${process} has ${proposals} blocks, ${overlays} done, ${bodies} bodies`)
    })(ports),
}

/** Nobody is asked without end, however many claim what they do not have. */
const requests: Checker = {
  name: 'requests-bounded',
  create: (ports) =>
    now(({ process, host }) => {
      const count = host.unanswered()
      const peers = ports.world.machines.length
      if (count > REQUESTS_MAX * peers) ports.find(`process ${process} waits for ${count} answers`)
    })(ports),
}

/** Whatever waits for a time. */
const timers: Checker = {
  name: 'timers-bounded',
  create: (ports) =>
    now(({ process, scope }) => {
      const count = scope.planned()
      if (count > TIMERS_MAX) ports.find(`process ${process} has planned ${count} things`)
    })(ports),
}

const states: Checker = {
  name: 'states-bounded',
  create: (ports) =>
    now(({ process, heldStates }) => {
      if (heldStates() > SNAPSHOTS_MAX)
        ports.find(`process ${process} holds ${heldStates()} states for others`)
    })(ports),
}

/** Proofs and signatures are checked once: what is being checked is what arrived just now. */
const checks: Checker = {
  name: 'checks-bounded',
  create: (ports) =>
    now(({ process, core }) => {
      const { proofsUnderway } = core.verification.counters()
      if (proofsUnderway > PROOFS_MAX)
        ports.find(`process ${process} checks ${proofsUnderway} proofs`)
    })(ports),
}

export const boundCheckers = [mempool, journal, height, requests, timers, states, checks] as const
