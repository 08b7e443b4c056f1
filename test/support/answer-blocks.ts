// How many blocks lie between a question and its result, read from a network that is at work.
import { queryNames, queryOpen } from '../../apps/vault/query-open.ts'
import { createClient } from '../../client/client.ts'
import type { Hex } from '../../vm/types.ts'
import { transactionsAt } from './public-ledger.ts'

/** What the view says of a question. */
type Answer = {
  readonly query: { readonly height: number }
  readonly result: { readonly height: number } | null
}

export type AnswerBlocks = {
  /** From the block of the question to that of the result, question by question. */
  readonly found: () => readonly number[]
  /** When the node is gone. */
  readonly ended: Promise<void>
}

/** Follows one node from now on; it may go away at any time. */
export function followAnswers(url: string): AnswerBlocks {
  const client = createClient({ url })
  const asked = new Set<Hex>()
  const blocks = new Map<Hex, number>()
  const read = async (height: number): Promise<void> => {
    for (const { body, code } of await transactionsAt(client, height)) {
      if (body.tag !== queryOpen.tag || code !== '') continue
      const { query } = queryNames(queryOpen.payload.fromCbor(body.payload) as never)
      asked.add(query)
    }
    for (const query of asked) {
      if (blocks.has(query)) continue
      const { result: answer } = (await client.query('vault.query', { query })) as unknown as {
        readonly result: Answer
      }
      if (answer.result !== null) blocks.set(query, answer.result.height - answer.query.height)
    }
  }
  const follow = async (): Promise<void> => {
    let next = (await client.head()).height + 1
    for (;;) {
      const { height } = await client.head()
      for (; next <= height; next++) await read(next)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return { found: () => [...blocks.values()], ended: follow().catch(() => undefined) }
}
