// Follows every node's blocks and transactions as a client does, and notes when each was first heard of.
import { watch } from '../../client/watch.ts'
import type { JsonValue } from '../../vm/codec.ts'
import type { Digest, Height } from '../../vm/types.ts'
import type { History } from './history.ts'

type BlockNews = { readonly height: Height; readonly id: Digest }
type TransactionNews = {
  readonly height: Height
  readonly transactions: readonly { readonly id: Digest; readonly code: string }[]
}

export type Followed = {
  /** When a block with transactions was first heard of from anybody, in order. */
  readonly firstMs: readonly number[]
  readonly height: () => Height
  readonly stop: () => void
}

export type FollowPlan = {
  readonly nodes: readonly { readonly name: string; readonly rpcUrl: string }[]
  readonly history: History
  readonly fromHeight?: Height
  readonly onTransactions?: (url: string, news: TransactionNews) => void
}

export function follow({ nodes, history, fromHeight, onTransactions }: FollowPlan): Followed {
  const firstMs: number[] = []
  let newest = 0
  const from = fromHeight === undefined ? {} : { fromHeight }
  const stops = nodes.flatMap(({ name, rpcUrl }) => [
    watch({
      url: rpcUrl,
      topic: { topic: 'newBlocks', ...from },
      onResult: (result: JsonValue) => {
        const { height, id } = result as unknown as BlockNews
        history.block(name, height, id)
      },
    }),
    watch({
      url: rpcUrl,
      topic: { topic: 'transactions', ...from },
      onResult: (result: JsonValue) => {
        const news = result as unknown as TransactionNews
        if (news.height > newest) {
          newest = news.height
          firstMs.push(performance.now())
        }
        const ids = news.transactions.map(({ id }) => id)
        history.include(name, news.height, ids)
        onTransactions?.(rpcUrl, news)
      },
    }),
  ])
  return {
    firstMs,
    height: () => newest,
    stop: () => {
      for (const stop of stops) stop()
    },
  }
}

/** The longest time without news between two moments, and all times above a bound. */
export function gapsBetween(
  firstMs: readonly number[],
  span: { readonly fromMs: number; readonly toMs: number },
): readonly { readonly atMs: number; readonly lengthMs: number }[] {
  const inside = firstMs.filter((ms) => ms >= span.fromMs && ms <= span.toMs)
  const before = firstMs.findLast((ms) => ms < span.fromMs) ?? span.fromMs
  const marks = [before, ...inside, span.toMs]
  return marks
    .slice(1)
    .map((ms, index) => ({ atMs: marks[index] ?? ms, lengthMs: ms - (marks[index] ?? ms) }))
}
