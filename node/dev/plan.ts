// The plan of one development network: drawn once, kept in its home, the same whenever it is started again.
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { appList } from '../../apps/index.ts'
import { type CardOptions, genesisFromCards } from '../../genesis/cards.ts'
import { type AccountKeys, accountKeys, type Member } from '../../genesis/member.ts'
import { ACCOUNT_FUNDS, createSample, TREASURY_FUNDS } from '../../genesis/sample.ts'
import type { GenesisFile } from '../../genesis/schema.ts'
import { defaultSections } from '../../genesis/sections.ts'
import { asciiBytes, fromHex, toHex } from '../../vm/bytes.ts'
import { hash } from '../../vm/hash.ts'
import type { EngineKind } from '../../vm/quorum.ts'
import { defaultParameters } from '../../vm/rules.ts'
import type { OrganizationId } from '../../vm/types.ts'
import { hex32, keepJson } from '../agents/settings.ts'
import { EpioneError } from '../errors.ts'
import { networkPaths } from '../testnet/layout.ts'
import type { Tempo } from './options.ts'
import { hospitalsOf, liableFor, type Sharing, sharings, sizesOf } from './sharing.ts'

/** Sample accounts, funded in the genesis; their keys follow from a public constant. */
const SAMPLE_ACCOUNTS = 10
const SAMPLE_SEED = hash('dev-sample-accounts', asciiBytes('everybody knows these keys'))

const planSchema = z.strictObject({
  version: z.literal(2),
  /** All keys of the network but those of the sample accounts follow from it. */
  seed: hex32,
  timeMs: z.int(),
  validators: z.int(),
  engine: z.enum(['pbft', 'poa']),
  sharing: z.enum(sharings),
  /** Of the input files; null for a network without a job. */
  fingerprint: z.string().nullable(),
  tempo: z.strictObject({
    heartbeatMs: z.int().optional(),
    baseTimeoutMs: z.int().optional(),
    queryDeadlineMs: z.int().optional(),
    complaintWindowMs: z.int().optional(),
  }),
})
type Plan = z.infer<typeof planSchema>

export type NetworkPlan = {
  readonly home: string
  readonly sharing: Sharing
  readonly file: GenesisFile
  readonly members: readonly Member[]
  readonly samples: readonly AccountKeys[]
}

export type PlanParameters = {
  readonly home: string | undefined
  readonly validators: number
  readonly engine: EngineKind
  readonly sharing: Sharing
  /** Undefined for a network without a job. */
  readonly fingerprint: string | undefined
  readonly tempo: Tempo | undefined
}

function other(home: string, what: string): EpioneError {
  return new EpioneError({
    code: 'HOME_INVALID',
    message: `${home} holds a network ${what}`,
    hint: 'start it with what it was made with, or choose another folder with --home',
  })
}

function requireSame(home: string, wished: Plan, kept: Plan): void {
  if (kept.fingerprint !== wished.fingerprint) {
    const isOther = kept.fingerprint !== null && wished.fingerprint !== null
    throw other(home, isOther ? 'of other data' : 'for another job (with or without --empty)')
  }
  if (kept.validators !== wished.validators)
    throw other(home, `of ${kept.validators} validators, not ${wished.validators}`)
  if (kept.engine !== wished.engine)
    throw other(home, `with the engine ${kept.engine}, not ${wished.engine}`)
  if (kept.sharing !== wished.sharing)
    throw other(home, `with the sharing ${kept.sharing}, not ${wished.sharing}`)
}

/** Parameters of the chain, and the vault's section if its windows are other than usual. */
function genesisTempo({
  tempo,
  validators,
}: Plan): Pick<CardOptions, 'parameters' | 'applications'> {
  const { queryDeadlineMs, complaintWindowMs, ...times } = tempo
  const parameters = defined(times)
  const { baseTimeoutMs = defaultParameters.baseTimeoutMs } = parameters
  const facts = { settlement: undefined, balances: [], validators, baseTimeoutMs }
  const { vault } = defaultSections(appList, facts)
  const windows = defined({ queryDeadlineMs, complaintWindowMs })
  return { parameters, applications: { vault: { ...(vault as object), ...windows } } }
}

