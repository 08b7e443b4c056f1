// One proving thread of the hospital: invoices in, a finished payload out.
import { parentPort, workerData } from 'node:worker_threads'
import { recordBatch } from '../../../apps/vault/record-batch.ts'
import { buildRecordBatch, type Invoice, type Writing } from '../../../client/vault/record.ts'
import { assert } from '../../../vm/assert.ts'
import { encode } from '../../../vm/codec.ts'
import { useGroup } from '../../../vm/crypto/execution-group.ts'
import { installNativeSha256 } from '../../crypto/sha256.ts'
import { createNativeSuite } from '../../crypto/suite.ts'

export type ProveSetup = Omit<Writing, 'entropy'>
export type ProveTask = {
  readonly invoices: readonly Invoice[]
  /** Fresh for each task. */
  readonly entropy: Uint8Array
}
/** The encoded payload of a vault.recordBatch. */
export type Proved = Uint8Array

const setup: ProveSetup = workerData
const port = parentPort
assert(port !== null, 'this file runs as a worker')

installNativeSha256()
const crypto = await createNativeSuite()
useGroup(crypto.group)
const tools = { group: crypto.group, range: crypto }

function prove({ invoices, entropy }: ProveTask): Proved {
  const payload = buildRecordBatch(tools, { ...setup, entropy }, invoices)
  return encode(recordBatch.payload, payload as never)
}

port.on('message', (tasks: readonly ProveTask[]) => {
  port.postMessage(tasks.map(prove))
})
port.postMessage('ready')
