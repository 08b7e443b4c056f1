// Checks what one node says: nothing is believed but the genesis, the validator sets and the proofs in the answer.
import type { VerifySignature } from '../consensus/certificate.ts'
import { assertNever } from '../vm/assert.ts'
import type { BlockEvent, Header, Receipt } from '../vm/block.ts'
import { fromHex } from '../vm/bytes.ts'
import { CodecError } from '../vm/codec.ts'
import {
  type Shown,
  verifyEventAbsenceProof,
  verifyEventProof,
  verifyReceiptProof,
  verifyStateProof,
  verifyTransactionProof,
} from '../vm/proof.ts'
import { verifySignature as referenceRule } from '../vm/sign.ts'
import type { StateKey } from '../vm/state.ts'
import { decodeTransaction, type Transaction } from '../vm/transaction.ts'
import type { Digest, Height, Hex } from '../vm/types.ts'
import type {
  AbsenceAnswer,
  EventsAnswer,
  ReceiptAnswer,
  StateAnswer,
  TransactionAnswer,
} from './answers.ts'
import {
  type HeaderFault,
  type Judgement,
  type Refused,
  refused,
  type TrustedView,
  verifyHeader,
} from './trusted-view.ts'

export type Fault = HeaderFault | 'NOT_PROVEN'

export type Verified<T> = {
  readonly ok: true
  /** Knows the header, too; keep it instead of the old one. */
  readonly view: TrustedView
  readonly value: T
  readonly height: Height
  readonly header: Header
}

export type Verdict<T> = Verified<T> | Refused<Fault>

export type Question =
  /** The value after the newest block; undefined: there is none. */
  | { readonly kind: 'state'; readonly at: StateKey; readonly answer: StateAnswer }
  | { readonly kind: 'receipt'; readonly id: Digest; readonly answer: ReceiptAnswer }
  | { readonly kind: 'transaction'; readonly id: Digest; readonly answer: TransactionAnswer }
  /** That a block has no event for the recipient. */
  | {
      readonly kind: 'no-events'
      readonly block: Height
      readonly recipient: Hex
      readonly answer: AbsenceAnswer
    }

type Values = {
  readonly state: Uint8Array | undefined
  readonly receipt: Receipt
  readonly transaction: Transaction
  readonly 'no-events': true
}
type Answered<Q extends Question> = Values[Q['kind']]

const nothing = { ok: false } as const

function fromBoolean(shown: boolean): Shown<true> {
  return shown ? { ok: true, value: true } : nothing
}

/** The id covers the body; that the signatures are those of its signers is not in the proof, so it is looked at. */
function isSigned({ id, body, signatures }: Transaction, verify: VerifySignature): boolean {
  const signed = fromHex(id)
  return body.signers.every(({ publicKey }, place) => {
    const signature = signatures[place]
    return signature !== undefined && verify(fromHex(publicKey), signed, signature)
  })
}

function showTransaction(
  header: Header,
  { id, answer }: Extract<Question, { kind: 'transaction' }>,
  verify: VerifySignature,
): Shown<Transaction> {
  if (!verifyTransactionProof(header, id, answer.transactionProof)) return nothing
  try {
    const transaction = decodeTransaction(answer.envelope)
    const isShown = transaction.id === id && isSigned(transaction, verify)
    return isShown ? { ok: true, value: transaction } : nothing
  } catch (error) {
    if (error instanceof CodecError) return nothing
    throw error
  }
}

/** What the proof shows about the question's own subject, never about what the answer says of itself. */
function show(
  header: Header,
  question: Question,
  verify: VerifySignature,
): Shown<Values[Question['kind']]> {
  switch (question.kind) {
    case 'state':
      return verifyStateProof(header, question.at, question.answer.stateProof)
    case 'receipt':
      return verifyReceiptProof(header, question.id, question.answer.receiptProof)
    case 'transaction':
      return showTransaction(header, question, verify)
    case 'no-events':
      return fromBoolean(
        verifyEventAbsenceProof(header, question.recipient, question.answer.absenceProof),
      )
    default:
      return assertNever(question)
  }
}

