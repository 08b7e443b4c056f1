// What the bank keeps and under which keys; the only file that knows them.
import type { Codec } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { amount, bool, hex, text, uint } from '../../vm/codec-scalar.ts'
import { defineTable, type Reader } from '../../vm/state.ts'
import type { AccountId, Hex, OrganizationId, TimeMs } from '../../vm/types.ts'

/** First byte of the bank's transaction tags and its leaf of the state root. */
export const BANK = 3

/** The largest amount and the largest sum of issues: what 64 bits hold. */
export const AMOUNT_MAX = 2n ** 64n - 1n

/** An ISO 4217 code; amounts are in its minor unit. */
export type Currency = string

export const currencyCodec: Codec<Currency> = text(3, 3, /^[A-Z]{3}$/)

/** Every claim of one currency: issued − redeemed − burned = balances + escrows + bonds. */
export type Supply = {
  /** The settlement organization: it alone issues and redeems. */
  readonly organization: OrganizationId
  readonly issued: bigint
  readonly redeemed: bigint
  readonly burned: bigint
}

export const supplyCodec: Codec<Supply> = named(
  'supply',
  struct({
    organization: hex<OrganizationId>(32),
    issued: amount,
    redeemed: amount,
    burned: amount,
  }),
)

/** Money that left its payer for a purpose and has not arrived. */
export type Escrow = {
  readonly payer: AccountId
  readonly currency: Currency
  readonly amount: bigint
}

export const escrowCodec: Codec<Escrow> = named(
  'escrow',
  struct({ payer: hex<AccountId>(32), currency: currencyCodec, amount }),
)

/** Money that stands for its owner's good conduct until the time is over. */
export type Bond = { readonly amount: bigint; readonly lockedUntilMs: TimeMs }

export const bondCodec: Codec<Bond> = named('bond', struct({ amount, lockedUntilMs: uint() }))

/** cur/<currency> */
export const supplies = defineTable(BANK, 'cur', supplyCodec)
/** bal/<account>/<currency>; absent for zero. */
export const balances = defineTable(BANK, 'bal', named('balance', amount))
/** esc/<escrow> */
export const escrows = defineTable(BANK, 'esc', escrowCodec)
/** bond/<account>/<currency>; absent for zero. */
export const bonds = defineTable(BANK, 'bond', bondCodec)

/** hold/<account>/<currency>: the bond is kept beyond its lock, until an application frees it. */
export const holds = defineTable(BANK, 'hold', named('bond-hold', bool))

export function balanceOf(state: Reader, account: AccountId, currency: Currency): bigint {
  return balances.get(state, account, currency) ?? 0n
}

export function getSupply(state: Reader, currency: Currency): Supply | undefined {
  return supplies.get(state, currency)
}

export function getEscrow(state: Reader, escrow: Hex): Escrow | undefined {
  return escrows.get(state, escrow)
}

export function isHeld(state: Reader, account: AccountId, currency: Currency): boolean {
  return holds.get(state, account, currency) ?? false
}

/** Nothing is locked if there is no bond. */
export function bondOf(state: Reader, account: AccountId, currency: Currency): Bond {
  return bonds.get(state, account, currency) ?? { amount: 0n, lockedUntilMs: 0 }
}
