// tx_*: submit, wait, status, receipts and transactions with their proofs.
import {
  receiptAnswer,
  type StatusAnswer,
  SUBMIT_MANY_MAX,
  statusAnswer,
  submitAnswer,
  submitManyAnswer,
  transactionAnswer,
} from '../../client/answers.ts'
import { assertNever } from '../../vm/assert.ts'
import { array, optional } from '../../vm/codec-compound.ts'
import { bytes, hex, uint } from '../../vm/codec-scalar.ts'
import { ENVELOPE_BYTES_MAX } from '../../vm/limits.ts'
import type { Digest } from '../../vm/types.ts'
import { certifiedHeader, headHeight, unknownTransaction } from './certified.ts'
import { defineMethod, type Method } from './method.ts'
import type { NodePort } from './port.ts'
import { submit, submitMany, waitForBlock } from './submit.ts'

const id = hex<Digest>(32)
const envelope = bytes(1, ENVELOPE_BYTES_MAX)
const exampleId = `0x${'00'.repeat(32)}`

function receiptOf(port: NodePort, txId: Digest) {
  const { ledger } = port
  const proven = ledger.proveReceipt(txId)
  if (proven === undefined) throw unknownTransaction(txId)
  const { height: block, index, proof: receiptProof } = proven
  const receipt = ledger.receipts(block)?.[index]
  if (receipt === undefined) throw unknownTransaction(txId)
  const { proof } = certifiedHeader(ledger, block)
  return { height: headHeight(ledger), id: txId, block, index, receipt, receiptProof, proof }
}

function transactionOf({ ledger }: NodePort, txId: Digest) {
  const proven = ledger.proveTransaction(txId)
  if (proven === undefined) throw unknownTransaction(txId)
  const { height: block, index, proof: transactionProof } = proven
  const bytesOf = ledger.block(block)?.transactions[index]
  if (bytesOf === undefined) throw unknownTransaction(txId)
  const { proof } = certifiedHeader(ledger, block)
  const height = headHeight(ledger)
  return { height, id: txId, block, index, envelope: bytesOf, transactionProof, proof }
}

function statusOf(port: NodePort, txId: Digest): StatusAnswer {
  const { ledger } = port
  const height = headHeight(ledger)
  const place = ledger.place(txId)
  if (place !== undefined) {
    const code = ledger.receipts(place.height)?.[place.index]?.code ?? ''
    return { height, id: txId, status: 'committed', block: place.height, code }
  }
  const undecided = port.undecided(txId)
  switch (undecided.kind) {
    case 'accepted':
    case 'pending':
    case 'expired':
    case 'unknown':
      return { height, id: txId, status: undecided.kind, block: null, code: null }
    case 'rejected':
      return { height, id: txId, status: 'rejected', block: null, code: undecided.code }
    default:
      return assertNever(undecided)
  }
}

const txSubmit = defineMethod({
  name: 'tx_submit',
  summary: 'Gives a signed envelope to the node; the same one may be given any number of times',
  parameters: { envelope },
  result: submitAnswer,
  example: { envelope: '0x00' },
  reads: false,
  run: (parameters, { port }) => submit(port, parameters.envelope),
})

const txSubmitMany = defineMethod({
  name: 'tx_submitMany',
  summary: 'As tx_submit for many envelopes; each has its own outcome, a refusal is one',
  parameters: { envelopes: array(envelope, SUBMIT_MANY_MAX, 1) },
  result: submitManyAnswer,
  example: { envelopes: ['0x00'] },
  reads: false,
  run: (parameters, { port }) => submitMany(port, parameters.envelopes),
})

const txSubmitAndWait = defineMethod({
  name: 'tx_submitAndWait',
  summary: 'As tx_submit, and answers as tx_receipt when the transaction is in a block',
  parameters: { envelope, timeoutMs: optional(uint(30_000, 1)) },
  result: receiptAnswer,
  example: { envelope: '0x00', timeoutMs: 10_000 },
  reads: false,
  run: async (parameters, context) => {
    const submitted = await submit(context.port, parameters.envelope)
    const timeoutMs = Math.min(parameters.timeoutMs ?? context.limits.waitMs, context.limits.waitMs)
    await waitForBlock(submitted.id, { context, timeoutMs })
    return receiptOf(context.port, submitted.id)
  },
})

const txStatus = defineMethod({
  name: 'tx_status',
  summary: 'accepted, pending, committed, rejected, expired or unknown',
  parameters: { id },
  result: statusAnswer,
  example: { id: exampleId },
  run: (parameters, { port }) => statusOf(port, parameters.id),
})

const txReceipt = defineMethod({
  name: 'tx_receipt',
  summary: 'The receipt with its proof: certificate, header, Merkle path',
  parameters: { id },
  result: receiptAnswer,
  example: { id: exampleId },
  run: (parameters, { port }) => receiptOf(port, parameters.id),
})

const txGet = defineMethod({
  name: 'tx_get',
  summary: 'The envelope as stored with the proof that its transaction is in the block',
  parameters: { id },
  result: transactionAnswer,
  example: { id: exampleId },
  run: (parameters, { port }) => transactionOf(port, parameters.id),
})

export const txMethods: readonly Method[] = [
  txSubmit,
  txSubmitMany,
  txSubmitAndWait,
  txStatus,
  txReceipt,
  txGet,
]
