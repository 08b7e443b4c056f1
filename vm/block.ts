// The block header, its id, and the leaves that the header's roots commit to.

import { type Codec, decode, encode, type Infer } from './codec.ts'
import { array, named, struct } from './codec-compound.ts'
import { constant, hex, id32, text, uint } from './codec-scalar.ts'
import { digest } from './hash.ts'
import { BATCH_ITEMS_MAX, EVENT_REFERENCE_BYTES_MAX } from './limits.ts'
import type { AccountId, Digest } from './types.ts'

export const headerCodec = named(
  'header',
  struct({
    version: constant(1),
    chainId: hex<Digest>(32),
    height: uint(),
    timeMs: uint(),
    parent: hex<Digest>(32),
    txRoot: hex<Digest>(32),
    receiptRoot: hex<Digest>(32),
    eventRoot: hex<Digest>(32),
    /** The state after this block. */
    stateRoot: hex<Digest>(32),
    /** The set that certifies the next block. */
    validatorsRoot: hex<Digest>(32),
    proposer: hex<AccountId>(32),
  }),
)

/** Neither view nor signatures are part of it: a re-proposed block is the same block. */
export type Header = Infer<typeof headerCodec>

export function encodeHeader(header: Header): Uint8Array {
  return encode(headerCodec, header)
}

/** Throws CodecError. */
export function decodeHeader(bytes: Uint8Array): Header {
  return decode(headerCodec, bytes)
}

export function blockId(headerBytes: Uint8Array): Digest {
  return digest('block', headerBytes)
}

const codeText = text(40, 0, /^[A-Z0-9_]*$/)

export const receiptCodec = named(
  'receipt',
  struct({
    txId: hex<Digest>(32),
    tag: uint(0xffff),
    /** Empty if the transaction took effect; of a batch: if every item did. */
    code: codeText,
    /** Outcome of each item of a batch, empty for ok; no items outside a batch. */
    items: array(codeText, BATCH_ITEMS_MAX),
    cost: uint(),
    /** Hash of the values that the transaction wrote, to find the first place where two nodes differ. */
    writeSetHash: hex<Digest>(32),
  }),
)
export type Receipt = Infer<typeof receiptCodec>

export const eventCodec = named(
  'event',
  struct({
    recipient: id32,
    /** Position among the events of the block, before they are sorted by recipient. */
    index: uint(),
    txId: hex<Digest>(32),
    kind: text(60, 3, /^[a-z]+\.[a-z-]+$/),
    reference: hex(0, EVENT_REFERENCE_BYTES_MAX),
  }),
)
export type BlockEvent = Infer<typeof eventCodec>

/** A leaf of the state root: one application and the root of its tree. */
export const appLeafCodec: Codec<{ readonly app: number; readonly root: Digest }> = named(
  'app-leaf',
  struct({ app: uint(255), root: hex<Digest>(32) }),
)
