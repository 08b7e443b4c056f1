// The sample network: the cast of the development chain, with any number of validators.
import type { AppList } from '../vm/app.ts'
import { assert } from '../vm/assert.ts'
import { VALIDATORS_MAX } from '../vm/limits.ts'
import type { EngineKind } from '../vm/quorum.ts'
import type { Parameters } from '../vm/rules.ts'
import type { TimeMs } from '../vm/types.ts'
import type { MemberPlan } from './member.ts'
import { createTestnet, type Testnet } from './testnet.ts'

/** Minor units that the treasury has at the start. */
export const TREASURY_FUNDS = 1_000_000_000_000n
/** Minor units that each sample account has at the start. */
export const ACCOUNT_FUNDS = 1_000_000_000n

/** The first hospital validates, as the insurer does, which asks nothing. */
function validatorPlan(index: number, hospital: string): MemberPlan {
  const [name, kind] = (
    [
      [hospital, 'hospital'],
      ['authority-1', 'authority'],
      ['authority-2', 'authority'],
      ['insurer', 'insurer'],
    ] as const
  )[index] ?? [`authority-${index - 1}`, 'authority']
  const accounts: MemberPlan['accounts'] = [
    { name: `${name}-admin`, roles: ['admin'] },
    { name: `${name}-validator`, roles: ['validator'] },
  ]
  const all = kind === 'hospital' ? [...accounts, writerAccount(name)] : accounts
  return { name, kind, validator: true, accounts: all }
}

/** What a hospital records in its own name. */
function writerAccount(name: string): MemberPlan['accounts'][number] {
  return { name, roles: ['hospital'] }
}

/** A hospital that only records. */
function writerPlan(name: string): MemberPlan {
  const admin: MemberPlan['accounts'][number] = { name: `${name}-admin`, roles: ['admin'] }
  return { name, kind: 'hospital', validator: false, accounts: [admin, writerAccount(name)] }
}

/** A helper organization has one account, that of its server. */
function helperPlan(index: number): MemberPlan {
  const name = `helper-${index + 1}`
  return { name, kind: 'host', validator: false, accounts: [{ name, roles: ['helper', 'admin'] }] }
}

/** Stands for the currency; its balances count as issued. */
const treasury: MemberPlan = {
  name: 'treasury',
  kind: 'settlement',
  validator: false,
  accounts: [{ name: 'treasury', roles: ['admin', 'treasurer'] }],
}

export type SampleOptions = {
  /** 32 random bytes, or a written constant where everybody may know the keys. */
  readonly seed: Uint8Array
  readonly timeMs: TimeMs
  readonly name?: string
  readonly engine?: EngineKind
  readonly validators?: number
  readonly helpers?: number
  /** Organizations that record, of which the first validates; one that has no number if not given. */
  readonly hospitals?: number
  /** Funded accounts `account-1`, `account-2`, ... that belong to no organization. */
  readonly accounts?: number
  readonly parameters?: Partial<Parameters>
  readonly addressesOf?: (name: string) => readonly string[]
}

/**
 * Validators `hospital` (`hospital-1` if they are numbered), `authority-1`, `authority-2`, `insurer`, `authority-3`, ...; `hospital-2`,
 * ...; `helper-1` to `helper-5`; `treasury`.
 */
export function createSample(options: SampleOptions, list: AppList): Testnet {
  const { name = 'epione-sample', validators = 4, helpers = 5, accounts = 0, ...more } = options
  const { hospitals = 0, ...rest } = more
  assert(validators >= 1 && validators <= VALIDATORS_MAX, `1 to ${VALIDATORS_MAX} validators`)
  const people = Array.from({ length: accounts }, (_, index) => `account-${index + 1}`)
  const names = Array.from({ length: hospitals }, (_, index) => `hospital-${index + 1}`)
  const [first = 'hospital', ...others] = names
  const members = [
    ...Array.from({ length: validators }, (_, index) => validatorPlan(index, first)),
    ...others.map(writerPlan),
    ...Array.from({ length: helpers }, (_, index) => helperPlan(index)),
    treasury,
  ]
  const balances = new Map([
    ['treasury', TREASURY_FUNDS],
    ...people.map((person): [string, bigint] => [person, ACCOUNT_FUNDS]),
  ])
  return createTestnet({ ...rest, name, members, people, balances }, list)
}
