// What nodes say to each other besides votes: requests for bodies and blocks, and bundles of transactions.

import { messageCodec, proposedBlockCodec } from '../consensus/message.ts'
import type { Codec, Infer } from '../vm/codec.ts'
import { array, choice, named, optional, struct } from '../vm/codec-compound.ts'
import { bytes, hex, text, uint } from '../vm/codec-scalar.ts'
import {
  BLOCK_BYTES_MAX,
  BLOCK_TRANSACTIONS_MAX,
  ENVELOPE_BYTES_MAX,
  STATE_KEY_LENGTH_MAX,
  STATE_VALUE_BYTES_MAX,
} from '../vm/limits.ts'
import type { Digest } from '../vm/types.ts'
import { validatorsCodec } from '../vm/validator.ts'

/** Blocks of one answer; the answer is cut earlier by its bytes. */
export const BLOCKS_PER_ANSWER_MAX = 64
/** Bytes of one answer. */
export const ANSWER_BYTES_MAX = 2 * BLOCK_BYTES_MAX
/** Bytes of a header or a certificate. */
const HEADER_BYTES_MAX = 1_024
const CERTIFICATE_BYTES_MAX = 8_192

/** Headers of one answer; the answer is cut earlier by its bytes. */
export const HEADERS_PER_ANSWER_MAX = 256
/** Links of the set chain in one answer. */
export const SETS_PER_ANSWER_MAX = 64
/** States that one node holds for others. */
export const SNAPSHOTS_MAX = 4
/** Values of a state in one answer, in bytes of keys and values; what has more is answered by its node. */
export const CHUNK_BYTES_MAX = 512 * 1024
/** Every entry has a key. */
const CHUNK_ENTRIES_MAX = CHUNK_BYTES_MAX
/** A node has sixteen slots of a version, a path and a value hash, and four bytes before them. */
const TREE_NODE_BYTES_MAX = 4 + 16 * 70

const envelope = bytes(1, ENVELOPE_BYTES_MAX)
/** Hexadecimal digits of a path. */
const treePrefix = text(64, 0, /^[0-9a-f]*$/)

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
    /** The states that the peer holds for others to fetch. */
    snapshots: [5, struct({})],
    /** What the state of that block has below a prefix of an application's tree. */
    state: [6, struct({ blockId: hex<Digest>(32), app: uint(255, 1), prefix: treePrefix })],
    /** Changes of the validator set in blocks from a height on. */
    sets: [7, struct({ from: uint() })],
    /** Headers and ids from a height downwards. */
    headers: [8, struct({ from: uint(), count: uint(HEADERS_PER_ANSWER_MAX, 1) })],
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

/** Certified headers, the newest first, each with the roots of the applications' trees. */
export const snapshotsAnswerCodec = named(
  'snapshots-answer',
  array(
    struct({
      header: bytes(1, HEADER_BYTES_MAX),
      certificate: bytes(0, CERTIFICATE_BYTES_MAX),
      roots: array(struct({ app: uint(255, 1), root: bytes(32) }), 255),
    }),
    SNAPSHOTS_MAX,
  ),
)
export type SnapshotOffer = Infer<typeof snapshotsAnswerCodec>[number]

export const stateAnswerCodec = named(
  'state-answer',
  choice({
    /** All values below the prefix, in the order of their keys' paths. */
    values: [
      1,
      struct({
        entries: array(
          struct({
            key: text(STATE_KEY_LENGTH_MAX, 1, /^[\x21-\x7e]+$/),
            value: bytes(0, STATE_VALUE_BYTES_MAX),
          }),
          CHUNK_ENTRIES_MAX,
          1,
        ),
      }),
    ],
    /** There is more than an answer holds: the node at the prefix, whose children are asked for. */
    node: [2, struct({ bytes: bytes(1, TREE_NODE_BYTES_MAX) })],
    /** The peer holds that state no more. */
    gone: [3, struct({})],
  }),
)
export type StateAnswer = Infer<typeof stateAnswerCodec>

export const setsAnswerCodec = named(
  'sets-answer',
  array(
    struct({
      header: bytes(1, HEADER_BYTES_MAX),
      parent: bytes(0, HEADER_BYTES_MAX),
      certificate: bytes(0, CERTIFICATE_BYTES_MAX),
      validators: validatorsCodec,
    }),
    SETS_PER_ANSWER_MAX,
  ),
)

/** Downwards; each with the ids of its block. */
export const headersAnswerCodec = named(
  'headers-answer',
  array(
    struct({
      header: bytes(1, HEADER_BYTES_MAX),
      ids: array(hex<Digest>(32), BLOCK_TRANSACTIONS_MAX),
    }),
    HEADERS_PER_ANSWER_MAX,
  ),
)

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
