// The importer: every invoice becomes a record once, proofs are made in threads, and the ledger is never flooded.
import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { recordBatch } from '../../../apps/vault/record-batch.ts'
import { repRecordBatch } from '../../../apps/vault/replicated/record-batch.ts'
import { findInvoice, invoiceTable } from '../../../apps/vault/state.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import type { Act } from '../../../client/transaction.ts'
import { invoiceNullifier, type Invoice as VaultInvoice } from '../../../client/vault/record.ts'
import { assert } from '../../../vm/assert.ts'
import { decode, raw } from '../../../vm/codec.ts'
import { RANGE_AMOUNTS_MAX } from '../../../vm/crypto/range-format.ts'
import { createWorkerPool } from '../../crypto/worker-pool.ts'
import { EpioneError } from '../../errors.ts'
import { type Dataset, pairsOf } from '../../synthea/dataset.ts'
import { mapLimited } from '../limit.ts'
import type { AgentContext } from '../process.ts'
import type { Opened } from './keys.ts'
import type { Proved, ProveSetup, ProveTask } from './prove.worker.ts'
import type { HospitalSettings } from './settings.ts'

/** One vault, one currency, and no accounting years yet. */
const PERIOD = 0
/** Blocks' budgets that may be under way. */
const BLOCKS_IN_FLIGHT = 2

export type ImportParameters = {
  readonly context: AgentContext
  readonly signer: TransactionSigner
  readonly secrets: { readonly writer: Uint8Array; readonly prf: Uint8Array }
  readonly opened: Opened
  /** Resolves when the ledger takes records: committee active, patients' grants given. */
  readonly open: Promise<void>
}

/** An invoice as the vault records it; a wrong one is a rehearsal's, and goes alone. */
export type ToRecord = { readonly invoice: VaultInvoice; readonly isWrong: boolean }

/** Invoices as the vault records them, those of one bucket side by side: their sums are then one addition chain. */
export function toRecord(
  dataset: Dataset,
  settings: HospitalSettings,
  prf: Uint8Array,
): readonly ToRecord[] {
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
      const nullifier = invoiceNullifier(prf, id)
      const invoice = { amount, tag, policy, period: PERIOD, nullifier }
      return { invoice, isWrong: settings.cheat?.invoice === id }
    })
  })
}

/** What goes in one transaction: as many records as a range proof covers. */
function batchesOf(invoices: readonly ToRecord[]): readonly (readonly ToRecord[])[] {
  const size = RANGE_AMOUNTS_MAX
  const wrong = invoices.filter(({ isWrong }) => isWrong)
  const right = invoices.filter(({ isWrong }) => !isWrong)
  const batches = Array.from({ length: Math.ceil(right.length / size) }, (_, index) =>
    right.slice(index * size, (index + 1) * size),
  )
  return [...batches, ...wrong.map((one) => [one])]
}

/** Refusals which say that a record of the batch is on the ledger already. */
const done: ReadonlySet<string> = new Set(['NULLIFIER_USED', 'RECORD_EXISTS', 'EPHEMERAL_USED'])

/** Makes finished payloads in threads of its own. */
function createProver({ context, signer, secrets, opened }: ImportParameters) {
  const { anchor, log } = context
  const { committee, epoch, keys } = opened
  const { chainId } = anchor
  const { account } = signer
  const setup: ProveSetup = {
    chainId,
    account,
    committee,
    epoch,
    keys,
    writerSecret: secrets.writer,
  }
  const pool = createWorkerPool<ProveTask, Proved>({
    script: new URL('./prove.worker.ts', import.meta.url),
    setup,
    threads: Math.max(1, availableParallelism() - 1),
    onCrash: (cause) => log.error({ err: cause }, 'a proving thread died'),
  })
  return {
    prove: async (batch: readonly ToRecord[]): Promise<Act> => {
      const invoices = batch.map(({ invoice }) => invoice)
      const isWrong = batch.some((one) => one.isWrong)
      const task = { invoices, entropy: randomBytes(32), isWrong }
      // So costly a task fills a bundle by itself, and every thread has one.
      const { tag, payload } = await pool.run(task, Number.POSITIVE_INFINITY)
      return { tag, payload: decode(raw, payload) }
    },
    stop: pool.stop,
  }
}

/** The invoices of a batch that the ledger does not have. */
async function missingOf(
  { context, opened }: ImportParameters,
  batch: readonly ToRecord[],
): Promise<readonly ToRecord[]> {
  const { organization } = opened
  const recorded = await mapLimited(batch, 4, async ({ invoice: { nullifier } }) => {
    const at = invoiceTable.key(nullifier)
    const { value } = await context.nodes.ask(({ verified }) => verified.stateValue(at))
    return findInvoice({ get: () => value }, { nullifier, organization }) !== undefined
  })
  return batch.filter((_, index) => recorded[index] === false)
}

/** Units of one transaction. */
function costOf({ opened }: ImportParameters): number {
  const { keys } = opened
  if (keys.kind === 'threshold')
    return recordBatch.cost({ records: new Array(RANGE_AMOUNTS_MAX) } as never)
  const one = { shares: new Array(keys.secrets.size) }
  return repRecordBatch.cost({ records: new Array(RANGE_AMOUNTS_MAX).fill(one) } as never)
}

/** Answers how many records were added by this run. */
export async function importInvoices(
  parameters: ImportParameters,
  invoices: readonly ToRecord[],
): Promise<number> {
  const { context, signer, open } = parameters
  const { anchor, outbox, report, sender } = context
  const prover = createProver(parameters)

  const deliver = async (key: string, batch: readonly ToRecord[]): Promise<void> => {
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

  const cost = costOf(parameters)
  const budget = BLOCKS_IN_FLIGHT * anchor.parameters.blockBudget
  const inFlight = Math.max(1, Math.floor(budget / cost))
  let recorded = 0
  let added = 0
  try {
    await mapLimited(batchesOf(invoices), inFlight, async (batch, index) => {
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
