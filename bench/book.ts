// The times of every transaction of a run, from the moment at which it was due.
import type { Digest } from '../vm/types.ts'

export type Times = {
  readonly accepted: number[]
  readonly committed: number[]
  readonly seen: number[]
}

export type Book = {
  /** The transactions from `from` to before `to` were due then, at the entry node. */
  readonly due: (span: Span, atMs: number, node: number) => void
  /** The entry node has taken them. */
  readonly accepted: (span: Span, atMs: number, taken: number) => void
  /** A subscriber at a node heard of a block with these. */
  readonly heard: (node: number, block: readonly Outcome[], atMs: number) => void
  /** In blocks and not refused there. */
  readonly delivered: () => number
  readonly acceptedCount: () => number
  /** Offered and heard of by nobody. */
  readonly underWay: () => number
  /** Codes of transactions that blocks hold as refused. */
  readonly refused: ReadonlyMap<string, number>
  readonly times: () => Times
  /** Of what was due from then on: when, after that, and how long until it was seen. */
  readonly seenSince: (fromMs: number) => readonly (readonly [dueMs: number, tookMs: number])[]
}

export type Span = { readonly from: number; readonly to: number }
export type Outcome = { readonly id: Digest; readonly code: string }

const UNKNOWN = Number.NaN

/** What delivers: the block that holds a transaction, or the answer to a query. */
export type End = 'block' | 'answer'

export function createBook(ids: readonly Digest[], end: End = 'block'): Book {
  const places = new Map(ids.map((id, place) => [id, place]))
  const column = () => new Float64Array(ids.length).fill(UNKNOWN)
  const dueAt = column()
  const committedAt = column()
  const seenAt = column()
  const entry = new Uint8Array(ids.length)
  const accepted: number[] = []
  const refused = new Map<string, number>()
  let offered = 0
  let ended = 0
  let delivered = 0
  /** Milliseconds from due to then, where both are known. */
  const since = (at: Float64Array): number[] =>
    Array.from(at, (atMs, place) => atMs - (dueAt[place] ?? UNKNOWN)).filter(Number.isFinite)
  return {
    refused,
    due: ({ from, to }, atMs, node) => {
      dueAt.fill(atMs, from, to)
      entry.fill(node, from, to)
      offered += to - from
    },
    accepted: ({ from }, atMs, taken) => {
      const ms = atMs - (dueAt[from] ?? UNKNOWN)
      for (let count = 0; count < taken; count++) accepted.push(ms)
      if (end === 'block') return
      ended += taken
      delivered += taken
    },
    heard: (node, block, atMs) => {
      for (const { id, code } of block) {
        const place = places.get(id)
        if (place === undefined) continue
        const isNews = Number.isNaN(committedAt[place])
        if (isNews) ended += 1
        if (code !== '') {
          if (isNews) refused.set(code, (refused.get(code) ?? 0) + 1)
          if (isNews) committedAt[place] = Number.POSITIVE_INFINITY
          continue
        }
        if (isNews) {
          committedAt[place] = atMs
          delivered += 1
        }
        if (entry[place] === node) seenAt[place] = atMs
      }
    },
    delivered: () => delivered,
    acceptedCount: () => accepted.length,
    underWay: () => offered - ended,
    times: () =>
      end === 'answer'
        ? { accepted, committed: accepted, seen: accepted }
        : { accepted, committed: since(committedAt), seen: since(seenAt) },
    seenSince: (fromMs) =>
      Array.from(seenAt, (atMs, place): readonly [number, number] => {
        const dueMs = dueAt[place] ?? UNKNOWN
        return [dueMs - fromMs, atMs - dueMs]
      }).filter(([dueMs, ms]) => dueMs >= 0 && Number.isFinite(ms)),
  }
}
