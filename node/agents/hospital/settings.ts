// What the hospital's agent is told, and what it keeps to itself.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { fromHex, toHex } from '../../../vm/bytes.ts'
import { agentPaths, hex32, keepJson } from '../settings.ts'

const decimal = z.string().regex(/^\d+$/)

/** What a hospital that deals the keys itself says in its deal. */
const deal = {
  /** Makes the committee's id together with the account. */
  nonce: z.custom<`0x${string}`>((text) => /^0x[0-9a-f]{32}$/.test(String(text))),
  servers: z.array(hex32).min(2),
  threshold: z.int().min(2),
  minimum: z.int().min(2),
  currency: z.string(),
  /** Minor units. */
  bond: decimal,
}

/** The vault that it writes to: one whose key it deals, one over a keyset that nobody dealt, or one of replicated keys that it deals. */
const vaultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('dealer'), ...deal }),
  z.strictObject({ kind: z.literal('keyset'), committee: hex32 }),
  z.strictObject({
    kind: z.literal('replicated'),
    ...deal,
    answers: z.enum(['masked', 'scalar']),
  }),
])

export const hospitalSettingsSchema = z.strictObject({
  chainId: hex32,
  account: hex32,
  vault: vaultSchema,
  /** Folder of the CSV files. */
  data: z.string(),
  /** Ids in organizations.csv of the places whose invoices it records; null for all. */
  facilities: z.array(z.string()).nullable(),
  /** What each patient brings: its Id in the CSV, a pseudonymous account with its key, and the tag of its records. */
  cards: z.array(
    z.strictObject({ patient: z.string(), account: hex32, publicKey: hex32, tag: hex32 }),
  ),
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
  /**
   * Tells the patient of this invoice another amount than it recorded (`receipt`), or publishes a wrong share of it (`share`, of
   * replicated keys). Hidden like `misrecord`.
   */
  cheat: z
    .strictObject({ kind: z.enum(['receipt', 'share']), invoice: z.string() })
    .nullable()
    .default(null),
})
/** As it is written; what is hidden may be left out. */
export type HospitalSettingsFile = z.input<typeof hospitalSettingsSchema>
export type HospitalSettings = z.infer<typeof hospitalSettingsSchema>
export type DealtVault = Extract<HospitalSettings['vault'], { kind: 'dealer' }>
export type ReplicatedVault = Extract<HospitalSettings['vault'], { kind: 'replicated' }>

const secretsSchema = z.strictObject({ writer: hex32, prf: hex32 })

/** The secrets of the writer: one makes r, the other makes nullifiers. */
export async function keepWriterSecrets(home: string) {
  const fresh = { writer: toHex(randomBytes(32)), prf: toHex(randomBytes(32)) }
  const kept = await keepJson(agentPaths(home).secret('writer'), secretsSchema, fresh)
  return { writer: fromHex(kept.writer), prf: fromHex(kept.prf) }
}
