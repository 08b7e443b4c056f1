// The importer: every invoice becomes a record once, proofs are made in threads, and the ledger is never flooded.
import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { FIRST_EPOCH } from '../../../apps/vault/ids.ts'
import type { RecordBatch } from '../../../apps/vault/payloads.ts'
import { recordBatch } from '../../../apps/vault/record-batch.ts'
import { findInvoice, invoiceTable } from '../../../apps/vault/state.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import { type Act, act } from '../../../client/transaction.ts'
import { invoiceNullifier, type Invoice as VaultInvoice } from '../../../client/vault/record.ts'
import { assert } from '../../../vm/assert.ts'
import { decode } from '../../../vm/codec.ts'
import { RANGE_AMOUNTS_MAX } from '../../../vm/crypto/range-format.ts'
import { createWorkerPool } from '../../crypto/worker-pool.ts'
import { EpioneError } from '../../errors.ts'
import { type Dataset, pairsOf } from '../../synthea/dataset.ts'
import { mapLimited } from '../limit.ts'
import type { AgentContext } from '../process.ts'
import type { Dealt } from './committee.ts'
import type { Proved, ProveSetup, ProveTask } from './prove.worker.ts'
import type { HospitalSettings } from './settings.ts'

/** One vault, one currency, and no accounting years yet. */
const PERIOD = 0
/** Blocks' budgets that may be under way. */
const BLOCKS_IN_FLIGHT = 2

export type ImportParameters = {
  readonly context: AgentContext
  readonly signer: TransactionSigner
  readonly settings: HospitalSettings
  readonly secrets: { readonly writer: Uint8Array; readonly prf: Uint8Array }
  readonly dealt: Dealt
  /** Resolves when the ledger takes records: committee active, patients' grants given. */
  readonly open: Promise<void>
}

/** Invoices as the vault records them, those of one bucket side by side: their sums are then one addition chain. */
export function toRecord(
  dataset: Dataset,
  settings: HospitalSettings,
  prf: Uint8Array,
): readonly VaultInvoice[] {
  const policies = new Map(settings.payers.map(({ id, account }) => [id, account]))
  const tags = new Map(settings.cards.map(({ patient, tag }) => [patient, tag]))
  const { facilities } = settings
  const invoices = dataset.invoices.filter(
    ({ facility }) => facilities === null || facilities.includes(facility),
  )
  return pairsOf({ ...dataset, invoices }).flatMap(({ patient, payer, invoices }) => {
    const tag = tags.get(patient)
    const policy = policies.get(payer)
    assert(tag !== undefined && policy !== undefined, 'patients and payers were admitted')
    return invoices.map(({ id, minorUnits }) => {
      const off = settings.misrecord?.invoice === id ? settings.misrecord.byMinorUnits : 0
      const amount = minorUnits + BigInt(off)
      return { amount, tag, policy, period: PERIOD, nullifier: invoiceNullifier(prf, id) }
    })
  })
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

/** Refusals which say that a record of the batch is on the ledger already. */
const done: ReadonlySet<string> = new Set(['NULLIFIER_USED', 'RECORD_EXISTS', 'EPHEMERAL_USED'])

/** Makes finished payloads in threads of its own. */
function createProver({ context, signer, secrets, dealt }: ImportParameters) {
  const { anchor, log } = context
  const { committee, key } = dealt
  const setup: ProveSetup = {
    chainId: anchor.chainId,
    account: signer.account,
    committee,
    epoch: FIRST_EPOCH,
    key,
    writerSecret: secrets.writer,
  }
  const pool = createWorkerPool<ProveTask, Proved>({
    script: new URL('./prove.worker.ts', import.meta.url),
    setup,
    threads: Math.max(1, availableParallelism() - 1),
    onCrash: (cause) => log.error({ err: cause }, 'a proving thread died'),
  })
  return {
    prove: async (invoices: readonly VaultInvoice[]): Promise<Act> => {
      // So costly a task fills a bundle by itself, and every thread has one.
      const bytes = await pool.run({ invoices, entropy: randomBytes(32) }, Number.POSITIVE_INFINITY)
      return act(recordBatch, decode(recordBatch.payload, bytes) as unknown as RecordBatch)
    },
    stop: pool.stop,
  }
}

/** The invoices of a batch that the ledger does not have. */
async function missingOf(
  { context, dealt }: ImportParameters,
  batch: readonly VaultInvoice[],
): Promise<readonly VaultInvoice[]> {
  const { organization } = dealt
  const recorded = await mapLimited(batch, 4, async ({ nullifier }) => {
    const at = invoiceTable.key(nullifier)
    const { value } = await context.nodes.ask(({ verified }) => verified.stateValue(at))
    return findInvoice({ get: () => value }, { nullifier, organization }) !== undefined
  })
  return batch.filter((_, index) => recorded[index] === false)
}

/** Answers how many records were added by this run. */
export async function importInvoices(
  parameters: ImportParameters,
  invoices: readonly VaultInvoice[],
): Promise<number> {
  const { context, signer, open } = parameters
  const { anchor, outbox, report, sender } = context
  const prover = createProver(parameters)

  const deliver = async (key: string, batch: readonly VaultInvoice[]): Promise<void> => {
    const make = async () => {
      const payload = await prover.prove(batch)
      await open
      return payload
    }
    const { code } = await sender.deliver({ key, make, signers: [signer] })
    if (code === '') return
    if (!done.has(code)) throw refused(code)
    const missing = await missingOf(parameters, batch)
    if (missing.length > 0) await deliver(`${key}/rest`, missing)
  }

  const cost = recordBatch.cost({ records: new Array(RANGE_AMOUNTS_MAX) } as never)
  const budget = BLOCKS_IN_FLIGHT * anchor.parameters.blockBudget
  const inFlight = Math.max(1, Math.floor(budget / cost))
  let recorded = 0
  let added = 0
  try {
    await mapLimited(chunks(invoices, RANGE_AMOUNTS_MAX), inFlight, async (batch, index) => {
      const key = `records/${index}`
      if (outbox.get(key)?.outcome === undefined) added += batch.length
      await deliver(key, batch)
      recorded += batch.length
      report({ kind: 'progress', done: recorded, total: invoices.length })
    })
  } finally {
    await prover.stop()
  }
  return added
}

function refused(code: string): EpioneError {
  return new EpioneError({
    code: 'CHILD_FAILED',
    message: `the ledger refused records of the import: ${code}`,
    hint: 'the receipt names the transaction; nothing of this batch was recorded',
  })
}
