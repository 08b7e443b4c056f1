// Values by id in order of arrival, for what comes and goes all the time: what has left keeps nothing alive, and nothing keeps it.
import { randomInt } from 'node:crypto'
import { digitsOf } from '../vm/bytes.ts'
import type { Digest } from '../vm/types.ts'

export type Line<V> = {
  readonly get: (id: Digest) => V | undefined
  /** At the end of the line; the id must not be there. */
  readonly add: (id: Digest, value: V) => void
  /** Another value in the same place; does nothing if the id is not there. */
  readonly replace: (id: Digest, value: V) => void
  /** Answers what was there. */
  readonly remove: (id: Digest) => V | undefined
  /** In order of arrival; the line must not change meanwhile. */
  readonly values: () => Iterable<V>
  readonly size: () => number
}

type Entry<V> = {
  readonly id: Digest
  value: V
  before: Entry<V> | undefined
  after: Entry<V> | undefined
  /** The next one in the same bucket. */
  next: Entry<V> | undefined
}

/** Not a generator: the objects that a loop over one is given each time would be as many as all values. */
class Walk<V> implements IterableIterator<V> {
  #entry: Entry<V> | undefined

  constructor(first: Entry<V> | undefined) {
    this.#entry = first
  }

  next(): IteratorResult<V> {
    const entry = this.#entry
    if (entry === undefined) return { done: true, value: undefined }
    this.#entry = entry.after
    return { done: false, value: entry.value }
  }

  [Symbol.iterator](): this {
    return this
  }
}

const BUCKET_BITS = 14
/** An id's first eight digits choose its bucket. */
const DIGITS = 8

/**
 * Unlike a Map, which makes itself a new table every few thousand changes: the one before, dead but old by then, would keep all that
 * was in it alive until old objects are collected, and so make each of them old as well.
 */
export function createLine<V>(): Line<V> {
  const buckets = new Array<Entry<V> | undefined>(1 << BUCKET_BITS).fill(undefined)
  // Odd, and known to nobody: ids can be searched for until many share digits, but not until they share a bucket.
  const factor = 2 * randomInt(2 ** 31) + 1
  let first: Entry<V> | undefined
  let last: Entry<V> | undefined
  let count = 0

  const bucketOf = (id: Digest): number =>
    Math.imul(digitsOf(id, 0, DIGITS), factor) >>> (32 - BUCKET_BITS)
  const find = (id: Digest): Entry<V> | undefined => {
    let entry = buckets[bucketOf(id)]
    while (entry !== undefined && entry.id !== id) entry = entry.next
    return entry
  }
  /** Takes it out of its bucket; undefined if it is in none. */
  const leaveBucket = (id: Digest): Entry<V> | undefined => {
    const bucket = bucketOf(id)
    let previous: Entry<V> | undefined
    let entry = buckets[bucket]
    while (entry !== undefined && entry.id !== id) {
      previous = entry
      entry = entry.next
    }
    if (entry === undefined) return undefined
    if (previous === undefined) buckets[bucket] = entry.next
    else previous.next = entry.next
    entry.next = undefined
    return entry
  }
  const leaveOrder = (entry: Entry<V>): void => {
    const { before, after } = entry
    if (before === undefined) first = after
    else before.after = after
    if (after === undefined) last = before
    else after.before = before
    entry.before = undefined
    entry.after = undefined
  }
  return {
    get: (id) => find(id)?.value,
    add: (id, value) => {
      const bucket = bucketOf(id)
      const entry = { id, value, before: last, after: undefined, next: buckets[bucket] }
      buckets[bucket] = entry
      if (last === undefined) first = entry
      else last.after = entry
      last = entry
      count += 1
    },
    replace: (id, value) => {
      const entry = find(id)
      if (entry !== undefined) entry.value = value
    },
    remove: (id) => {
      const entry = leaveBucket(id)
      if (entry === undefined) return undefined
      leaveOrder(entry)
      count -= 1
      return entry.value
    },
    values: () => new Walk(first),
    size: () => count,
  }
}
