// The patients, one process for all: each lets hospitals write under its tag, lets payers ask for its sum, and reads its receipts.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { consentGrant } from '../../../apps/vault/consent-grant.ts'
import { consentWriter } from '../../../apps/vault/consent-writer.ts'
import { act, batchAct } from '../../../client/transaction.ts'
import { buildConsentGrant, buildConsentWriter, newNonce } from '../../../client/vault/consent.ts'
import { mapLimited } from '../limit.ts'
import type { AgentContext } from '../process.ts'
import { agentPaths, hex32, requireJson } from '../settings.ts'
import { requireAccepted, signerOf } from '../sign.ts'
import { createReceipts } from './receipts.ts'
import { startWatch } from './watch.ts'

export const patientsSettingsSchema = z.strictObject({
  chainId: hex32,
  committee: hex32,
  /** The organizations that may record. */
  writers: z.array(hex32),
  /** Accounts of the payers that may ask. */
  payers: z.array(hex32),
  expiresAt: z.int(),
})
export type PatientsSettings = z.infer<typeof patientsSettingsSchema>

export const patientKeysSchema = z.strictObject({
  patients: z.array(
    z.strictObject({ account: hex32, seed: hex32, publicKey: hex32, tag: hex32, tagSecret: hex32 }),
  ),
})
type PatientKeys = z.infer<typeof patientKeysSchema>['patients'][number]

/** Patients that act at the same time. */
const AT_ONCE = 16
const PERIOD = 0
const MAX_USES = 10

async function allowWriting(
  { anchor, crypto, sender }: AgentContext,
  settings: PatientsSettings,
  patient: PatientKeys,
): Promise<void> {
  const { account, tag, tagSecret } = patient
  const make = () => {
    const { writers, expiresAt } = settings
    const terms = { account, tag, writers, policies: null, expiresAt }
    const proving = { chainId: anchor.chainId, tagSecret, entropy: randomBytes(32) }
    return act(consentWriter, buildConsentWriter(crypto.group, terms, proving))
  }
  const order = { key: `consent.writer/${tag}`, make, signers: [signerOf(patient)] }
  requireAccepted('a consent to record', (await sender.deliver(order)).code)
}

async function allowAsking(
  { anchor, crypto, sender }: AgentContext,
  { committee, payers, expiresAt }: PatientsSettings,
  patient: PatientKeys,
): Promise<void> {
  const { account, tag, tagSecret } = patient
  const grant = (insurer: PatientKeys['account']) => {
    const entropy = randomBytes(32)
    const bucket = { tag, policy: insurer, period: PERIOD }
    const terms = {
      account,
      nonce: newNonce(entropy),
      committee,
      insurer,
      scope: { kind: 'buckets', buckets: [bucket] },
      purpose: 'accumulator',
      maxUses: MAX_USES,
      expiresAt,
      minimum: 0,
      single: false,
      overlap: false,
    } as const
    const tagSecrets = new Map([[tag, tagSecret]])
    const proving = { chainId: anchor.chainId, tagSecrets, entropy }
    return buildConsentGrant(crypto.group, terms, proving)
  }
  const make = () => batchAct(consentGrant, payers.map(grant), { atomic: true })
  const order = { key: `consent.grant/${tag}`, make, signers: [signerOf(patient)] }
  requireAccepted('a consent to ask', (await sender.deliver(order)).code)
}

export async function runPatients(context: AgentContext): Promise<void> {
  const { home, sender, report, asked, ended } = context
  const paths = agentPaths(home)
  const settings = await requireJson(paths.settings, patientsSettingsSchema)
  const { patients } = await requireJson(paths.secret('patients'), patientKeysSchema)
  const owners = new Map(
    patients.map((patient) => {
      const { tag, tagSecret } = patient
      return [tag, { signer: signerOf(patient), tagSecret }] as const
    }),
  )
  const receipts = createReceipts(context, (tag) => owners.get(tag))
  const watch = await startWatch(context, receipts)
  report({ kind: 'ready' })

  const step = async (
    name: string,
    work: (
      context: AgentContext,
      settings: PatientsSettings,
      patient: PatientKeys,
    ) => Promise<void>,
  ): Promise<void> => {
    await asked(name)
    let done = 0
    const sentBefore = sender.latencies().length
    await mapLimited(patients, AT_ONCE, async (patient) => {
      await work(context, settings, patient)
      done += 1
      report({ kind: 'progress', done, total: patients.length })
    })
    const latenciesMs = [...sender.latencies()]
    report({ kind: 'done', step: name, latenciesMs, added: latenciesMs.length - sentBefore })
  }

  /** All receipts are read as their blocks come; this waits for those that are on the ledger by now. */
  const readReceipts = async (): Promise<void> => {
    await asked('receipts')
    await watch.reach(await context.nodes.lookAround())
    const { disputed } = receipts.counts()
    report({ kind: 'done', step: 'receipts', latenciesMs: [], added: disputed })
  }

  const work = async (): Promise<void> => {
    await step('writers', allowWriting)
    await step('grants', allowAsking)
    await readReceipts()
    await ended
  }
  await Promise.race([work(), watch.failed, ended])
  await watch.stop()
}
