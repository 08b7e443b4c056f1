// The hospital: admits its patients under pseudonyms, deals the vault's key, and records every invoice once.
import { admitPatient } from '../../../apps/registry/admit-patient.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import { batchAct } from '../../../client/transaction.ts'
import { EpioneError } from '../../errors.ts'
import { readDataset } from '../../synthea/dataset.ts'
import type { AgentContext } from '../process.ts'
import { agentPaths, readSigner, requireJson } from '../settings.ts'
import { importInvoices, toRecord } from './import.ts'
import { openVault } from './open-vault.ts'
import { type HospitalSettings, hospitalSettingsSchema, keepWriterSecrets } from './settings.ts'

/** Admissions of one envelope; each costs as much as the check of its key. */
const ADMISSIONS_MAX = 50

async function admitPatients(
  { sender }: AgentContext,
  signer: TransactionSigner,
  { cards }: HospitalSettings,
): Promise<number> {
  // Accounts are random: nothing on the ledger follows the order of the file.
  const sorted = cards.toSorted((one, other) => (one.account < other.account ? -1 : 1))
  for (let from = 0; from < cards.length; from += ADMISSIONS_MAX) {
    const accounts = sorted.slice(from, from + ADMISSIONS_MAX).map(({ account, publicKey }) => ({
      id: account,
      publicKey,
      encryptionKey: null,
    }))
    // Another hospital may have admitted some of them.
    const make = () => batchAct(admitPatient, accounts, { atomic: false })
    const order = { key: `patients/${from}`, make, signers: [signer] }
    const { code: envelope, items } = await sender.deliver(order)
    const codes = items.length > 0 ? items : [envelope]
    const code = codes.find((one) => one !== '' && one !== 'ACCOUNT_EXISTS')
    if (code === undefined) continue
    throw new EpioneError({
      code: 'CHILD_FAILED',
      message: `the ledger refused to admit patients: ${code}`,
      hint: 'is the account of this agent active in the role hospital?',
    })
  }
  return cards.length
}

async function readInvoices(folder: string) {
  const result = await readDataset(folder)
  if (result.ok) return result.dataset
  throw new EpioneError({
    code: 'INPUT_INVALID',
    message: `${folder} cannot be imported any more: ${result.flaws[0]?.reason}`,
    hint: 'the files have changed since they were checked; check them again with epione dev',
  })
}

export async function runHospital(context: AgentContext): Promise<void> {
  const { home, sender, report, asked, ended } = context
  const settings = await requireJson(agentPaths(home).settings, hospitalSettingsSchema)
  const dataset = await readInvoices(settings.data)
  const signer = await readSigner(home, settings.account)
  const secrets = await keepWriterSecrets(home)
  report({ kind: 'ready' })
  const finish = (step: string, added: number): void =>
    report({ kind: 'done', step, latenciesMs: [...sender.latencies()], added })

  const work = async (): Promise<void> => {
    const admitted = admitPatients(context, signer, settings).then((added) =>
      finish('admit', added),
    )
    const opened = await openVault(context, signer, settings.vault)
    await admitted
    const open = Promise.all([asked('import'), opened.active]).then(() => undefined)
    // Whoever waits for it hears of a failure; until then it is nobody's unhandled rejection.
    open.catch(() => undefined)
    const invoices = toRecord(dataset, settings, secrets.prf)
    const parts = { context, signer, secrets, opened, open }
    finish('import', await importInvoices(parts, invoices))
    await ended
  }
  await Promise.race([work(), ended])
}
