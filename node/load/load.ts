// An open loop: transfers are offered at a fixed rate whatever the network does, and counted when a block holds them.
import { setTimeout as sleep } from 'node:timers/promises'
import { watch } from '../../client/watch.ts'
import type { JsonValue } from '../../vm/codec.ts'
import type { Digest } from '../../vm/types.ts'
import { type Percentiles, percentilesOf } from './percentiles.ts'
import { createSender } from './sender.ts'
import { createTransferFactory, type Payer, type Transfer } from './transfers.ts'

export type LoadPlan = {
  /** RPC addresses; transfers go to them in turn. */
  readonly urls: readonly string[]
  readonly chainId: Digest
  readonly payers: readonly Payer[]
  /** Transfers per second. */
  readonly rate: number
  readonly seconds: number
  /** How long the last transfers may take. */
  readonly drainMs?: number
  /** Ends the load early. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: LoadProgress) => void
}

export type LoadProgress = { readonly offered: number; readonly delivered: number }

export type LoadReport = {
  readonly rate: number
  readonly seconds: number
  readonly offered: number
  readonly accepted: number
  /** In certified blocks, with an empty refusal code. */
  readonly delivered: number
  readonly deliveredPerSecond: number
  readonly refused: Readonly<Record<string, number>>
  /** From the time at which a transfer was due to the news of its block. */
  readonly latencyMs: Percentiles
  readonly blocks: number
  readonly bytesPerTransfer: number
}

/** Transfers are offered in portions, this often. */
const TICK_MS = 20
/** Transfers are signed this long ahead of their time. */
const AHEAD_MS = 1_000
const VALID_MS = 120_000
const DRAIN_MS = 15_000

type BlockOfIds = {
  readonly transactions: readonly { readonly id: Digest; readonly code: string }[]
}

/** What is under way, and what has come back. */
class Book {
  readonly dueAt = new Map<Digest, number>()
  readonly latencies: number[] = []
  blocks = 0
  lastMs = 0

  take(block: BlockOfIds): void {
    const now = performance.now()
    let own = 0
    for (const { id, code } of block.transactions) {
      const due = this.dueAt.get(id)
      if (due === undefined) continue
      this.dueAt.delete(id)
      own += 1
      if (code === '') this.latencies.push(now - due)
    }
    if (own === 0) return
    this.blocks += 1
    this.lastMs = now
  }
}

/** Follows one node; when it falls silent, the next. */
function follow(urls: readonly string[], book: Book): () => void {
  const stops = urls.map((url) =>
    watch({
      url,
      topic: { topic: 'transactions' },
      onResult: (result: JsonValue) => book.take(result as unknown as BlockOfIds),
    }),
  )
  return () => {
    for (const stop of stops) stop()
  }
}

export async function runLoad(plan: LoadPlan): Promise<LoadReport> {
  const { urls, rate, seconds, drainMs = DRAIN_MS, signal } = plan
  const sender = createSender(urls)
  const make = createTransferFactory(plan.chainId, plan.payers)
  const book = new Book()
  const stop = follow(urls, book)
  const total = Math.round(rate * seconds)
  const ready: Transfer[] = []
  const underway = new Set<Promise<void>>()
  const refused = new Map<string, number>()
  const sum = { made: 0, offered: 0, accepted: 0, bytes: 0 }

  const prepare = (until: number): void => {
    for (; sum.made < Math.min(total, until); sum.made++) {
      const transfer = make(Date.now() + VALID_MS)
      sum.bytes += transfer.bytes
      ready.push(transfer)
    }
  }
  const offer = (until: number, startMs: number): void => {
    const portion = ready.splice(0, until - sum.offered)
    for (const [index, { id }] of portion.entries()) {
      book.dueAt.set(id, startMs + ((sum.offered + index) * 1_000) / rate)
    }
    sum.offered += portion.length
    if (portion.length === 0) return
    const sent = sender.send(portion.map(({ envelope }) => envelope)).then((outcome) => {
      sum.accepted += outcome.accepted
      for (const [code, count] of outcome.refused) {
        refused.set(code, (refused.get(code) ?? 0) + count)
      }
      underway.delete(sent)
    })
    underway.add(sent)
  }

  prepare(Math.ceil((rate * AHEAD_MS) / 1_000))
  await sleep(300)
  const startMs = performance.now()
  while (sum.offered < total && signal?.aborted !== true) {
    const elapsedMs = performance.now() - startMs
    prepare(Math.ceil((rate * (elapsedMs + AHEAD_MS)) / 1_000))
    offer(Math.min(total, Math.floor((rate * elapsedMs) / 1_000)), startMs)
    plan.onProgress?.({ offered: sum.offered, delivered: book.latencies.length })
    const spentMs = performance.now() - startMs - elapsedMs
    await sleep(Math.max(1, TICK_MS - spentMs))
  }
  await Promise.all(underway)
  const deadline = performance.now() + drainMs
  while (book.dueAt.size > 0 && performance.now() < deadline && signal?.aborted !== true) {
    await sleep(50)
    if (book.latencies.length >= sum.accepted) break
  }
  stop()
  return {
    rate,
    seconds,
    offered: sum.offered,
    accepted: sum.accepted,
    delivered: book.latencies.length,
    deliveredPerSecond: (book.latencies.length * 1_000) / Math.max(1, book.lastMs - startMs),
    refused: Object.fromEntries(refused),
    latencyMs: percentilesOf(book.latencies),
    blocks: book.blocks,
    bytesPerTransfer: sum.made === 0 ? 0 : Math.round(sum.bytes / sum.made),
  }
}
