// One verification thread: decodes transactions and runs `verify` of their types with the native suite.
import { parentPort, workerData } from 'node:worker_threads'
import { type AppList, refuseWith, type Verdict } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { decodeActs } from '../../vm/batch.ts'
import { useGroup } from '../../vm/crypto/execution-group.ts'
import { createRules, defaultParameters } from '../../vm/rules.ts'
import { decodeTransaction } from '../../vm/transaction.ts'
import { installNativeSha256 } from './sha256.ts'
import { createNativeSuite } from './suite.ts'
import type { ProofAnswer, ProofTask, VerifierSetup } from './verifier-messages.ts'

const { chainId, apps }: VerifierSetup = workerData
const port = parentPort
assert(port !== null, 'this file runs as a worker')

installNativeSha256()
const crypto = await createNativeSuite()
useGroup(crypto.group)
const { appList: list }: { appList: AppList } =
  apps === undefined ? await import('../../apps/index.ts') : await import(apps)
const { types } = createRules({
  chainId,
  engine: 'pbft',
  parameters: defaultParameters,
  list,
})

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}

function answer({ envelope, facts }: ProofTask): ProofAnswer {
  const { type, items } = decodeActs(types, decodeTransaction(envelope))
  const faults: string[] = []
  const verdicts = items.map((payload, index): Verdict => {
    const known = facts[index]
    if (known === undefined) return refuseWith('FACT_UNKNOWN')
    try {
      return type.verify?.({ chainId, payload, facts: known, crypto }) ?? { ok: true }
    } catch (cause) {
      faults.push(`${type.name}: ${describe(cause)}`)
      return refuseWith('INTERNAL')
    }
  })
  return { items: verdicts, faults }
}

port.on('message', (tasks: readonly ProofTask[]) => {
  port.postMessage(tasks.map(answer))
})
port.postMessage('ready')
