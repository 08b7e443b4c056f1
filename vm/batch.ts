// A batch: one envelope with up to a thousand payloads of one type under one signature.

import type { Payload, TxType } from './app.ts'
import { type CborValue, type Codec, CodecError, decode, encoded, raw, within } from './codec.ts'
import { array, named, struct } from './codec-compound.ts'
import { bool, uint } from './codec-scalar.ts'
import { BATCH_ITEMS_MAX } from './limits.ts'
import type { Transaction } from './transaction.ts'

/** The body's tag of a batch. */
export const BATCH_TAG = 1

export type Batch = {
  /** Whether one refused item refuses all. */
  readonly atomic: boolean
  /** The type of every payload. */
  readonly tag: number
  readonly payloads: readonly CborValue[]
}

const beforePayloads = { atomic: bool, tag: uint(0xffff) }

export const batchCodec: Codec<Batch> = named(
  'batch',
  struct({ ...beforePayloads, payloads: array(raw, BATCH_ITEMS_MAX, 1) }),
)

/** A batch whose payloads are left to the codec of their type. */
const receivedBatchCodec = struct({
  ...beforePayloads,
  encodedPayloads: array(encoded, BATCH_ITEMS_MAX, 1),
})

/** The acts of one transaction: one item outside a batch. */
export type Acts = {
  readonly type: TxType
  readonly items: readonly Payload[]
  readonly batch: boolean
  readonly atomic: boolean
  /** Verification units of the whole envelope: signatures, items, one for the batch. */
  readonly cost: number
}

/** The payloads of a transaction as its type reads them; throws CodecError for an unknown tag or a payload of another form. */
export function decodeActs(types: ReadonlyMap<number, TxType>, transaction: Transaction): Acts {
  const { tag, encodedPayload, signers } = transaction.body
  const batch =
    tag === BATCH_TAG
      ? within('payload', () => decode(receivedBatchCodec, encodedPayload))
      : undefined
  const type = types.get(batch?.tag ?? tag)
  if (type === undefined)
    throw new CodecError(`no transaction type has the tag ${batch?.tag ?? tag}`, 'tag')
  const items = within('payload', () =>
    batch === undefined
      ? [decode(type.payload, encodedPayload)]
      : batch.encodedPayloads.map((item, index) =>
          within(`[${index}]`, () => decode(type.payload, item)),
        ),
  )
  const sum = items.reduce((units, item) => units + type.cost(item), 0)
  return {
    type,
    items,
    batch: batch !== undefined,
    atomic: batch?.atomic ?? true,
    cost: signers.length + sum + (batch === undefined ? 0 : 1),
  }
}
