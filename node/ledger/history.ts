// Reads of decided blocks: headers, certificates, transactions, receipts, events, validator sets.

import { keptVotesCodec } from '../../client/signed-vote.ts'
import {
  type BlockEvent,
  blockId,
  decodeHeader,
  eventCodec,
  type Receipt,
  receiptCodec,
} from '../../vm/block.ts'
import { fromHex } from '../../vm/bytes.ts'
import type { Codec } from '../../vm/codec.ts'
import { CodecError } from '../../vm/codec.ts'
import type { Digest, Height } from '../../vm/types.ts'
import { validatorsCodec } from '../../vm/validator.ts'
import {
  afterPrefix,
  certificateKey,
  envelopesKey,
  eventsKey,
  headerKey,
  heightOfKey,
  idsKey,
  placeKey,
  receiptsKey,
  setKey,
  votesKey,
} from '../store/keys.ts'
import type { StoreReads } from '../store/port.ts'
import { prunedError } from './base.ts'
import { listEvents } from './inbox.ts'
import {
  damaged,
  decodeRecord,
  envelopesCodec,
  idsCodec,
  leavesCodec,
  placeCodec,
  unseal,
} from './records.ts'
import type { Ledger, Place, SealedHeader, SetLink } from './types.ts'

/** Leaves of a block's trees as stored. */
export type Leaves = {
  readonly ids: (height: Height) => readonly Uint8Array[] | undefined
  readonly receipts: (height: Height) => readonly Uint8Array[] | undefined
  readonly events: (height: Height) => readonly Uint8Array[] | undefined
}

export type History = Pick<
  Ledger,
  | 'header'
  | 'certificate'
  | 'votes'
  | 'ids'
  | 'block'
  | 'receipts'
  | 'blockEvents'
  | 'place'
  | 'receipt'
  | 'events'
  | 'setChain'
> & { readonly leaves: Leaves }

/** How many records a listing looks at in one step. */
const PAGE = 256

/** Blocks below `lowest`, but block 0, have no bodies here. */
export function createHistory(store: StoreReads, lowest: () => Height = () => 1): History {
  const content = (key: string): Uint8Array | undefined => {
    const record = store.get(key)
    return record && unseal(key, record)
  }
  const reading =
    <T>(keyOf: (height: Height) => string, codec: Codec<T>) =>
    (height: Height): T | undefined => {
      const key = keyOf(height)
      const found = content(key)
      return found && decodeRecord(codec, key, found)
    }
  const ids = reading(idsKey, idsCodec)
  const readEvents = reading(eventsKey, leavesCodec)
  /** Of the block that was asked for last: recipients ask for their events in the newest one, each for its own. */
  let last: { readonly height: Height; readonly leaves: readonly Uint8Array[] } | undefined
  const leaves: Leaves = {
    ids: (height) => ids(height)?.map(fromHex),
    receipts: reading(receiptsKey, leavesCodec),
    events: (height) => {
      if (last?.height === height) return last.leaves
      const found = readEvents(height)
      if (found !== undefined) last = { height, leaves: found }
      return found
    },
  }
  const envelopes = reading(envelopesKey, envelopesCodec)

  const header = (height: Height): SealedHeader | undefined => {
    const key = headerKey(height)
    const headerBytes = content(key)
    return headerBytes && sealedHeader(key, headerBytes)
  }
  const certificate = (height: Height) => content(certificateKey(height))

  const whole =
    <T>(read: (height: Height) => T) =>
    (height: Height): T => {
      if (height > 0 && height < lowest()) throw prunedError(height, lowest())
      return read(height)
    }

  const present = <T>(value: T | undefined, what: string, height: Height): T => {
    if (value === undefined) throw damaged(`block ${height} has no ${what}`)
    return value
  }

  const place = (txId: Digest): Place | undefined => {
    const key = placeKey(txId)
    const found = content(key)
    return found && decodeRecord(placeCodec, key, found)
  }

  const decodedLeaves =
    <T>(read: (height: Height) => readonly Uint8Array[] | undefined, codec: Codec<T>) =>
    (height: Height): readonly T[] | undefined => {
      const all = read(height)
      if (all === undefined) return undefined
      const values: T[] = []
      for (const leaf of all) values.push(decodeRecord(codec, `of block ${height}`, leaf))
      return values
    }
  const receipts = decodedLeaves<Receipt>(leaves.receipts, receiptCodec)

  return {
    leaves,
    header,
    certificate,
    votes: reading(votesKey, keptVotesCodec),
    ids,
    receipts: whole(receipts),
    place,
    blockEvents: whole(decodedLeaves<BlockEvent>(leaves.events, eventCodec)),
    block: whole((height) => {
      const found = header(height)
      if (found === undefined) return undefined
      const certificateBytes = present(certificate(height), 'certificate', height)
      const transactions = present(envelopes(height), 'transactions', height)
      return { ...found, certificateBytes, transactions }
    }),
    receipt: (txId) => {
      const at = place(txId)
      if (at === undefined) return undefined
      const leaf = present(whole(leaves.receipts)(at.height), 'receipts', at.height)[at.index]
      const receipt = decodeRecord(receiptCodec, `of ${txId}`, present(leaf, 'receipt', at.height))
      return { ...at, receipt }
    },
    events: async (query) => {
      // Who has seen all before the lowest block misses nothing.
      const from = (query.after?.height ?? 0) + 1
      if (from < lowest()) throw prunedError(from, lowest())
      return listEvents({ store, leavesOf: leaves.events, lowest }, query)
    },
    setChain: (from) =>
      listSets(store, from, (height) => {
        const sealedHeader = present(header(height), 'header', height)
        const parentBytes =
          height === 0
            ? new Uint8Array()
            : present(header(height - 1), 'header', height - 1).headerBytes
        return {
          ...sealedHeader,
          parentBytes,
          certificateBytes: present(certificate(height), 'certificate', height),
        }
      }),
  }
}

function sealedHeader(key: string, headerBytes: Uint8Array): SealedHeader {
  try {
    return { header: decodeHeader(headerBytes), headerBytes, id: blockId(headerBytes) }
  } catch (error) {
    if (error instanceof CodecError) throw damaged(`the record ${key} is no header`, error)
    throw error
  }
}

async function listSets(
  store: StoreReads,
  from: Height,
  certified: (height: Height) => Omit<SetLink, 'validators'>,
): Promise<readonly SetLink[]> {
  const links: SetLink[] = []
  const below = afterPrefix('v/')
  let next = setKey(from)
  for (;;) {
    const page = await store.range({ from: next, below, limit: PAGE })
    for (const { key, value } of page) {
      const validators = decodeRecord(validatorsCodec, key, unseal(key, value))
      links.push({ ...certified(heightOfKey(key)), validators })
    }
    const last = page.at(-1)
    if (last === undefined) return links
    next = setKey(heightOfKey(last.key) + 1)
  }
}
