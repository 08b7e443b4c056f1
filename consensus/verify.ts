// From a decoded message to a Verified one, or the reason why not: every signature, attachments included.
import { assert } from '../vm/assert.ts'
import { fromHex } from '../vm/bytes.ts'
import { BLOCK_BYTES_MAX } from '../vm/limits.ts'
import { quorum } from '../vm/quorum.ts'
import type { ReplicaIndex } from '../vm/types.ts'
import { type Report, type Vote, voteDigest } from '../vm/vote.ts'
import { signersOf, type VerifySignature, verifyPreparedCertificate } from './certificate.ts'
import type { Justification, Message, PrePrepare, Unsigned, ViewChange } from './message.ts'
import { type HeightConfig, type ProposedBlock, primaryOf } from './types.ts'
import type { Verified } from './verified.ts'

export type VerifyContext = {
  readonly config: HeightConfig
  readonly verifySignature: VerifySignature
  /**
   * Whether the attachments belong to the signed id: the header hashes to it and the transaction ids have the header's txRoot.
   * A header that hashes to the id but is nonsense belongs to it: executing finds the block invalid.
   */
  readonly belongsTogether: (block: ProposedBlock) => boolean
}

/** Why a copy is dropped: none of these proves anything against its signer but what it sent. */
export type MessageFault =
  | 'WRONG_HEIGHT'
  | 'UNKNOWN_SIGNER'
  /** A commit where seals decide. */
  | 'NO_SUCH_VOTE'
  | 'BAD_SIGNATURE'
  | 'NOT_PRIMARY'
  | 'BAD_ATTACHMENT'
  | 'TOO_LARGE'
  | 'UNJUSTIFIED'
  | 'BAD_REPORT'

export type Verification =
  | { readonly ok: true; readonly message: Verified }
  | { readonly ok: false; readonly reason: MessageFault }

/** The only way for a peer's message into the engine. */
export function verifyMessage(context: VerifyContext, message: Message): Verification {
  const reason = faultOf(context, message)
  return reason === undefined ? { ok: true, message: message as Verified } : { ok: false, reason }
}

/** Own message and signature, checked once more before it leaves: a wrong key or a bug here stops the process. */
export function sealMessage(
  context: Pick<VerifyContext, 'config' | 'verifySignature'>,
  unsigned: Unsigned,
  signature: Uint8Array,
): Verified {
  const sealed: Message = { ...unsigned, signature }
  assert(unsigned.signer === context.config.self, 'a replica signs for itself')
  assert(signedBy(context, sealed, sealed), 'the signing key is not the registered one')
  return sealed as Verified
}

/** Own message as the journal gave it back. */
export function restoreMessage(
  context: Pick<VerifyContext, 'config' | 'verifySignature'>,
  { signature, ...unsigned }: Message,
): Verified {
  return sealMessage(context, unsigned as Unsigned, signature)
}

function faultOf(context: VerifyContext, message: Message): MessageFault | undefined {
  const { config } = context
  if (message.height !== config.height) return 'WRONG_HEIGHT'
  if (config.validators[message.signer] === undefined) return 'UNKNOWN_SIGNER'
  if (message.kind === 'pre-prepare' && message.signer !== primaryOf(config, message.view)) {
    return 'NOT_PRIMARY'
  }
  if (message.kind === 'commit' && config.engine === 'poa') return 'NO_SUCH_VOTE'
  if (!signedBy(context, message, message)) return 'BAD_SIGNATURE'
  switch (message.kind) {
    case 'pre-prepare':
      return proposalFault(context, message) ?? justificationFault(context, message)
    case 'view-change':
      return reportFault(context, message)
    case 'prepare':
    case 'commit':
      return undefined
  }
}

type Signed = { readonly signer: ReplicaIndex; readonly signature: Uint8Array }

function signedBy(
  { config, verifySignature }: Pick<VerifyContext, 'config' | 'verifySignature'>,
  { signer, signature }: Signed,
  vote: Vote,
): boolean {
  const key = config.validators[signer]?.publicKey
  if (key === undefined) return false
  return verifySignature(fromHex(key), voteDigest(config.chainId, vote), signature)
}

function addLength(sum: number, { length }: PrePrepare['transactions'][number]): number {
  return sum + length
}

