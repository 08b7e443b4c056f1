// The ledger as anybody reads it: every block with its receipts and events, from one node.
import { blockAnswer } from '../../client/answers.ts'
import type { Client } from '../../client/client.ts'
import type { BlockEvent } from '../../vm/block.ts'
import type { Infer } from '../../vm/codec.ts'
import type { Height } from '../../vm/types.ts'
import { mapLimited } from '../agents/limit.ts'

export type ReadBlock = Infer<typeof blockAnswer>

/** Blocks that are asked for at a time. */
const AT_ONCE = 8

/** All blocks after the height, up to the newest. */
export async function blocksAfter(client: Client, after: Height): Promise<readonly ReadBlock[]> {
  const { height } = await client.head()
  const heights = Array.from({ length: Math.max(0, height - after) }, (_, at) => after + 1 + at)
  return mapLimited(heights, AT_ONCE, async (at) =>
    blockAnswer.fromJson(await client.call('chain_block', { height: at })),
  )
}

export type PlacedEvent = BlockEvent & { readonly height: Height }

export function eventsOf(blocks: readonly ReadBlock[]): readonly PlacedEvent[] {
  return blocks.flatMap(({ height, events }) => events.map((event) => ({ ...event, height })))
}
