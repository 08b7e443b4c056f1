// receipt.dispute: a patient opens the box of one record to everybody; a wrong receipt is held against whoever stands for the writer.

import { accept, defineTx, type Refusal, type TxContext, type VerifyInput } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { equal, fromHex } from '../../vm/bytes.ts'
import { decode } from '../../vm/codec.ts'
import { openBoxWith, verifyOpening } from '../../vm/crypto/box.ts'
import { executionGroup } from '../../vm/crypto/execution-group.ts'
import { decodeKey } from '../../vm/crypto/keys.ts'
import { sample } from '../../vm/example.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import { lockDeposit } from './bonds.ts'
import { refuse } from './codes.ts'
import { requireSigner } from './committee.ts'
import { judgedUnits } from './costs.ts'
import { boxHash } from './deals.ts'
import { isKnownFault, recordFault } from './faults.ts'
import type { Fault } from './ids.ts'
import { liableFor } from './liable.ts'
import { requireParameters } from './parameters.ts'
import { type ReceiptDispute, receiptDisputeCodec } from './patient-payloads.ts'
import { readTold, SEEDED_BOX_SIZE } from './receipts.ts'
import { dropRecord } from './records.ts'
import { commitShare } from './replicated/statements.ts'
import { pinOf } from './sets.ts'
import {
  badRecordTable,
  disputedTable,
  markTable,
  recordTable,
  reversalTable,
  sharesTable,
} from './state.ts'
import { blank, contentSession, receiptContext } from './statements.ts'
import { TAGS } from './tags.ts'
import type { RecordState } from './values.ts'

export function disputeSession(chainId: Digest, dispute: ReceiptDispute): Uint8Array {
  const { account, record: object } = dispute
  return contentSession(
    { chainId, type: 'receipt.dispute', slot: 'opening', account, object },
    receiptDisputeCodec,
    { ...dispute, proof: blank(64) },
  )
}

function verify({ chainId, payload, facts, crypto: { group } }: VerifyInput<ReceiptDispute>) {
  const [fact] = facts
  assert(fact !== undefined, 'one fact')
  const { ephemeral, tag } = decode(recordTable.value, fact)
  const E = decodeKey(group, ephemeral)
  const recipient = decodeKey(group, fromHex(tag))
  const Z = decodeKey(group, payload.opening)
  if (!E || !recipient || !Z) return refuse('POINT_INVALID')
  const place = { E, recipient, session: disputeSession(chainId, payload) }
  return verifyOpening(group, place, { Z, proof: payload.proof })
    ? ({ ok: true } as const)
    : refuse('PROOF_OPENING')
}

/**
 * Whether the box tells what the record holds: V = d·H + r·G2, and R = r·B where R and V have one r. In replicated shares E is a key
 * of the box alone, and the blinding is Σg.
 */
function isRight(
  state: Reader,
  { record: id, box, opening }: ReceiptDispute,
  record: RecordState,
): boolean {
  const group = executionGroup()
  const E = decodeKey(group, record.ephemeral)
  const recipient = decodeKey(group, fromHex(record.tag))
  const shared = decodeKey(group, opening)
  assert(E && recipient && shared, 'verify has decoded the points')
  const place = { E, recipient, context: receiptContext(id) }
  const receipt = readTold(group, openBoxWith(group, place, { shared, box }), id)
  if (receipt === undefined) return false
  const { amount, blinding } = receipt
  const commitment = commitShare(group, { f: amount, g: blinding })
  if (!equal(group.encode(commitment), record.commitment)) return false
  if (sharesTable.get(state, id) !== undefined) return true
  return equal(group.encode(group.multiplyBase(blinding)), record.ephemeral)
}

/** A record that nobody has asked for is out; one of a set that was asked for stays in it, and anybody may reverse it. */
function contest(
  state: Writer,
  {
    id,
    record,
    fault,
  }: { readonly id: Digest; readonly record: RecordState; readonly fault: Digest },
): void {
  if (pinOf(state, id, record) !== undefined) {
    disputedTable.put(state, fault, id)
    return
  }
  dropRecord(state, { id, record })
  markTable.put(state, { kind: 'bad', fault }, id)
  if (badRecordTable.get(state, id) === undefined) badRecordTable.put(state, fault, id)
}

function authorize(
  state: Reader,
  dispute: ReceiptDispute,
  context: TxContext,
): Refusal | undefined {
  const { account, record: id, box } = dispute
  const refusal = requireSigner(account, context)
  if (refusal !== undefined) return refusal
  const record = recordTable.get(state, id)
  if (record === undefined) return refuse('RECORD_UNKNOWN')
  if (record.reverses !== null) return refuse('RECORD_REVERSAL')
  if (record.boxHash !== boxHash(box)) return refuse('BOX_DIFFERS')
  if (context.timeMs >= record.disputesEndMs) return refuse('DISPUTES_CLOSED')
  const mark = markTable.get(state, id)
  if (mark?.kind === 'void') return refuse('RECORD_VOID')
  if (mark?.kind === 'bad') return refuse('RECORD_BAD')
  return reversalTable.get(state, id) === undefined ? undefined : refuse('RECORD_REVERSED')
}

/**
 * The opening tells everybody amount, blinding and salt of this one record, true dispute or false; no other box is opened by it. The
 * deposit is asked of who is wrong: nobody needs money to be right.
 */
export const receiptDispute = defineTx({
  name: 'receipt.dispute',
  tag: TAGS['receipt.dispute'],
  summary: "Opens a record's receipt; the writer or who disputes it is at fault.",
  payload: receiptDisputeCodec,
  example: {
    account: sample('01'),
    record: sample('02'),
    box: sample('03', SEEDED_BOX_SIZE),
    opening: sample('04'),
    proof: sample('05', 64),
  },
  cost: judgedUnits,
  facts: ({ record }) => [recordTable.key(record)],
  verify,
  authorize,
  execute: (state, dispute, { timeMs, txId }) => {
    const { account, record: id } = dispute
    const record = recordTable.get(state, id)
    assert(record, 'authorize has found the record')
    const writer = liableFor(state, record)
    const isFalse = isRight(state, dispute, record)
    const kind = isFalse ? 'false-dispute' : 'bad-receipt'
    const culprit = isFalse ? account : writer
    const fault: Fault = { kind, object: id, epoch: record.epoch, culprit, index: 0 }
    if (isKnownFault(state, fault)) return refuse('FAULT_KNOWN')
    if (isFalse) {
      const amount = requireParameters(state).disputeDeposit
      const refusal = lockDeposit(state, { owner: account, amount, timeMs })
      if (refusal !== undefined) return refusal
    }
    const found = recordFault(state, fault, { txId, rewarded: isFalse ? null : account })
    if (!isFalse) contest(state, { id, record, fault: found })
    const event = isFalse ? 'vault.dispute-false' : 'vault.receipt-bad'
    const concerned = [...new Set([account, writer, record.tag])]
    return accept(...concerned.map((recipient) => ({ recipient, kind: event, reference: id })))
  },
})
