// What the hospital's agent is told, and what it keeps to itself.
import { randomBytes, randomInt } from 'node:crypto'
import { z } from 'zod'
import { fromHex, toHex } from '../../../vm/bytes.ts'
import { agentPaths, hex32, keepJson } from '../settings.ts'

export const hospitalSettingsSchema = z.strictObject({
  chainId: hex32,
  account: hex32,
  /** Makes the committee's id together with the account. */
  nonce: z.custom<`0x${string}`>((text) => /^0x[0-9a-f]{32}$/.test(String(text))),
  servers: z.array(hex32).min(2),
  threshold: z.int().min(2),
  minimum: z.int().min(2),
  currency: z.string(),
  /** Minor units, as a decimal string. */
  bond: z.string().regex(/^\d+$/),
  /** Folder of the CSV files. */
  data: z.string(),
  /** What each patient brings: a pseudonymous account with its key, and the tag of its records. */
  cards: z.array(z.strictObject({ account: hex32, publicKey: hex32, tag: hex32 })),
  /** The account of each payer, by its Id in the CSV. */
  payers: z.array(z.strictObject({ id: z.string(), account: hex32 })),
  /**
   * Records one invoice with another amount. For the test which shows that a wrong record is noticed; no flag and no variable of the
   * command line leads here.
   */
  misrecord: z
    .strictObject({ invoice: z.string(), byMinorUnits: z.int() })
    .nullable()
    .default(null),
})
export type HospitalSettings = z.infer<typeof hospitalSettingsSchema>

export const patientMapSchema = z.strictObject({
  /** The card of each patient, by its Id in the CSV. */
  patients: z.record(z.string(), z.strictObject({ account: hex32, tag: hex32 })),
})
export type PatientMap = z.infer<typeof patientMapSchema>

/** Cards in an order of their own, so that nothing on the ledger follows the order of the file. */
function shuffled<T>(items: readonly T[]): T[] {
  const mixed = [...items]
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = randomInt(last + 1)
    const kept = mixed[last] as T
    mixed[last] = mixed[other] as T
    mixed[other] = kept
  }
  return mixed
}

/** Which patient is which pseudonym; drawn once, and never leaves this home. */
export function keepPatientMap(
  home: string,
  settings: HospitalSettings,
  patients: readonly string[],
): Promise<PatientMap> {
  const cards = shuffled(settings.cards)
  const entries = patients.flatMap((patient, index) => {
    const card = cards[index]
    return card === undefined ? [] : [[patient, { account: card.account, tag: card.tag }] as const]
  })
  const path = agentPaths(home).file('patients.json')
  return keepJson(path, patientMapSchema, { patients: Object.fromEntries(entries) })
}

const secretsSchema = z.strictObject({ writer: hex32, prf: hex32 })

/** The secrets of the writer: one makes r, the other makes nullifiers. */
export async function keepWriterSecrets(home: string) {
  const fresh = { writer: toHex(randomBytes(32)), prf: toHex(randomBytes(32)) }
  const kept = await keepJson(agentPaths(home).secret('writer'), secretsSchema, fresh)
  return { writer: fromHex(kept.writer), prf: fromHex(kept.prf) }
}
