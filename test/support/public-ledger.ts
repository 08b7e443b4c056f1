// What everybody reads in the blocks of a node: transactions with their codes, and the records in them.
import type { RecordBatch } from '../../apps/vault/payloads.ts'
import { recordBatch } from '../../apps/vault/record-batch.ts'
import { type Client, createClient } from '../../client/client.ts'
import { assert } from '../../vm/assert.ts'
import { fromHex } from '../../vm/bytes.ts'
import type { Point } from '../../vm/crypto/group.ts'
import { ristretto255 as group } from '../../vm/crypto/ristretto255.ts'
import { type Body, bodyOf, decodeTransaction } from '../../vm/transaction.ts'
import type { Height, Hex } from '../../vm/types.ts'

type Block = {
  readonly envelopes: readonly Hex[]
  readonly receipts: readonly { readonly code: string }[]
}

type Seen = { readonly body: Body; readonly code: string | undefined }

export async function transactionsAt(client: Client, height: Height): Promise<readonly Seen[]> {
  const { envelopes, receipts } = (await client.call('chain_block', {
    height,
    envelopes: true,
  })) as Block
  return envelopes.map((envelope, at) => {
    const body = bodyOf(decodeTransaction(fromHex(envelope)))
    return { body, code: receipts[at]?.code }
  })
}

export async function readTransactions(url: string): Promise<readonly Seen[]> {
  const client = createClient({ url })
  const { height } = await client.head()
  const seen: Seen[] = []
  for (let at = 1; at <= height; at++) seen.push(...(await transactionsAt(client, at)))
  return seen
}

export type Ciphertext = { readonly R: Point; readonly C: Point }
export type SealedRecord = Ciphertext & { readonly tag: Hex; readonly policy: Hex }

function pointOf(bytes: Uint8Array): Point {
  const point = group.decode(bytes)
  assert(point !== undefined, 'what is in a block decodes')
  return point
}

/** All records under a threshold key. */
export async function readRecords(url: string): Promise<readonly SealedRecord[]> {
  return (await readTransactions(url)).flatMap(({ body }) => {
    if (body.tag !== recordBatch.tag) return []
    const { records } = recordBatch.payload.fromCbor(body.payload) as unknown as RecordBatch
    return records.map(({ ephemeral, ciphertext, tag, policy }) => {
      return { R: pointOf(ephemeral), C: pointOf(ciphertext), tag, policy }
    })
  })
}
