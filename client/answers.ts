// The forms of the answers of a node: the server encodes and describes them by these codecs, the client checks them by the same.
import { commitCertificateCodec } from '../consensus/certificate.ts'
import { eventCodec, headerCodec, receiptCodec } from '../vm/block.ts'
import type { Infer } from '../vm/codec.ts'
import { array, choice, optional, struct } from '../vm/codec-compound.ts'
import { bool, bytes, hex, id32, oneOf, text, uint } from '../vm/codec-scalar.ts'
import { BLOCK_TRANSACTIONS_MAX, ENVELOPE_BYTES_MAX } from '../vm/limits.ts'
import {
  eventAbsenceProofCodec,
  eventProofCodec,
  receiptProofCodec,
  stateProofCodec,
  transactionProofCodec,
} from '../vm/proof.ts'
import { engineKind } from '../vm/quorum.ts'
import { parametersCodec } from '../vm/rules.ts'
import type { Digest } from '../vm/types.ts'
import { validatorsCodec } from '../vm/validator.ts'
import { keptVotesCodec } from './signed-vote.ts'

const digest = hex<Digest>(32)
const height = uint()

/** Items of one page of a listing. */
export const PAGE_MAX = 100
export const PAGE_DEFAULT = 30
/** Envelopes of one tx_submitMany. */
export const SUBMIT_MANY_MAX = 500
/** Links of one answer of chain_setChain. */
export const SET_LINKS_MAX = 1_000

/** A header as its proposer encoded it with its certificate (empty for block 0): what every proof starts from. */
export const certifiedCodec = struct({ header: bytes(1, 1_024), certificate: bytes(0, 8_192) })
export type Certified = Infer<typeof certifiedCodec>

export const headerAnswer = struct({
  height,
  id: digest,
  header: headerCodec,
  proof: certifiedCodec,
})

export const blockAnswer = struct({
  height,
  id: digest,
  header: headerCodec,
  proof: certifiedCodec,
  receipts: array(receiptCodec, BLOCK_TRANSACTIONS_MAX),
  events: array(eventCodec, 2 ** 32),
  /** Only if asked for. */
  envelopes: optional(array(bytes(1, ENVELOPE_BYTES_MAX), BLOCK_TRANSACTIONS_MAX)),
})

export const certificateAnswer = struct({
  height,
  id: digest,
  certificate: bytes(0, 8_192),
  /** The same for reading; null for block 0. */
  content: optional(commitCertificateCodec),
})

/** Heights of one answer of chain_votes. */
export const VOTE_HEIGHTS_MAX = 32

export const votesAnswer = struct({
  height,
  /** Of heights with kept votes; each is to be checked against the set of its height, and nothing says that there are no more. */
  heights: array(struct({ height: uint(), votes: keptVotesCodec }), VOTE_HEIGHTS_MAX),
})

export const setLinkCodec = struct({
  proof: certifiedCodec,
  /** The header before it: it names the set that certifies this one, so that no set can be left out. Empty for block 0. */
  parent: bytes(0, 1_024),
  validators: validatorsCodec,
})
export type SetLinkAnswer = Infer<typeof setLinkCodec>
export const setChainAnswer = struct({ height, links: array(setLinkCodec, SET_LINKS_MAX) })

export const validatorsAnswer = struct({ height, validators: validatorsCodec })

export const chainAnswer = struct({
  height,
  chainId: digest,
  /** Says how many signatures decide. */
  engine: engineKind,
  parameters: parametersCodec,
  applications: array(struct({ name: text(40), tag: uint(255) }), 255),
})

export const txStatuses = {
  accepted: 1,
  pending: 2,
  committed: 3,
  rejected: 4,
  expired: 5,
  unknown: 6,
} as const

export const statusAnswer = struct({
  /** The newest height that this node knows. */
  height,
  id: digest,
  status: oneOf(txStatuses),
  /** Height of its block, if committed. */
  block: optional(uint()),
  /** If committed: the receipt's code, empty for ok. If rejected: why. */
  code: optional(text(60)),
})
export type StatusAnswer = Infer<typeof statusAnswer>

export const submitAnswer = struct({
  height,
  id: digest,
  status: oneOf({ accepted: 1, committed: 3 }),
})
export type SubmitAnswer = Infer<typeof submitAnswer>

/** One outcome for each envelope, in their order; a refusal has the code that tx_submit fails with. */
export const submitManyAnswer = struct({
  height,
  outcomes: array(
    choice({
      accepted: [1, struct({ id: digest })],
      refused: [
        2,
        struct({
          code: text(40),
          message: text(1_000),
          hint: text(200),
          retryAfterMs: optional(uint()),
        }),
      ],
      committed: [3, struct({ id: digest })],
    }),
    SUBMIT_MANY_MAX,
  ),
})
export type SubmitManyAnswer = Infer<typeof submitManyAnswer>
export type SubmitOutcome = SubmitManyAnswer['outcomes'][number]

export const receiptAnswer = struct({
  height,
  id: digest,
  block: uint(),
  index: uint(),
  receipt: receiptCodec,
  receiptProof: receiptProofCodec,
  proof: certifiedCodec,
})
export type ReceiptAnswer = Infer<typeof receiptAnswer>

export const transactionAnswer = struct({
  height,
  id: digest,
  block: uint(),
  index: uint(),
  envelope: bytes(1, ENVELOPE_BYTES_MAX),
  transactionProof: transactionProofCodec,
  proof: certifiedCodec,
})
export type TransactionAnswer = Infer<typeof transactionAnswer>

export const stateAnswer = struct({
  height,
  /** null: the key has no value. */
  value: optional(bytes(0, 64 * 1024)),
  stateProof: stateProofCodec,
  proof: certifiedCodec,
})
export type StateAnswer = Infer<typeof stateAnswer>

/** `height-index` of the event behind which a listing goes on. */
export const cursorCodec = text(40, 3, /^(0|[1-9]\d{0,14})-(0|[1-9]\d{0,14})$/)

export const listedEventCodec = struct({
  block: uint(),
  cursor: cursorCodec,
  event: eventCodec,
  /** Only if asked for. */
  eventProof: optional(eventProofCodec),
})
export type ListedEventAnswer = Infer<typeof listedEventCodec>

export const eventsAnswer = struct({
  height,
  events: array(listedEventCodec, PAGE_MAX),
  /** The headers of the events' blocks, oldest first; only if proofs were asked for. */
  blocks: optional(array(struct({ block: uint(), proof: certifiedCodec }), PAGE_MAX)),
  /** Where to go on, also when there is nothing new; null before the first event. */
  nextCursor: optional(cursorCodec),
  /** Whether there are more events already. */
  more: bool,
})
export type EventsAnswer = Infer<typeof eventsAnswer>

export const absenceAnswer = struct({
  height,
  block: uint(),
  recipient: id32,
  absenceProof: eventAbsenceProofCodec,
  proof: certifiedCodec,
})
export type AbsenceAnswer = Infer<typeof absenceAnswer>

export const nodeAnswer = struct({
  height,
  id: digest,
  stateRoot: digest,
  timeMs: uint(),
  chainId: digest,
  version: text(40),
  validator: optional(text(80)),
  peers: array(struct({ name: text(80), connected: bool }), 1_000),
  quorum: bool,
  syncing: bool,
  failure: optional(text(400)),
  mempool: struct({ count: uint(), bytes: uint() }),
})
export type NodeAnswer = Infer<typeof nodeAnswer>
