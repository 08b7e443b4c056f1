// The heights after the head, cut into ranges: wanted, asked for, or here and waiting for their turn. Bounded by bytes.
import type { Height, PublicKey } from '../../vm/types.ts'
import { ANSWER_BYTES_MAX, BLOCKS_PER_ANSWER_MAX, type CertifiedBlock } from '../protocol.ts'

/** What may be held and under way together. */
const BYTES_MAX = 8 * ANSWER_BYTES_MAX
/** Ranges ahead of the head. */
const RANGES_MAX = 64

export type Delivery = {
  readonly peerKey: PublicKey
  readonly blocks: readonly CertifiedBlock[]
  readonly bytes: number
}

export type Range = {
  readonly from: Height
  count: number
  /** Whom it is asked of now. */
  readonly asked: Map<PublicKey, 'awaited' | 'late'>
  here: Delivery | undefined
}

export function createRanges() {
  let ranges: Range[] = []

  const create = (from: Height, count: number): Range => ({
    from,
    count,
    asked: new Map(),
    here: undefined,
  })
  const after = (range: Range): Height => range.from + range.count

  return {
    all: (): readonly Range[] => ranges,
    /** Covers the heights from the one after `head` to `top`, as far as there is room. */
    cover: (head: Height, top: Height): void => {
      ranges = ranges.filter((range) => after(range) > head + 1)
      const [first] = ranges
      // Another way stored a part of the first one, or a liar's range was thrown away.
      if (first !== undefined && first.from <= head)
        ranges[0] = create(head + 1, after(first) - head - 1)
      if (first !== undefined && first.from > head + 1)
        ranges.unshift(create(head + 1, first.from - head - 1))
      // What nobody claims any more is not waited for.
      while ((ranges.at(-1)?.from ?? 0) > top) ranges.pop()
      for (;;) {
        const last = ranges.at(-1)
        const from = last === undefined ? head + 1 : after(last)
        if (from > top || ranges.length >= RANGES_MAX) return
        ranges.push(create(from, Math.min(BLOCKS_PER_ANSWER_MAX, top - from + 1)))
      }
    },
    /** Whether one more answer, of whatever size, can be held beside those under way. The first range always has room. */
    hasRoom: (range: Range, underway: number): boolean => {
      const held = ranges.reduce((sum, { here }) => sum + (here?.bytes ?? 0), 0)
      return range === ranges[0] || held + (underway + 1) * ANSWER_BYTES_MAX <= BYTES_MAX
    },
    /** False if nobody waits for it any more. An answer with fewer blocks leaves the rest to be asked for. */
    deliver: (range: Range, here: Delivery): boolean => {
      const place = ranges.indexOf(range)
      if (place === -1 || range.here !== undefined) return false
      const rest = range.count - here.blocks.length
      range.here = here
      range.count = here.blocks.length
      range.asked.clear()
      if (rest > 0) ranges.splice(place + 1, 0, create(after(range), rest))
      return true
    },
    /** The blocks after the head, if they are here. */
    take: (head: Height): Delivery | undefined => {
      const [first] = ranges
      if (first?.here === undefined || first.from !== head + 1) return undefined
      ranges.shift()
      return first.here
    },
    /** Throws away what a liar delivered. */
    drop: (peerKey: PublicKey): void => {
      ranges = ranges.map((range) =>
        range.here?.peerKey === peerKey ? create(range.from, range.count) : range,
      )
    },
  }
}
