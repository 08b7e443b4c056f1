// The cast of the main job: homes of helpers, hospital, patients and payers, each with its own keys and nobody else's.
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { appList } from '../../apps/index.ts'
import { committeeId } from '../../apps/vault/ids.ts'
import { publicKeyOf } from '../../client/signer.ts'
import { createTag } from '../../client/vault/entropy.ts'
import { formatGenesis } from '../../genesis/cards.ts'
import { genesisHash } from '../../genesis/schema.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import type { Digest } from '../../vm/types.ts'
import type { HelperSettingsFile } from '../agents/helper/settings.ts'
import type { HospitalSettingsFile } from '../agents/hospital/settings.ts'
import { agentPaths, hex32, keepJson, toJsonBytes } from '../agents/settings.ts'
import { createNativeGroup } from '../crypto/ristretto255.ts'
import { EpioneError } from '../errors.ts'
import { replaceFile } from '../files.ts'
import { createKeyFile, inspectKeyFile } from '../keys/key-file.ts'
import { type Dataset, pairsOf } from '../synthea/dataset.ts'
import { networkPaths } from '../testnet/layout.ts'
import type { Rehearsal } from './options.ts'
import { keysOf, type NetworkPlan } from './plan.ts'

export const CURRENCY = 'USD'
/** Minor units. */
export const SERVER_BOND = 100_000n
export const DEALER_BOND = 100_000n
const QUERY_FEE = 100n
const HELPERS = 5
const THRESHOLD = 3
const SEATS_MIN = 4
const YEAR_MS = 365 * 86_400_000

const castSchema = z.strictObject({
  /** Makes the committee's id. */
  nonce: z.custom<`0x${string}`>((text) => /^0x[0-9a-f]{32}$/.test(String(text))),
  expiresAt: z.int(),
  payers: z.array(
    z.strictObject({ id: z.string(), name: z.string(), organization: hex32, account: hex32 }),
  ),
  cards: z.array(
    z.strictObject({ patient: z.string(), account: hex32, publicKey: hex32, tag: hex32 }),
  ),
})
type KeptCast = z.infer<typeof castSchema>

export type Payer = KeptCast['payers'][number] & {
  readonly home: string
  readonly publicKey: `0x${string}`
}

export type Cast = {
  readonly chainId: Digest
  readonly helpers: readonly { readonly name: string; readonly home: string }[]
  readonly hospital: string
  readonly patients: string
  readonly operator: string
  readonly payers: readonly Payer[]
  readonly tagOf: (patient: string) => `0x${string}` | undefined
}

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

function drawPayers(dataset: Dataset): KeptCast['payers'] {
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

const patientKeysSchema = z.strictObject({
  patients: z.array(
    z.strictObject({ account: hex32, seed: hex32, publicKey: hex32, tag: hex32, tagSecret: hex32 }),
  ),
})

async function drawPatients(count: number) {
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

async function keepAccountKey(home: string, secret?: Uint8Array): Promise<`0x${string}`> {
  const path = agentPaths(home).accountKey
  try {
    const key = { path, kind: 'account', ...(secret === undefined ? {} : { secret }) } as const
    return (await createKeyFile(key)).publicKey
  } catch (error) {
    if (!(error instanceof EpioneError) || error.code !== 'KEY_EXISTS') throw error
    return (await inspectKeyFile(path)).publicKey
  }
}

/** Settings follow from the plan, so they are written anew; keys and everything an agent made stay. */
async function writeAgentHome(home: string, genesis: string, settings: object): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  await replaceFile(agentPaths(home).genesis, new TextEncoder().encode(genesis))
  await replaceFile(agentPaths(home).settings, toJsonBytes(settings))
}

export async function openCast(parameters: {
  readonly plan: NetworkPlan
  readonly dataset: Dataset
  readonly data: string
  readonly rehearsal: Rehearsal
}): Promise<Cast> {
  const { plan, dataset, data, rehearsal } = parameters
  const { client: homeOf, agent } = networkPaths(plan.home)
  const operator = homeOf('operator')
  const patients = homeOf('patients')
  await mkdir(join(patients, 'keys'), { recursive: true, mode: 0o700 })
  const { patients: keys } = await keepJson(
    agentPaths(patients).secret('patients'),
    patientKeysSchema,
    { patients: await drawPatients(dataset.patients.length) },
  )
  const kept = await keepJson(join(operator, 'cast.json'), castSchema, {
    nonce: toHex(randomBytes(16)),
    expiresAt: Date.now() + YEAR_MS,
    payers: drawPayers(dataset),
    cards: keys.map(({ account, publicKey, tag }, index) => ({
      patient: dataset.patients[index] ?? '',
      account,
      publicKey,
      tag,
    })),
  })
  const chainId = genesisHash(plan.file, appList)
  const genesis = formatGenesis(plan.file, appList)
  const hospitalKeys = keysOf(plan, 'hospital')
  const committee = committeeId({ account: hospitalKeys.account, nonce: kept.nonce })
  const writer = plan.members.find(({ card }) => card.organization.name === 'hospital')
  const helpers = Array.from({ length: HELPERS }, (_, index) => {
    const name = `helper-${index + 1}`
    return { name, home: agent(name), keys: keysOf(plan, name) }
  })
  for (const { home, keys: own } of helpers) {
    const bond = SERVER_BOND.toString()
    const serves = { kind: 'dealer', committee } as const
    const settings: HelperSettingsFile = { chainId, account: own.account, serves, bond }
    await writeAgentHome(home, genesis, settings)
    await keepAccountKey(home, fromHex(own.seed))
  }
  const hospital = homeOf('hospital')
  const hospitalSettings: HospitalSettingsFile = {
    chainId,
    account: hospitalKeys.account,
    vault: {
      kind: 'dealer',
      nonce: kept.nonce,
      servers: helpers.map((helper) => helper.keys.account),
      threshold: THRESHOLD,
      minimum: SEATS_MIN,
      currency: CURRENCY,
      bond: DEALER_BOND.toString(),
    },
    data,
    facilities: null,
    cards: kept.cards,
    payers: kept.payers.map(({ id, account }) => ({ id, account })),
    misrecord: rehearsal.misrecord ?? null,
  }
  await writeAgentHome(hospital, genesis, hospitalSettings)
  await keepAccountKey(hospital, fromHex(hospitalKeys.seed))
  await writeAgentHome(patients, genesis, {
    chainId,
    committee,
    writers: writer === undefined ? [] : [writer.card.organization.id],
    payers: kept.payers.map(({ account }) => account),
    expiresAt: kept.expiresAt,
  })
  const payers = await Promise.all(
    kept.payers.map(async (payer): Promise<Payer> => {
      const home = homeOf(payer.name)
      const { account } = payer
      await writeAgentHome(home, genesis, { chainId, account, committee, fee: `${QUERY_FEE}` })
      return { ...payer, home, publicKey: await keepAccountKey(home) }
    }),
  )
  const tags = new Map(kept.cards.map(({ patient, tag }) => [patient, tag]))
  const tagOf = (patient: string) => tags.get(patient)
  return { chainId, helpers, hospital, patients, operator, payers, tagOf }
}
