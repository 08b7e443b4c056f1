// Movements of money: what the bank's own transactions and other applications may do, and nothing else moves any.
//
// Each function either moves the whole amount and returns undefined, or returns a refusal and has written nothing. The caller has
// checked who may ask for it. No function makes or removes money but `burnBond`, which counts it under `burned`.
import type { Refusal } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { AccountId, Hex, TimeMs } from '../../vm/types.ts'
import { accountExists } from '../registry/state.ts'
import { refuse } from './codes.ts'
import {
  AMOUNT_MAX,
  balanceOf,
  balances,
  bondOf,
  bonds,
  type Currency,
  escrows,
  getEscrow,
  getSupply,
  holds,
  supplies,
} from './state.ts'

export type Sum = { readonly currency: Currency; readonly amount: bigint }
export type Payment = { readonly to: AccountId; readonly amount: bigint }

function checkDebit(
  state: Reader,
  { from, currency, amount }: Sum & { readonly from: AccountId },
): Refusal | undefined {
  if (amount === 0n) return refuse('AMOUNT_ZERO')
  return balanceOf(state, from, currency) < amount ? refuse('BALANCE_TOO_LOW') : undefined
}

/** All balances together are at most what was issued, so none can overflow. */
function changeBalance(state: Writer, account: AccountId, { currency, amount }: Sum): void {
  const at = balances.key(account, currency)
  const after = (balances.getAt(state, at) ?? 0n) + amount
  assert(after >= 0n, 'a debit was not checked')
  assert(after <= AMOUNT_MAX, 'a balance exceeds all that was issued')
  balances.setAt(state, at, after === 0n ? undefined : after)
}

/** Takes from a balance that `checkDebit` has found large enough. */
export function debit(state: Writer, from: AccountId, { currency, amount }: Sum): void {
  changeBalance(state, from, { currency, amount: -amount })
}

export function credit(state: Writer, to: AccountId, sum: Sum): void {
  if (sum.amount !== 0n) changeBalance(state, to, sum)
}

type Transfer = Sum & { readonly from: AccountId; readonly to: AccountId }

export function checkTransfer(state: Reader, transfer: Transfer): Refusal | undefined {
  const { from, to } = transfer
  if (from === to) return refuse('SAME_ACCOUNT')
  return checkDebit(state, transfer) ?? checkPayee(state, to)
}

function checkPayee(state: Reader, to: AccountId): Refusal | undefined {
  return accountExists(state, to) ? undefined : refuse('ACCOUNT_UNKNOWN')
}

/** From one balance to another. */
export function transfer(state: Writer, order: Transfer): Refusal | undefined {
  const refusal = checkTransfer(state, order)
  if (refusal !== undefined) return refusal
  debit(state, order.from, order)
  credit(state, order.to, order)
  return undefined
}

/** From the payer's balance to an escrow with a new id, which is one of the application's own object ids. */
export function openEscrow(
  state: Writer,
  { id, payer, currency, amount }: Sum & { readonly id: Hex; readonly payer: AccountId },
): Refusal | undefined {
  if (getEscrow(state, id) !== undefined) return refuse('ESCROW_EXISTS')
  const refusal = checkDebit(state, { from: payer, currency, amount })
  if (refusal !== undefined) return refusal
  debit(state, payer, { currency, amount })
  escrows.put(state, { payer, currency, amount }, id)
  return undefined
}

/** Closes an escrow: the payees get their amounts, the payer gets what is left. No payees: all goes back. */
export function closeEscrow(
  state: Writer,
  { id, payments }: { readonly id: Hex; readonly payments: readonly Payment[] },
): Refusal | undefined {
  const escrow = getEscrow(state, id)
  if (escrow === undefined) return refuse('ESCROW_UNKNOWN')
  const paid = payments.reduce((sum, payment) => sum + payment.amount, 0n)
  if (paid > escrow.amount) return refuse('ESCROW_TOO_LOW')
  const unknown = payments.find(({ to }) => !accountExists(state, to))
  if (unknown !== undefined) return refuse('ACCOUNT_UNKNOWN')
  const { currency, payer } = escrow
  for (const { to, amount } of payments) credit(state, to, { currency, amount })
  credit(state, payer, { currency, amount: escrow.amount - paid })
  escrows.remove(state, id)
  return undefined
}

