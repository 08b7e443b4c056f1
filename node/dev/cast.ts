// The cast of the main job: homes of helpers, hospitals, patients and payers, each with its own keys and nobody else's.
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { keysetId } from '../../apps/committee/ids.ts'
import { appList } from '../../apps/index.ts'
import { committeeId } from '../../apps/vault/ids.ts'
import { formatGenesis } from '../../genesis/cards.ts'
import { genesisHash } from '../../genesis/schema.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import type { Digest, Hex } from '../../vm/types.ts'
import type { HelperSettingsFile, Serves } from '../agents/helper/settings.ts'
import type { HospitalSettingsFile } from '../agents/hospital/settings.ts'
import type { PatientsSettings } from '../agents/patients/patients.ts'
import { agentPaths, keepJson, toJsonBytes } from '../agents/settings.ts'
import { replaceFile } from '../files.ts'
import type { Dataset } from '../synthea/dataset.ts'
import { networkPaths } from '../testnet/layout.ts'
import { CURRENCY, DEALER_BOND, SERVER_BOND } from './money.ts'
import type { Rehearsal } from './options.ts'
import { drawPayers, type KeptPayer, keepAccountKey, keepPatients, peopleFields } from './people.ts'
import { founderOf, keysOf, type NetworkPlan, organizationOf } from './plan.ts'
import { dealFacilities, helpersOf, hospitalsOf, type Party, sizesOf } from './sharing.ts'
import type { Stage } from './stage.ts'

const YEAR_MS = 365 * 86_400_000

export const castSchema = z.strictObject({
  /** Makes the committee's id. */
  nonce: z.custom<Hex>((text) => /^0x[0-9a-f]{32}$/.test(String(text))),
  expiresAt: z.int(),
  ...peopleFields,
})
type KeptCast = z.infer<typeof castSchema>

export type Payer = KeptPayer & { readonly home: string; readonly publicKey: Hex }

export type Cast = {
  readonly chainId: Digest
  /** Makes the ids of keyset and committee. */
  readonly nonce: Hex
  /** Of sharing M; nobody makes one in the other. */
  readonly keyset: Digest
  readonly committee: Digest
  readonly helpers: readonly Party[]
  readonly hospitals: readonly Party[]
  readonly patients: string
  readonly payers: readonly Payer[]
  readonly cards: KeptCast['cards']
  readonly tagOf: (patient: string) => Hex | undefined
}

export type CastParameters = {
  readonly plan: NetworkPlan
  readonly stage: Stage
  readonly dataset: Dataset
  /** The folder that the dataset was read from. */
  readonly data: string
  readonly rehearsal: Rehearsal
}

type Making = CastParameters & {
  readonly kept: KeptCast
  readonly chainId: Digest
  readonly keyset: Digest
  readonly committee: Digest
  readonly genesis: string
}

/** Settings follow from the plan, so they are written anew; keys and everything an agent made stay. */
async function writeAgentHome({ genesis }: Making, home: string, settings: object): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  await replaceFile(agentPaths(home).genesis, new TextEncoder().encode(genesis))
  await replaceFile(agentPaths(home).settings, toJsonBytes(settings))
}

function servesOf({ plan, keyset, committee }: Making): Serves {
  if (plan.sharing === 'L') return { kind: 'replicated', committee }
  const members = helpersOf(plan.sharing).map((name) => keysOf(plan, name).account)
  return { kind: 'keyset', keyset, committees: [committee], members }
}

type Told<S> = Omit<S, 'chainId' | 'account'>

/** The home of a party whose account is in the genesis. */
async function makeParty(making: Making, party: Party, told: object): Promise<Party> {
  const { plan, chainId } = making
  const { name, home } = party
  const { account, seed } = keysOf(plan, name)
  await writeAgentHome(making, home, { chainId, account, ...told })
  await keepAccountKey(home, fromHex(seed))
  return party
}

