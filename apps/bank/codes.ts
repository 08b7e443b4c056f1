// Why the bank says no.
import { refuseWith } from '../../vm/app.ts'

export const codes = {
  ACCOUNT_UNKNOWN: 'The registry has no account with this id.',
  AMOUNT_ZERO: 'An amount is at least one minor unit.',
  BALANCE_TOO_LOW: 'The account has less than this amount.',
  BOND_LOCKED:
    'The bond is locked until a later block time, or held until its owner has taken leave.',
  BOND_TOO_LOW: 'The bond is smaller than this amount.',
  CURRENCY_UNKNOWN: 'No settlement organization stands for this currency.',
  ESCROW_EXISTS: 'An escrow with this id is open.',
  ESCROW_TOO_LOW: 'The escrow holds less than its payees are to get.',
  ESCROW_UNKNOWN: 'No escrow with this id is open.',
  NOT_TREASURER: 'The first signer is no active treasurer of the settlement organization.',
  SAME_ACCOUNT: 'Payer and payee are the same account.',
  SUPPLY_TOO_LARGE: 'All issues of a currency together stay below 2^64 minor units.',
} as const

export type Code = keyof typeof codes

export const refuse = (code: Code) => refuseWith(code)