/** The same without what is undefined. */
function defined<K extends string>(
  times: Readonly<Partial<Record<K, number | undefined>>>,
): Partial<Record<K, number>> {
  const entries = Object.entries(times).filter(([, time]) => time !== undefined)
  return Object.fromEntries(entries) as Partial<Record<K, number>>
}

/** The sample's cast with secret keys, and beside it the sample accounts that everybody may use. */
function buildNetwork(home: string, plan: Plan): NetworkPlan {
  const { timeMs, sharing, validators } = plan
  const seed = fromHex(plan.seed)
  const { hospitals, helpers } = sizesOf[sharing]
  const { members } = createSample({ seed, timeMs, validators, hospitals, helpers }, appList)
  const samples = Array.from({ length: SAMPLE_ACCOUNTS }, (_, index) =>
    accountKeys(SAMPLE_SEED, { name: `account-${index + 1}`, roles: ['patient'] }),
  )
  const treasury = members.flatMap(({ accounts }) =>
    accounts.filter(({ name }) => name === 'treasury'),
  )
  const balances = [
    ...treasury.map(({ account }) => ({ account, amount: TREASURY_FUNDS })),
    ...samples.map(({ account }) => ({ account, amount: ACCOUNT_FUNDS })),
  ]
  const people = samples.map(({ account, roles, publicKey }) => ({
    id: account,
    organization: null,
    roles,
    publicKeys: [publicKey],
    encryptionKey: null,
  }))
  const cards = members.map(({ card }) => card)
  const made = { name: 'epione-dev', engine: plan.engine, balances, people }
  const file = genesisFromCards(cards, { ...made, ...genesisTempo(plan) }, appList)
  return { home, sharing, members, samples, file }
}

/** Makes the home or takes up the one that is there; throws EpioneError if it was made for something else. */
export async function openPlan(parameters: PlanParameters): Promise<NetworkPlan> {
  const { validators, engine, sharing, fingerprint = null, tempo = {} } = parameters
  const home =
    parameters.home === undefined
      ? await mkdtemp(join(tmpdir(), 'epione-dev-'))
      : resolve(parameters.home)
  await mkdir(home, { recursive: true, mode: 0o700 })
  const wished: Plan = {
    version: 2,
    seed: toHex(randomBytes(32)),
    timeMs: Date.now(),
    validators,
    engine,
    sharing,
    fingerprint,
    tempo,
  }
  const operator = networkPaths(home).client('operator')
  await mkdir(operator, { recursive: true, mode: 0o700 })
  const kept = await keepJson(join(operator, 'network.json'), planSchema, wished)
  requireSame(home, wished, kept)
  return buildNetwork(home, kept)
}

/** The keys of the account with that name. */
export function keysOf({ members }: NetworkPlan, name: string): AccountKeys {
  for (const { accounts } of members) {
    const found = accounts.find((account) => account.name === name)
    if (found !== undefined) return found
  }
  throw new RangeError(`no account is called ${name}`)
}

/** Who stands with its bond for what the hospital writes. */
export function liableOf(plan: NetworkPlan, hospital: string): AccountKeys {
  return keysOf(plan, liableFor(plan.sharing, hospital))
}

/** Whose account makes the id of the vault's committee. */
export function founderOf(plan: NetworkPlan): AccountKeys {
  return liableOf(plan, hospitalsOf(plan.sharing)[0] ?? '')
}

/** The id of the organization with that name. */
export function organizationOf({ members }: NetworkPlan, name: string): OrganizationId {
  const found = members.find(({ card }) => card.organization.name === name)
  if (found === undefined) throw new RangeError(`no organization is called ${name}`)
  return found.card.organization.id
}
