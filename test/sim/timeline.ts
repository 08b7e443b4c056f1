// Virtual time: a queue of things to do, in the order of their time and then of their planning.
import type { Cancel } from '../../node/clock.ts'

type Planned = { readonly atMs: number; readonly turn: number; run: (() => void) | undefined }

export type Timeline = {
  /** Since the simulation began. */
  readonly nowMs: () => number
  readonly after: (delayMs: number, run: () => void) => Cancel
  /**
   * Runs one event after the other, each followed by every microtask that it left behind, until `enough` says so (asked after each)
   * or `limitMs` is reached; false at the limit or when nothing is left.
   */
  readonly runUntil: (limitMs: number, enough: () => boolean) => Promise<boolean>
  readonly eventsRun: () => number
}

/** Events for which a turn of Node's loop is asked at once: it drains the microtasks after each of them. */
const BATCH = 64

function isBefore(left: Planned | undefined, right: Planned | undefined): boolean {
  if (left === undefined || right === undefined) return left !== undefined
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.turn < right.turn)
}

/** A binary heap; `turn` makes the order of equal times that of planning. */
function createHeap() {
  const heap: Planned[] = []
  return {
    first: (): Planned | undefined => heap[0],
    push: (planned: Planned): void => {
      let place = heap.length
      while (place > 0) {
        const parent = (place - 1) >> 1
        const above = heap[parent] as Planned
        if (!isBefore(planned, above)) break
        heap[place] = above
        place = parent
      }
      heap[place] = planned
    },
    pop: (): void => {
      const last = heap.pop()
      if (last === undefined || heap.length === 0) return
      let place = 0
      for (;;) {
        let child = 2 * place + 1
        if (child >= heap.length) break
        if (isBefore(heap[child + 1], heap[child])) child += 1
        if (!isBefore(heap[child], last)) break
        heap[place] = heap[child] as Planned
        place = child
      }
      heap[place] = last
    },
  }
}

export function createTimeline(): Timeline {
  const heap = createHeap()
  let nowMs = 0
  let turns = 0
  let events = 0

  /** False when there is nothing to run before the limit. */
  const runNext = (limitMs: number): boolean => {
    for (let next = heap.first(); next !== undefined; next = heap.first()) {
      const { run } = next
      if (run !== undefined && next.atMs > limitMs) break
      heap.pop()
      if (run === undefined) continue
      nowMs = next.atMs
      events += 1
      run()
      return true
    }
    nowMs = limitMs
    return false
  }

  return {
    nowMs: () => nowMs,
    eventsRun: () => events,
    after: (delayMs, run) => {
      turns += 1
      const planned: Planned = { atMs: nowMs + Math.max(0, delayMs), turn: turns, run }
      heap.push(planned)
      return () => {
        planned.run = undefined
      }
    },
    runUntil: (limitMs, enough) =>
      new Promise((resolve, reject) => {
        let over = false
        const end = (found: boolean): void => {
          over = true
          resolve(found)
        }
        const step = (): void => {
          if (over) return
          try {
            if (enough()) end(true)
            else if (!runNext(limitMs)) end(enough())
          } catch (error) {
            over = true
            reject(error)
          }
        }
        const batch = (): void => {
          if (over) return
          for (let count = 0; count < BATCH; count++) setImmediate(step)
          setImmediate(batch)
        }
        batch()
      }),
  }
}
