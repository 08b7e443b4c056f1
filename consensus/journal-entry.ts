// What stands in the journal under each own message, and the vote lock's content; one codec for each.
import type { Infer } from '../vm/codec.ts'
import { named, optional, struct } from '../vm/codec-compound.ts'
import { bytes } from '../vm/codec-scalar.ts'
import { preparedCertificateCodec } from './certificate.ts'
import { messageCodec, proposedBlockCodec } from './message.ts'
import { voteCodec } from './vote.ts'

/**
 * One own message with what it rests on. The bytes of a prepared block's transactions are appended beside it by the node, in
 * the order of `block.transactions`.
 */
export const journalEntryCodec = named(
  'journal-entry',
  struct({
    message: messageCodec,
    certificate: optional(preparedCertificateCodec),
    block: optional(proposedBlockCodec),
  }),
)
export type JournalEntry = Infer<typeof journalEntryCodec>

/** The last vote of all heights, and the highest prepared certificate of its height. */
export const lockedVoteCodec = named(
  'locked-vote',
  struct({
    vote: voteCodec,
    signature: bytes(64),
    prepared: optional(preparedCertificateCodec),
  }),
)
export type LockedVote = Infer<typeof lockedVoteCodec>
