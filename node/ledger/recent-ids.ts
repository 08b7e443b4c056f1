// Which transactions may be in the blocks of the validity window: for nearly all that are not, the answer needs no read.
import { digitsOf } from '../../vm/bytes.ts'
import type { Digest, TimeMs } from '../../vm/types.ts'

/** Bits of one generation: fourteen for each of two thousand transactions per second in a window of ten minutes. */
const INDEX_DIGITS = 6
const BITS = 16 ** INDEX_DIGITS
/** Places of an id. */
const PLACES = 4

/** One of the places of an id, which is a hash: its own digits are as good as any function of them. */
function placeOf(id: Digest, number: number): number {
  return digitsOf(id, number * INDEX_DIGITS, INDEX_DIGITS)
}

/** A Bloom filter. */
function createFilter() {
  const bytes = new Uint8Array(BITS / 8)
  return {
    add: (id: Digest): void => {
      for (let number = 0; number < PLACES; number++) {
        const place = placeOf(id, number)
        bytes[place >> 3] = (bytes[place >> 3] ?? 0) | (1 << (place & 7))
      }
    },
    mayHold: (id: Digest): boolean => {
      for (let number = 0; number < PLACES; number++) {
        const place = placeOf(id, number)
        if (((bytes[place >> 3] ?? 0) & (1 << (place & 7))) === 0) return false
      }
      return true
    },
  }
}

export type RecentIds = {
  readonly add: (ids: readonly Digest[], timeMs: TimeMs) => void
  /** False: it is in no block of the window before the newest one. */
  readonly mayHold: (id: Digest) => boolean
}

/** Blocks after `sinceMs` will be added; as long as the window reaches back to before that, anything may be in one. */
export function createRecentIds(windowMs: number, sinceMs: TimeMs): RecentIds {
  let young = createFilter()
  let old = young
  let youngSinceMs = sinceMs
  let newestMs = sinceMs
  return {
    add: (ids, timeMs) => {
      newestMs = timeMs
      if (timeMs > youngSinceMs + windowMs) {
        old = young
        young = createFilter()
        youngSinceMs = timeMs
      }
      for (const id of ids) young.add(id)
    },
    mayHold: (id) =>
      newestMs - windowMs <= sinceMs || young.mayHold(id) || (old !== young && old.mayHold(id)),
  }
}