function makeHelper(making: Making, name: string): Promise<Party> {
  const { stage } = making
  const told: Told<HelperSettingsFile> = {
    serves: servesOf(making),
    bond: SERVER_BOND.toString(),
    cheat: stage.frauds.helpers.get(name) ?? null,
  }
  return makeParty(making, { name, home: networkPaths(stage.home).agent(name) }, told)
}

function vaultOf({ plan, stage, kept, committee }: Making): HospitalSettingsFile['vault'] {
  if (plan.sharing === 'M') return { kind: 'keyset', committee }
  const { threshold, minimum } = sizesOf[plan.sharing]
  return {
    kind: 'replicated',
    nonce: kept.nonce,
    servers: helpersOf(plan.sharing).map((name) => keysOf(plan, name).account),
    threshold,
    minimum,
    currency: CURRENCY,
    bond: DEALER_BOND.toString(),
    answers: stage.answers,
  }
}

function makeHospital(making: Making, name: string): Promise<Party> {
  const { plan, stage, dataset, data, kept, rehearsal } = making
  const told: Told<HospitalSettingsFile> = {
    vault: vaultOf(making),
    data,
    facilities: [...(dealFacilities(dataset, plan.sharing).get(name) ?? [])],
    cards: kept.cards,
    payers: kept.payers.map((payer) => ({ id: payer.id, account: payer.account })),
    misrecord: rehearsal.misrecord ?? null,
    cheat: stage.frauds.hospitals.get(name) ?? null,
  }
  return makeParty(making, { name, home: networkPaths(stage.home).client(name) }, told)
}

async function makePayer(making: Making, payer: KeptPayer): Promise<Payer> {
  const { stage, chainId, committee } = making
  const home = networkPaths(stage.home).client(payer.name)
  const { account } = payer
  const fee = stage.fee.toString()
  await writeAgentHome(making, home, { chainId, account, committee, fee })
  return { ...payer, home, publicKey: await keepAccountKey(home) }
}

async function makePatients(making: Making, home: string): Promise<void> {
  const { plan, chainId, committee, kept } = making
  const settings: PatientsSettings = {
    chainId,
    committee,
    writers: hospitalsOf(plan.sharing).map((name) => organizationOf(plan, name)),
    payers: kept.payers.map(({ account }) => account),
    expiresAt: kept.expiresAt,
  }
  await writeAgentHome(making, home, settings)
}

export async function openCast(parameters: CastParameters): Promise<Cast> {
  const { plan, stage, dataset } = parameters
  const homeOf = networkPaths(stage.home).client
  const operator = homeOf('operator')
  const patients = homeOf('patients')
  await mkdir(operator, { recursive: true, mode: 0o700 })
  await mkdir(join(patients, 'keys'), { recursive: true, mode: 0o700 })
  const kept = await keepJson(join(operator, 'cast.json'), castSchema, {
    nonce: toHex(randomBytes(16)),
    expiresAt: Date.now() + YEAR_MS,
    payers: drawPayers(dataset),
    cards: await keepPatients(patients, dataset),
  })
  const chainId = genesisHash(plan.file, appList)
  const { account } = founderOf(plan)
  const { nonce } = kept
  const ids = { committee: committeeId({ account, nonce }), keyset: keysetId({ account, nonce }) }
  const genesis = formatGenesis(plan.file, appList)
  const making: Making = { ...parameters, ...ids, kept, chainId, genesis }
  const all = <T, R>(items: readonly T[], make: (making: Making, item: T) => Promise<R>) =>
    Promise.all(items.map((item) => make(making, item)))
  const helpers = await all(helpersOf(plan.sharing), makeHelper)
  const hospitals = await all(hospitalsOf(plan.sharing), makeHospital)
  const payers = await all(kept.payers, makePayer)
  await makePatients(making, patients)
  const tags = new Map(kept.cards.map(({ patient, tag }) => [patient, tag]))
  const tagOf = (patient: string) => tags.get(patient)
  const people = { patients, payers, cards: kept.cards, tagOf }
  return { chainId, nonce, ...ids, helpers, hospitals, ...people }
}
