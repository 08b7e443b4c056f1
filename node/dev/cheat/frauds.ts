// The four frauds in both sharings: who commits them, what it does, and what it is found guilty of.
import { EpioneError } from '../../errors.ts'
import type { Sharing } from '../sharing.ts'
import { type Frauds, honest } from '../stage.ts'

export const cheats = ['owner', 'helper', 'accuser', 'silent'] as const
/** The word for who is guilty. */
export type Cheat = (typeof cheats)[number]

/** What the ledger writes down, by the names of the vault and of its committee. */
export type FaultKind =
  | 'bad-receipt'
  | 'bad-record'
  | 'bad-share'
  | 'bad-answer'
  | 'false-complaint'
  | 'silence'

export type FraudPlan = {
  readonly cheat: Cheat
  readonly sharing: Sharing
  /** Names of the accounts that must pay, in the order of their numbers. */
  readonly guilty: readonly string[]
  readonly fault: FaultKind
  /** Whether half of what they pay goes to who showed it. */
  readonly isRewarded: boolean
  readonly frauds: Frauds
  /** Committed while the committee makes its keys; else after that. */
  readonly atKeys: boolean
  /** One question is enough, and its numbers are known beforehand. */
  readonly asksOnce: boolean
  /** Whose answer would come before the wrong one: it is away until that was found. */
  readonly away: string | undefined
}

const OWNER = 'hospital-1'
/** Whose bond stands for what the owner writes. */
const LIABLE: Readonly<Record<Sharing, string>> = { M: 'hospital-1-admin', L: OWNER }
const HELPER = 'helper-1'
/** n − t + 1 of them: in L the two holders of one class. */
const SILENT: Readonly<Record<Sharing, readonly string[]>> = {
  M: ['helper-1', 'helper-2', 'helper-3'],
  L: ['helper-1', 'helper-2'],
}

type Facts = { readonly sharing: Sharing; readonly invoice: string }

function ofHelpers(
  names: readonly string[],
  fraud: 'bad-deal' | 'bad-scalar' | 'false-complaint' | 'silent',
): Frauds {
  return { ...honest, helpers: new Map(names.map((name) => [name, fraud])) }
}

function ownerFraud({ sharing, invoice }: Facts): Omit<FraudPlan, 'cheat'> {
  const isLocal = sharing === 'L'
  const kind = isLocal ? 'share' : 'receipt'
  return {
    sharing,
    guilty: [LIABLE[sharing]],
    fault: isLocal ? 'bad-record' : 'bad-receipt',
    isRewarded: true,
    frauds: { ...honest, hospitals: new Map([[OWNER, { kind, invoice }]]) },
    atKeys: false,
    asksOnce: false,
    away: undefined,
  }
}

function helperFraud({ sharing }: Facts): Omit<FraudPlan, 'cheat'> {
  const isLocal = sharing === 'L'
  return {
    sharing,
    guilty: [HELPER],
    fault: isLocal ? 'bad-answer' : 'bad-share',
    isRewarded: true,
    frauds: ofHelpers([HELPER], isLocal ? 'bad-scalar' : 'bad-deal'),
    atKeys: !isLocal,
    asksOnce: isLocal,
    away: isLocal ? 'helper-2' : undefined,
  }
}

function accuserFraud({ sharing }: Facts): Omit<FraudPlan, 'cheat'> {
  return {
    sharing,
    guilty: [HELPER],
    fault: 'false-complaint',
    isRewarded: false,
    frauds: ofHelpers([HELPER], 'false-complaint'),
    atKeys: sharing === 'M',
    asksOnce: false,
    away: undefined,
  }
}

function silentFraud({ sharing }: Facts): Omit<FraudPlan, 'cheat'> {
  const guilty = SILENT[sharing]
  return {
    sharing,
    guilty,
    fault: 'silence',
    isRewarded: false,
    frauds: ofHelpers(guilty, 'silent'),
    atKeys: false,
    asksOnce: true,
    away: undefined,
  }
}

const plans: Readonly<Record<Cheat, (facts: Facts) => Omit<FraudPlan, 'cheat'>>> = {
  owner: ownerFraud,
  helper: helperFraud,
  accuser: accuserFraud,
  silent: silentFraud,
}

/** `invoice` is one of the owner's. */
export function planFraud(cheat: Cheat, facts: Facts): FraudPlan {
  return { cheat, ...plans[cheat](facts) }
}

/** The word for each guilty party, with a number if there are several. */
export function guiltyRoles({ cheat, guilty }: FraudPlan): ReadonlyMap<string, string> {
  const isAlone = guilty.length === 1
  return new Map(guilty.map((name, at) => [name, isAlone ? cheat : `${cheat} ${at + 1}`]))
}

/** For callers that check options. */
export function requireCheat(text: string): Cheat {
  const found = cheats.find((cheat) => cheat === text)
  if (found !== undefined) return found
  throw new EpioneError({
    code: 'USAGE',
    message: `--cheat takes ${cheats.join(', ')}, not ${text}`,
    hint: 'each is a word for who is guilty: epione dev --help has examples',
  })
}
