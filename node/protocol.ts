// What nodes say to each other besides votes: requests for bodies and blocks, and bundles of transactions.

import { messageCodec, proposedBlockCodec } from '../consensus/message.ts'
import type { Codec, Infer } from '../vm/codec.ts'
import { array, choice, named, optional, struct } from '../vm/codec-compound.ts'
import { bytes, hex, uint } from '../vm/codec-scalar.ts'
import { BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX, ENVELOPE_BYTES_MAX } from '../vm/limits.ts'
import type { Digest } from '../vm/types.ts'

/** Blocks of one answer; the answer is cut earlier by its bytes. */
export const BLOCKS_PER_ANSWER_MAX = 64
/** Bytes of one answer. */
export const ANSWER_BYTES_MAX = 2 * BLOCK_BYTES_MAX
/** Bytes of a header or a certificate. */
const HEADER_BYTES_MAX = 1_024
const CERTIFICATE_BYTES_MAX = 8_192

const envelope = bytes(1, ENVELOPE_BYTES_MAX)

/** A block as nodes hand it on: everything needed to check and to execute it. */
export const certifiedBlockCodec = named(
  'certified-block',
  struct({
    header: bytes(1, HEADER_BYTES_MAX),
    envelopes: array(envelope, BLOCK_TRANSACTIONS_MAX),
    certificate: bytes(1, CERTIFICATE_BYTES_MAX),
  }),
)
export type CertifiedBlock = Infer<typeof certifiedBlockCodec>

export const requestCodec = named(
  'request',
  choice({
    /** The newest decided height of the peer. */
    head: [1, struct({})],
    /** Envelopes by id, of a proposal, of the mempool or of a block. */
    bodies: [2, struct({ ids: array(hex<Digest>(32), BLOCK_TRANSACTIONS_MAX, 1) })],
    /** Decided blocks from a height on. */
    blocks: [3, struct({ from: uint(), count: uint(BLOCKS_PER_ANSWER_MAX, 1) })],
    /** Header and ids of a block that the peer proposed, prepared or decided. */
    proposal: [4, struct({ blockId: hex<Digest>(32) })],
  }),
)
export type Request = Infer<typeof requestCodec>

/** The newest block of the peer, and from where on it has whole blocks; the certificate of block 0 is empty. */
export const headAnswerCodec = named(
  'head-answer',
  struct({
    header: bytes(1, HEADER_BYTES_MAX),
    certificate: bytes(0, CERTIFICATE_BYTES_MAX),
    lowest: uint(),
  }),
)
/** In the order asked for; null for an id that the peer does not hold. */
export const bodiesAnswerCodec = named(
  'bodies-answer',
  array(optional(envelope), BLOCK_TRANSACTIONS_MAX),
)
export const blocksAnswerCodec = named(
  'blocks-answer',
  choice({
    blocks: [1, struct({ blocks: array(certifiedBlockCodec, BLOCKS_PER_ANSWER_MAX) })],
    /** The peer has no whole blocks below `lowest` any more. */
    pruned: [2, struct({ lowest: uint() })],
  }),
)
export type BlocksAnswer = Infer<typeof blocksAnswerCodec>

export const proposalAnswerCodec = proposedBlockCodec

/** What the consensus stream carries: votes, and the news that a height is decided (consensus.md rule 7). */
export const consensusFrameCodec = named(
  'consensus-frame',
  choice({
    message: [1, struct({ message: messageCodec })],
    decided: [
      2,
      struct({
        header: bytes(1, HEADER_BYTES_MAX),
        certificate: bytes(1, CERTIFICATE_BYTES_MAX),
      }),
    ],
  }),
)
export type ConsensusFrame = Infer<typeof consensusFrameCodec>

/** A frame of the transactions stream. */
export const transactionsFrameCodec: Codec<readonly Uint8Array[]> = named(
  'transactions-frame',
  array(envelope, BLOCK_TRANSACTIONS_MAX, 1),
)
