// The four frauds in both sharings: who commits them, what it does, and what it is found guilty of.
import { EpioneError } from '../../errors.ts'
import { helpersOf, liableFor, type Sharing, sizesOf } from '../sharing.ts'
import { type Frauds, type HelperFraud, honest } from '../stage.ts'

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
const HELPER = 'helper-1'

type Facts = { readonly sharing: Sharing; readonly invoice: string }

function ofHelpers(names: readonly string[], fraud: HelperFraud): Frauds {
  return { ...honest, helpers: new Map(names.map((name) => [name, fraud])) }
}

function ownerFraud({ sharing, invoice }: Facts): Omit<FraudPlan, 'cheat'> {
  const isReplicated = sharing === 'L'
  const kind = isReplicated ? 'share' : 'receipt'
  return {
    sharing,
    guilty: [liableFor(sharing, OWNER)],
    fault: isReplicated ? 'bad-record' : 'bad-receipt',
    isRewarded: true,
    frauds: { ...honest, hospitals: new Map([[OWNER, { kind, invoice }]]) },
    atKeys: false,
    asksOnce: false,
    away: undefined,
  }
}

function helperFraud({ sharing }: Facts): Omit<FraudPlan, 'cheat'> {
  const isReplicated = sharing === 'L'
  return {
    sharing,
    guilty: [HELPER],
    fault: isReplicated ? 'bad-answer' : 'bad-share',
    isRewarded: true,
    frauds: ofHelpers([HELPER], isReplicated ? 'bad-scalar' : 'bad-deal'),
    atKeys: !isReplicated,
    asksOnce: isReplicated,
    away: isReplicated ? 'helper-2' : undefined,
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
  const { helpers, threshold } = sizesOf[sharing]
  // One more than the ledger can do without: in L the two holders of one class.
  const guilty = helpersOf(sharing).slice(0, helpers - threshold + 1)
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
