// Checkers of progress: heights and views rise, clocks are kept, and what was decided or answered is never lost.
import { EpioneError } from '../../../node/errors.ts'
import type { Ledger } from '../../../node/ledger/types.ts'
import { CLOCK_DRIFT_MAX_MS } from '../../../vm/limits.ts'
import type { Digest } from '../../../vm/types.ts'
import { START_MS } from '../chain.ts'
import type { Checker } from './checker.ts'

/** A node stores one height after the other, but for a state that it fetches, and starts with what was durable when it crashed. */
const heightsRise: Checker = {
  name: 'heights-rise',
  create: ({ find }) => {
    const heights = new Map<object, number>()
    return {
      onStart: ({ home, process, ledger }) => {
        const { height } = ledger.head().header
        const before = heights.get(home.entries) ?? 0
        if (height < before) find(`process ${process} starts at ${height}, it had stored ${before}`)
        heights.set(home.entries, height)
      },
      onCommit: ({ home, process }, { executed }) => {
        const { height } = executed.header
        const before = heights.get(home.entries) ?? 0
        if (height !== before + 1) find(`process ${process} stored ${height} after ${before}`)
        heights.set(home.entries, height)
      },
      onAdopt: ({ home, process, ledger }) => {
        const { height } = ledger.head().header
        const before = heights.get(home.entries) ?? 0
        if (height <= before) find(`process ${process} went from ${before} to a state of ${height}`)
        heights.set(home.entries, height)
      },
    }
  },
}

/** In one life of a process the view of a height never falls. */
const viewsRise: Checker = {
  name: 'views-rise',
  create: ({ find }) => {
    const views = new WeakMap<object, { readonly height: number; readonly view: number }>()
    return {
      onView: ({ scope, process, ledger }, view) => {
        const height = ledger.head().header.height + 1
        const before = views.get(scope)
        if (before?.height === height && view < before.view)
          find(`process ${process} went from view ${before.view} to ${view} at ${height}`)
        views.set(scope, { height, view })
      },
    }
  },
}

/** No block is of a time that a quorum's clocks had not reached. */
const blockTime: Checker = {
  name: 'block-time',
  create: ({ find, world }) => ({
    onCommit: (_, { executed: { header } }) => {
      const ahead = world.machines
        .map(
          ({ clockError }) =>
            START_MS + clockError.skewMs + world.timeline.nowMs() * clockError.rate,
        )
        .sort((left, right) => right - left)
      // With f clocks wrong, the next one is right.
      const right = ahead[Math.floor((ahead.length - 1) / 3)] ?? 0
      if (header.timeMs > right + CLOCK_DRIFT_MAX_MS + 1)
        find(`block ${header.height} is ${header.timeMs - right} ms ahead of honest clocks`)
    },
  }),
}

/** A node whose store was damaged may refuse to answer; it may not answer wrongly. */
function holds(ledger: Ledger, id: Digest): boolean {
  try {
    return ledger.contains(id)
  } catch (error) {
    if (error instanceof EpioneError && error.code === 'STORE_DAMAGED') return true
    throw error
  }
}

/** What a client was told is in a block is there at the end, on every honest node. */
const acknowledged: Checker = {
  name: 'acknowledged',
  create: ({ find, world }) => {
    const told: { readonly id: Digest; readonly height: number; readonly timeMs: number }[] = []
    const { windowMs } = world.chain.genesis.parameters
    return {
      onAcknowledged: ({ ledger }, id) => {
        const { height, timeMs } = ledger.head().header
        told.push({ id, height, timeMs })
      },
      onEnd: () => {
        for (const { running, isHonest, process } of world.machines) {
          if (running === undefined || !isHonest) continue
          const { ledger } = running
          const head = ledger.head().header
          // Who began with a state, or forgets old blocks, has the ids of those in the window only.
          const isKept = ({ height, timeMs }: (typeof told)[number]) =>
            ledger.lowest() === 1 || (height > ledger.lowest() && timeMs >= head.timeMs - windowMs)
          const lost = told.find(
            (one) => one.height <= head.height && isKept(one) && !holds(ledger, one.id),
          )
          if (lost !== undefined) find(`process ${process} has lost ${lost.id} of ${lost.height}`)
        }
      },
    }
  },
}

/** After healing every height is decided within three views of those that everybody had come to. */
const liveness: Checker = {
  name: 'views-to-decide',
  create: ({ find }) => {
    let reached: { readonly height: number; readonly view: number } | undefined
    const now = { height: 0, view: 0 }
    return {
      onView: ({ ledger }, view) => {
        const height = ledger.head().header.height + 1
        if (height > now.height) Object.assign(now, { height, view })
        else if (height === now.height) now.view = Math.max(now.view, view)
      },
      onCalm: () => {
        reached = { ...now }
      },
      onCommit: (_, { executed, view }) => {
        if (reached === undefined || executed.header.height < reached.height) return
        const { height } = executed.header
        const most = (height === reached.height ? reached.view : 0) + 3
        if (view > most) find(`height ${height} took until view ${view}, ${most} were allowed`)
      },
    }
  },
}

export const progressCheckers = [heightsRise, viewsRise, blockTime, acknowledged, liveness] as const