type BondOrder = Sum & { readonly owner: AccountId }

/** From the owner's balance to its bond, which is locked at least until `untilMs`. */
export function lockBond(
  state: Writer,
  { owner, currency, amount, untilMs }: BondOrder & { readonly untilMs: TimeMs },
): Refusal | undefined {
  const refusal = checkDebit(state, { from: owner, currency, amount })
  if (refusal !== undefined) return refusal
  const bond = bondOf(state, owner, currency)
  debit(state, owner, { currency, amount })
  const lockedUntilMs = Math.max(bond.lockedUntilMs, untilMs)
  bonds.put(state, { amount: bond.amount + amount, lockedUntilMs }, owner, currency)
  return undefined
}

/** Keeps a bond locked at least until `untilMs`; a lock is never shortened. */
export function extendLock(
  state: Writer,
  lock: { readonly owner: AccountId; readonly currency: Currency; readonly untilMs: TimeMs },
): Refusal | undefined {
  const { owner, currency, untilMs } = lock
  const bond = bondOf(state, owner, currency)
  if (bond.amount === 0n) return refuse('BOND_TOO_LOW')
  if (untilMs > bond.lockedUntilMs)
    bonds.put(state, { ...bond, lockedUntilMs: untilMs }, owner, currency)
  return undefined
}

type Holding = { readonly owner: AccountId; readonly currency: Currency }

/** Keeps a bond however long it takes: its owner has promised something without an end. Its lock goes on beside that. */
export function holdBond(state: Writer, { owner, currency }: Holding): void {
  holds.put(state, true, owner, currency)
}

/** The promise has an end: from now on the lock alone keeps the bond. */
export function freeBond(state: Writer, { owner, currency }: Holding): void {
  holds.remove(state, owner, currency)
}

export function checkBond(
  state: Reader,
  { owner, currency, amount }: BondOrder,
): Refusal | undefined {
  if (amount === 0n) return refuse('AMOUNT_ZERO')
  return bondOf(state, owner, currency).amount < amount ? refuse('BOND_TOO_LOW') : undefined
}

function shrinkBond(state: Writer, { owner, currency, amount }: BondOrder): void {
  const bond = bondOf(state, owner, currency)
  if (bond.amount === amount) bonds.remove(state, owner, currency)
  else bonds.put(state, { ...bond, amount: bond.amount - amount }, owner, currency)
}

/** Pays a part of a bond, locked or not, to a balance: a reward, a damage, or its release to the owner. */
export function takeBond(
  state: Writer,
  order: BondOrder & { readonly to: AccountId },
): Refusal | undefined {
  const refusal = checkBond(state, order) ?? checkPayee(state, order.to)
  if (refusal !== undefined) return refusal
  shrinkBond(state, order)
  credit(state, order.to, order)
  return undefined
}

/** Destroys a part of a bond, locked or not. */
export function burnBond(state: Writer, order: BondOrder): Refusal | undefined {
  const refusal = checkBond(state, order)
  if (refusal !== undefined) return refusal
  const supply = getSupply(state, order.currency)
  assert(supply !== undefined, 'a bond has a currency that nobody stands for')
  shrinkBond(state, order)
  supplies.put(state, { ...supply, burned: supply.burned + order.amount }, order.currency)
  return undefined
}

/** Takes a part of a bond for a fault: half of it, rounded down, to whoever is rewarded for showing it, the rest out of existence. */
export function forfeitBond(
  state: Writer,
  order: BondOrder & { readonly rewarded: AccountId | null },
): void {
  const { owner, currency, amount, rewarded } = order
  const reward = rewarded === null || rewarded === owner ? 0n : amount / 2n
  const to = rewarded ?? owner
  const paid = reward > 0n ? takeBond(state, { owner, currency, amount: reward, to }) : undefined
  // A reward that cannot be paid is burned with the rest.
  const left = paid === undefined ? amount - reward : amount
  if (left > 0n) burnBond(state, { owner, currency, amount: left })
}
