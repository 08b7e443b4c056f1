// One proving thread of the hospital: invoices in, a finished payload out.
import { parentPort, workerData } from 'node:worker_threads'
import { record } from '../../../apps/vault/record.ts'
import { recordBatch } from '../../../apps/vault/record-batch.ts'
import { repRecord } from '../../../apps/vault/replicated/record.ts'
import { repRecordBatch } from '../../../apps/vault/replicated/record-batch.ts'
import { buildRecordBatch, type Invoice } from '../../../client/vault/record.ts'
import { buildRepRecord, buildRepRecordBatch } from '../../../client/vault/replicated/record.ts'
import type { TxType } from '../../../vm/app.ts'
import { assert } from '../../../vm/assert.ts'
import { encode } from '../../../vm/codec.ts'
import { useGroup } from '../../../vm/crypto/execution-group.ts'
import type { AccountId, Digest } from '../../../vm/types.ts'
import { installNativeSha256 } from '../../crypto/sha256.ts'
import { createNativeSuite } from '../../crypto/suite.ts'
import { spoilKeys, wrongReceipt } from './cheats.ts'
import type { Keys } from './keys.ts'

export type ProveSetup = {
  readonly chainId: Digest
  readonly account: AccountId
  readonly committee: Digest
  readonly epoch: number
  readonly keys: Keys
  readonly writerSecret: Uint8Array
}
export type ProveTask = {
  readonly invoices: readonly Invoice[]
  /** Fresh for each task. */
  readonly entropy: Uint8Array
  /** Whether the one invoice is recorded wrongly, for rehearsals. */
  readonly isWrong: boolean
}
export type Proved = { readonly tag: number; readonly payload: Uint8Array }

const { keys, ...place }: ProveSetup = workerData
const port = parentPort
assert(port !== null, 'this file runs as a worker')

installNativeSha256()
const crypto = await createNativeSuite()
useGroup(crypto.group)
const tools = { group: crypto.group, range: crypto }

function finished(type: TxType, payload: unknown): Proved {
  return { tag: type.tag, payload: encode(type.payload, payload as never) }
}

function prove({ invoices, entropy, isWrong }: ProveTask): Proved {
  const [first] = invoices
  assert(first !== undefined, 'a task has an invoice')
  if (keys.kind === 'classes') {
    const writing = { ...place, entropy, secrets: keys.secrets }
    if (!isWrong) return finished(repRecordBatch, buildRepRecordBatch(tools, writing, invoices))
    const secrets = spoilKeys(tools.group, keys.secrets)
    return finished(repRecord, buildRepRecord(tools, { ...writing, secrets }, first))
  }
  const writing = { ...place, key: keys.key, entropy }
  return isWrong
    ? finished(record, wrongReceipt(tools, writing, first))
    : finished(recordBatch, buildRecordBatch(tools, writing, invoices))
}

port.on('message', (tasks: readonly ProveTask[]) => {
  port.postMessage(tasks.map(prove))
})
port.postMessage('ready')
