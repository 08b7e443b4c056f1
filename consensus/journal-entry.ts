// What stands in the journal for each own message, with what it rests on.
import type { Infer } from '../vm/codec.ts'
import { named, optional, struct } from '../vm/codec-compound.ts'
import { preparedCertificateCodec } from './certificate.ts'
import { messageCodec, proposedBlockCodec } from './message.ts'

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