/** A state is asked for as it is now; the others are history, true at the height of their block for ever. */
function heightAsked(question: Question): { readonly height?: Height } {
  switch (question.kind) {
    case 'state':
      return {}
    case 'receipt':
    case 'transaction':
      return { height: question.answer.block }
    case 'no-events':
      return { height: question.block }
    default:
      return assertNever(question)
  }
}

/**
 * Checks one answer from certificate to value. Give `height` in the judgement to ask for the state at an earlier height. It does
 * not show that the node tells everything: a node can hold back what it was not asked for by name.
 */
export function verifyAnswer<Q extends Question>(
  view: TrustedView,
  question: Q,
  judgement: Judgement,
): Verdict<Answered<Q>> {
  const asked = { ...heightAsked(question), ...judgement }
  const verified = verifyHeader(view, question.answer.proof, asked)
  if (!verified.ok) return verified
  const { header } = verified
  const shown = show(header, question, judgement.verifySignature ?? referenceRule)
  if (!shown.ok) return refused('NOT_PROVEN', `the proof of the ${question.kind} leads nowhere`)
  const value = shown.value as Answered<Q>
  return { ok: true, view: verified.view, value, height: header.height, header }
}

export type ProvenEvent = {
  readonly block: Height
  readonly cursor: string
  readonly event: BlockEvent
}

function provenHeaders(
  view: TrustedView,
  page: EventsAnswer,
  judgement: Omit<Judgement, 'height'>,
) {
  const headers = new Map<Height, Header>()
  let newest = view
  for (const { block, proof } of page.blocks ?? []) {
    const verified = verifyHeader(newest, proof, { ...judgement, height: block })
    if (!verified.ok) return verified
    newest = verified.view
    headers.set(block, verified.header)
  }
  return { ok: true, view: newest, headers } as const
}

/**
 * Checks a page of events that was listed with proofs: each is in its block, for this recipient, behind the cursor and in ledger
 * order. That none was left out between them only absence proofs show.
 */
export function verifyEvents(
  view: TrustedView,
  question: {
    readonly recipient: Hex
    readonly cursor?: string | null
    readonly answer: EventsAnswer
  },
  judgement: Omit<Judgement, 'height'>,
):
  | { readonly ok: true; readonly view: TrustedView; readonly events: readonly ProvenEvent[] }
  | Refused<Fault> {
  const verified = provenHeaders(view, question.answer, judgement)
  if (!verified.ok) return verified
  const events: ProvenEvent[] = []
  let last = question.cursor ?? null
  for (const { block, cursor, eventProof } of question.answer.events) {
    const header = verified.headers.get(block)
    if (header === undefined || eventProof === null) return refused('NOT_PROVEN', 'no proof')
    const shown = verifyEventProof(header, eventProof)
    if (!shown.ok) return refused('NOT_PROVEN', `the proof of the event ${cursor} leads nowhere`)
    const event = shown.value
    if (event.recipient !== question.recipient) {
      return refused('NOT_PROVEN', `an event for ${event.recipient}`)
    }
    if (cursor !== `${block}-${event.index}` || !isAfter(cursor, last)) {
      return refused('NOT_PROVEN', `the event ${cursor} is not in its place`)
    }
    last = cursor
    events.push({ block, cursor, event })
  }
  return { ok: true, view: verified.view, events }
}

type Place = { readonly height: number; readonly index: number }

function placeOf(cursor: string): Place {
  const [height = '', index = ''] = cursor.split('-')
  return { height: Number(height), index: Number(index) }
}

function isAfter(cursor: string, before: string | null): boolean {
  if (before === null) return true
  const [here, there] = [placeOf(cursor), placeOf(before)]
  return here.height > there.height || (here.height === there.height && here.index > there.index)
}
