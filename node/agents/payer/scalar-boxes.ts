// The boxes of scalar answers to one payer: the ledger keeps hashes, the transactions that its events name have the boxes.
import { boxHash } from '../../../apps/vault/deals.ts'
import type { RepRespondScalar } from '../../../apps/vault/replicated/payloads.ts'
import { repRespondScalar } from '../../../apps/vault/replicated/respond-scalar.ts'
import { decode } from '../../../vm/codec.ts'
import type { Digest } from '../../../vm/types.ts'
import type { AgentContext } from '../process.ts'

type Place = { readonly query: Digest; readonly class: number; readonly index: number }

export type ScalarBoxes = {
  /** The box with that hash; undefined if no event has told of it yet. */
  readonly find: (place: Place & { readonly boxHash: Digest }) => Promise<Uint8Array | undefined>
}

const PAGE = 100

const nameOf = ({ query, class: held, index }: Place, hash: Digest) =>
  `${query}/${held}/${index}/${hash}`

export function openScalarBoxes(
  { nodes }: Pick<AgentContext, 'nodes'>,
  insurer: `0x${string}`,
): ScalarBoxes {
  const boxes = new Map<string, Uint8Array>()
  let cursor: string | null = null
  let reading: Promise<void> = Promise.resolve()

  const keep = async (txId: Digest): Promise<void> => {
    const { transaction } = await nodes.ask(({ verified }) => verified.transaction(txId))
    const { tag, encodedPayload } = transaction.body
    if (tag !== repRespondScalar.tag) return
    const said = decode(repRespondScalar.payload, encodedPayload) as unknown as RepRespondScalar
    for (const { class: held, box } of said.answers) {
      const place = { query: said.query, class: held, index: said.index }
      boxes.set(nameOf(place, boxHash(box)), box)
    }
  }

  const readOn = async (): Promise<void> => {
    for (;;) {
      const from = cursor
      const page = await nodes.ask(({ verified }) =>
        verified.events({ recipient: insurer, cursor: from, limit: PAGE }),
      )
      for (const { event } of page.events)
        if (event.kind === 'vault.query-answered') await keep(event.txId)
      cursor = page.nextCursor
      if (!page.more) return
    }
  }

  return {
    find: async ({ boxHash: hash, ...place }) => {
      const name = nameOf(place, hash)
      if (!boxes.has(name)) {
        // One reader at a time, and the next one goes on from where it stopped.
        reading = reading.then(readOn, readOn)
        await reading
      }
      return boxes.get(name)
    },
  }
}
