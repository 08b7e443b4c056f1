// Virtual time: a queue of things to do, in the order of their time and then of their planning.

type Planned = { readonly atMs: number; readonly turn: number; readonly run: () => void }

export type Clock = {
  readonly nowMs: () => number
  readonly after: (delayMs: number, run: () => void) => void
  /** Runs until `enough` says so or `limitMs` is reached; false at the limit or when nothing is left. */
  readonly runUntil: (limitMs: number, enough: () => boolean) => boolean
}

function isBefore(left: Planned | undefined, right: Planned | undefined): boolean {
  if (left === undefined || right === undefined) return left !== undefined
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.turn < right.turn)
}

/** A binary heap; `turn` makes the order of equal times that of planning. */
export function createClock(): Clock {
  const heap: Planned[] = []
  let nowMs = 0
  let turns = 0

  const swap = (left: number, right: number): void => {
    const [a, b] = [heap[left], heap[right]]
    if (a === undefined || b === undefined) return
    heap[left] = b
    heap[right] = a
  }
  const push = (planned: Planned): void => {
    let place = heap.push(planned) - 1
    while (place > 0 && isBefore(heap[place], heap[(place - 1) >> 1])) {
      swap(place, (place - 1) >> 1)
      place = (place - 1) >> 1
    }
  }
  const pop = (): Planned | undefined => {
    swap(0, heap.length - 1)
    const first = heap.pop()
    for (let place = 0; ; ) {
      const [left, right] = [2 * place + 1, 2 * place + 2]
      const child = isBefore(heap[right], heap[left]) ? right : left
      if (!isBefore(heap[child], heap[place])) return first
      swap(child, place)
      place = child
    }
  }
  return {
    nowMs: () => nowMs,
    after: (delayMs, run) => {
      turns += 1
      push({ atMs: nowMs + delayMs, turn: turns, run })
    },
    runUntil: (limitMs, enough) => {
      while (!enough()) {
        const next = heap[0]
        if (next === undefined || next.atMs > limitMs) {
          nowMs = limitMs
          return false
        }
        pop()
        nowMs = next.atMs
        next.run()
      }
      return true
    },
  }
}
