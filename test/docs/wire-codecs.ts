// The codecs whose bytes test/vectors/wire.json freezes, by the names of their rules in docs/epione.cddl.
import { keptVotesCodec } from '../../client/signed-vote.ts'
import { commitCertificateCodec, preparedCertificateCodec } from '../../consensus/certificate.ts'
import { journalEntryCodec } from '../../consensus/journal-entry.ts'
import { messageCodec, proposedBlockCodec } from '../../consensus/message.ts'
import { cardCodec } from '../../genesis/cards.ts'
import * as records from '../../node/ledger/records.ts'
import { controlMessageCodec } from '../../node/p2p/control.ts'
import * as protocol from '../../node/protocol.ts'
import { journalRecordCodec } from '../../node/replica/promise.ts'
import { voteSlotCodec } from '../../node/vote-slots.ts'
import { appLeafCodec, eventCodec, headerCodec, receiptCodec } from '../../vm/block.ts'
import type { Codec } from '../../vm/codec.ts'
import { writeSetCodec } from '../../vm/execute-transaction.ts'
import * as proofs from '../../vm/proof.ts'
import { envelopeCodec } from '../../vm/transaction.ts'
import { validatorsCodec } from '../../vm/validator.ts'
import { voteCodec } from '../../vm/vote.ts'

const all: readonly Codec<never>[] = [
  envelopeCodec,
  headerCodec,
  receiptCodec,
  eventCodec,
  appLeafCodec,
  validatorsCodec,
  writeSetCodec,
  proofs.merklePathCodec,
  proofs.transactionProofCodec,
  proofs.receiptProofCodec,
  proofs.eventProofCodec,
  proofs.eventAbsenceProofCodec,
  proofs.stateProofCodec,
  preparedCertificateCodec,
  commitCertificateCodec,
  voteCodec,
  messageCodec,
  proposedBlockCodec,
  protocol.consensusFrameCodec,
  protocol.requestCodec,
  protocol.headAnswerCodec,
  protocol.bodiesAnswerCodec,
  protocol.blocksAnswerCodec,
  protocol.snapshotsAnswerCodec,
  protocol.stateAnswerCodec,
  protocol.setsAnswerCodec,
  protocol.headersAnswerCodec,
  protocol.transactionsFrameCodec,
  controlMessageCodec,
  journalEntryCodec,
  journalRecordCodec,
  voteSlotCodec,
  records.headRecordCodec,
  records.baseRecordCodec,
  records.leavesCodec,
  records.envelopesCodec,
  records.idsCodec,
  records.placeCodec,
  keptVotesCodec,
  cardCodec,
] as unknown as readonly Codec<never>[]

export const codecs: Readonly<Record<string, Codec<never>>> = Object.fromEntries(
  all.map((codec) => [codec.cddl.expression, codec]),
)