/** Rule 8: the lengths are added up before anything is fetched. */
function proposalFault(context: VerifyContext, message: PrePrepare): MessageFault | undefined {
  const size = message.transactions.reduce(addLength, 0)
  if (size > BLOCK_BYTES_MAX) return 'TOO_LARGE'
  return context.belongsTogether(message) ? undefined : 'BAD_ATTACHMENT'
}

/** Without a valid matching certificate a reporting view-change counts for nothing. */
function reportFault(context: VerifyContext, message: ViewChange): MessageFault | undefined {
  const { prepared, certificate, view } = message
  if (view === 0) return 'BAD_REPORT'
  if (prepared === null) return certificate === null ? undefined : 'BAD_REPORT'
  if (certificate === null || prepared.view >= view) return 'BAD_REPORT'
  const bound = proves(context, certificate, prepared) && isOwn(context, certificate, [message])
  return bound ? undefined : 'BAD_REPORT'
}

function proves(
  { config, verifySignature }: VerifyContext,
  certificate: NonNullable<ViewChange['certificate']>,
  { view, blockId }: Report,
): boolean {
  if (certificate.view !== view) return false
  const about = { height: config.height, blockId }
  const check = { set: config, value: certificate, about, verifySignature }
  return verifyPreparedCertificate(check) === undefined
}

/** A quorum of prepares binds whoever shows it; a seal binds the authority that signed it, and is no other one's report. */
function isOwn(
  { config: { engine, validators } }: VerifyContext,
  certificate: NonNullable<ViewChange['certificate']>,
  reporters: readonly Pick<Signed, 'signer'>[],
): boolean {
  if (engine === 'pbft') return true
  const signers = signersOf(certificate, validators.length) ?? []
  return signers.length === 1 && reporters.some(({ signer }) => signer === signers[0])
}

/**
 * Rule 1 (PBFT section 4.4, QBFT's justification inside the proposal): q view-changes for exactly this height and view; if any
 * reports a prepared view, the block is the one prepared in the highest such view, and q prepares prove exactly that.
 */
function justificationFault(context: VerifyContext, message: PrePrepare): MessageFault | undefined {
  const { view, justification } = message
  if (view === 0) return justification === null ? undefined : 'UNJUSTIFIED'
  if (justification === null || !isQuorum(context, justification, message)) return 'UNJUSTIFIED'
  return isBound(context, justification, message) ? undefined : 'UNJUSTIFIED'
}

function isBound(
  context: VerifyContext,
  { viewChanges, certificate }: Justification,
  { view, blockId }: PrePrepare,
): boolean {
  const highest = highestReports(viewChanges.map((viewChange) => viewChange.prepared))
  const [report] = highest
  if (report === undefined) return certificate === null
  if (report.view >= view || certificate === null) return false
  if (highest.some((other) => other.blockId !== blockId)) return false
  const reporters = viewChanges.filter(({ prepared }) => prepared?.view === report.view)
  return proves(context, certificate, report) && isOwn(context, certificate, reporters)
}

/** With PoA the primary counts its own view-change among them, as it counts its own seal. */
function isQuorum(
  context: VerifyContext,
  { viewChanges }: Justification,
  { view, signer: primary }: PrePrepare,
): boolean {
  const { engine, height, validators } = context.config
  const signers = new Set(viewChanges.map((viewChange) => viewChange.signer))
  const size = quorum(validators.length, engine)
  if (signers.size !== viewChanges.length || signers.size !== size) return false
  if (engine === 'poa' && !signers.has(primary)) return false
  return viewChanges.every((viewChange) =>
    signedBy(context, viewChange, {
      kind: 'view-change',
      height,
      view,
      prepared: viewChange.prepared,
    }),
  )
}

/** The reports of the highest view that any reports. */
export function highestReports(reports: readonly (Report | null)[]): readonly Report[] {
  const given = reports.filter((report) => report !== null)
  const view = Math.max(-1, ...given.map((report) => report.view))
  return given.filter((report) => report.view === view)
}

/** A block that no earlier view prepared, as its justification shows: judged as a fresh one (rule 2). */
export function isFresh(message: PrePrepare): boolean {
  const { justification } = message
  return justification === null || justification.certificate === null
}

/** Under which id a block is known: the attachment of a pre-prepare without the rest. */
export function blockOf({ blockId, header, transactions }: PrePrepare): ProposedBlock {
  return { blockId, header, transactions }
}
