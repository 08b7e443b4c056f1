// Payers and patients of a sample: drawn once from the data, with keys that nobody else has.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { publicKeyOf } from '../../client/signer.ts'
import { createTag } from '../../client/vault/entropy.ts'
import { toHex } from '../../vm/bytes.ts'
import { patientKeysSchema } from '../agents/patients/patients.ts'
import { agentPaths, hex32, keepJson } from '../agents/settings.ts'
import { createNativeGroup } from '../crypto/ristretto255.ts'
import { EpioneError } from '../errors.ts'
import { createKeyFile, inspectKeyFile } from '../keys/key-file.ts'
import { type Dataset, pairsOf } from '../synthea/dataset.ts'

const payerSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  organization: hex32,
  account: hex32,
})
const cardSchema = z.strictObject({
  patient: z.string(),
  account: hex32,
  publicKey: hex32,
  tag: hex32,
})

export const peopleFields = { payers: z.array(payerSchema), cards: z.array(cardSchema) }
export type KeptPayer = z.infer<typeof payerSchema>
type Card = z.infer<typeof cardSchema>

/** A folder's and an organization's name for a payer: letters and digits of its own name. */
function slugs(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? ['payer']
    const base = `payer-${words.join('-')}`.slice(0, 32).replace(/-$/, '')
    let slug = base
    for (let number = 2; taken.has(slug); number++) slug = `${base}-${number}`
    taken.add(slug)
    return slug
  })
}

export function drawPayers(dataset: Dataset): KeptPayer[] {
  const asked = new Set(pairsOf(dataset).map(({ payer }) => payer))
  const payers = dataset.payers.filter(({ id }) => asked.has(id))
  const names = slugs(payers.map(({ name }) => name))
  return payers.map(({ id }, index) => ({
    id,
    name: names[index] ?? '',
    organization: toHex(randomBytes(32)),
    account: toHex(randomBytes(32)),
  }))
}

async function drawKeys(count: number) {
  const group = await createNativeGroup()
  return Array.from({ length: count }, () => {
    const seed = new Uint8Array(randomBytes(32))
    const { secret, publicKey: tag } = createTag(group, randomBytes(32))
    return {
      account: toHex(randomBytes(32)),
      seed: toHex(seed),
      publicKey: publicKeyOf(seed),
      tag,
      tagSecret: secret,
    }
  })
}

/** The card that each patient shows to hospitals; the secrets stay in the home of the patients. */
export async function keepPatients(home: string, dataset: Dataset): Promise<Card[]> {
  const path = agentPaths(home).secret('patients')
  const { patients } = await keepJson(path, patientKeysSchema, {
    patients: await drawKeys(dataset.patients.length),
  })
  return patients.map(({ account, publicKey, tag }, index) => ({
    patient: dataset.patients[index] ?? '',
    account,
    publicKey,
    tag,
  }))
}

/** The account's key in the home of an agent: the given one, or one that is drawn the first time. */
export async function keepAccountKey(home: string, secret?: Uint8Array): Promise<`0x${string}`> {
  const path = agentPaths(home).accountKey
  try {
    const key = { path, kind: 'account', ...(secret === undefined ? {} : { secret }) } as const
    return (await createKeyFile(key)).publicKey
  } catch (error) {
    if (!(error instanceof EpioneError) || error.code !== 'KEY_EXISTS') throw error
    return (await inspectKeyFile(path)).publicKey
  }
}
