// The four messages of PBFT with what they carry outside their signatures, and their one codec.
import { type Codec, decode, encode } from '../vm/codec.ts'
import { array, choice, named, optional, struct } from '../vm/codec-compound.ts'
import { bytes, constant, hex, uint } from '../vm/codec-scalar.ts'
import { BLOCK_TRANSACTIONS_MAX, ENVELOPE_BYTES_MAX, VALIDATORS_MAX } from '../vm/limits.ts'
import type { Digest, ReplicaIndex } from '../vm/types.ts'
import { kindNumbers, type Report, reportCodec, type Vote } from '../vm/vote.ts'
import { type PreparedCertificate, preparedCertificateCodec } from './certificate.ts'
import type { ProposedTransaction } from './types.ts'

/** Who signed; the signature covers the vote alone, not these two nor any attachment. */
type Signed = { readonly signer: ReplicaIndex; readonly signature: Uint8Array }

/** A view-change without its certificate: enough to show what its signer reported. */
export type JustifyingViewChange = Signed & { readonly prepared: Report | null }

/** Why the primary of a view above 0 may propose what it proposes (rule 1). */
export type Justification = {
  /** Q view-changes for exactly this height and view, by distinct validators. */
  readonly viewChanges: readonly JustifyingViewChange[]
  /** Proof of the highest view that any of them reports; null if none reports one. */
  readonly certificate: PreparedCertificate | null
}

type VoteOf<Kind extends Vote['kind']> = Extract<Vote, { kind: Kind }>

/** The primary's proposal of a block. It is not a prepare. */
export type PrePrepare = VoteOf<'pre-prepare'> &
  Signed & {
    readonly header: Uint8Array
    readonly transactions: readonly ProposedTransaction[]
    /** Null in view 0 only. */
    readonly justification: Justification | null
  }

/** "I executed this block in this view, and every root is equal." */
export type Prepare = VoteOf<'prepare'> & Signed

/** "I hold a prepared certificate of this view"; part of the block's commit certificate. */
export type Commit = VoteOf<'commit'> & Signed

/** "I take no further part in lower views, and this is the highest block that I know as prepared." */
export type ViewChange = VoteOf<'view-change'> &
  Signed & {
    /** Proves `prepared`; null if that is null. */
    readonly certificate: PreparedCertificate | null
  }

export type Message = PrePrepare | Prepare | Commit | ViewChange

type Without<M> = M extends Message ? Omit<M, 'signature'> : never

/** A message that this replica wants to have signed. */
export type Unsigned = Without<Message>

/** Bytes of an encoded header. */
const headerBytesMax = 1024

const signature = bytes(64)
const signer = uint(VALIDATORS_MAX - 1)

const transactionsCodec: Codec<readonly ProposedTransaction[]> = array(
  struct({ id: hex<Digest>(32), length: uint(ENVELOPE_BYTES_MAX, 1) }),
  BLOCK_TRANSACTIONS_MAX,
)

/** All of a block but the transactions' bytes: what a journal keeps under a prepare. */
export const proposedBlockCodec = named(
  'proposed-block',
  struct({
    blockId: hex<Digest>(32),
    header: bytes(1, headerBytesMax),
    transactions: transactionsCodec,
  }),
)

const justificationCodec: Codec<Justification> = named(
  'justification',
  struct({
    viewChanges: array(
      struct({ signer, prepared: optional(reportCodec), signature }),
      VALIDATORS_MAX,
      1,
    ),
    certificate: optional(preparedCertificateCodec),
  }),
)

const vote = struct({ height: uint(), view: uint(), blockId: hex<Digest>(32), signer, signature })

const body: Codec<Message> = choice({
  'pre-prepare': [
    kindNumbers['pre-prepare'],
    struct({
      height: uint(),
      view: uint(),
      blockId: hex<Digest>(32),
      signer,
      signature,
      header: bytes(1, headerBytesMax),
      transactions: transactionsCodec,
      justification: optional(justificationCodec),
    }),
  ],
  prepare: [kindNumbers.prepare, vote],
  commit: [kindNumbers.commit, vote],
  'view-change': [
    kindNumbers['view-change'],
    struct({
      height: uint(),
      view: uint(),
      prepared: optional(reportCodec),
      signer,
      signature,
      certificate: optional(preparedCertificateCodec),
    }),
  ],
})

const versioned = struct({ version: constant(1), message: body })

/** Messages on the wire and on disk: [version, [kind, fields]]. */
export const messageCodec: Codec<Message> = named('consensus-message', {
  ...versioned,
  toCbor: (message: Message) => versioned.toCbor({ version: 1, message }),
  fromCbor: (item) => versioned.fromCbor(item).message,
  write: (message: Message, sink) => versioned.write({ version: 1, message }, sink),
  read: (cursor) => versioned.read(cursor).message,
  toJson: (message: Message) => versioned.toJson({ version: 1, message }),
  fromJson: (json) => versioned.fromJson(json).message,
})

export function encodeMessage(message: Message): Uint8Array {
  return encode(messageCodec, message)
}

/** Throws CodecError; the result is well formed and nothing more. */
export function decodeMessage(encoded: Uint8Array): Message {
  return decode(messageCodec, encoded)
}
