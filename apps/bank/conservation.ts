// The invariant of the bank: issued − redeemed − burned = balances + escrows + bonds, for each currency.
import { assert } from '../../vm/assert.ts'
import { decode } from '../../vm/codec.ts'
import type { Reader, Write } from '../../vm/state.ts'
import { BANK, balances, bonds, type Currency, escrows, holds, supplies } from './state.ts'

/** The last part of every key but that of an escrow, which says it in its value. */
function currencyIn(key: string): Currency | undefined {
  return key.startsWith(`${escrows.prefix}/`) ? undefined : key.slice(key.lastIndexOf('/') + 1)
}

function currencyOf(escrow: Uint8Array): Currency {
  return decode(escrows.value, escrow).currency
}

/** What one stored value adds to the right side, or takes from it for a supply. */
function amountOf(key: string, bytes: Uint8Array): bigint {
  switch (key.slice(0, key.indexOf('/'))) {
    case balances.prefix:
      return decode(balances.value, bytes)
    case bonds.prefix:
      return decode(bonds.value, bytes).amount
    case holds.prefix:
      return 0n
    case escrows.prefix:
      return decode(escrows.value, bytes).amount
    case supplies.prefix: {
      const { issued, redeemed, burned } = decode(supplies.value, bytes)
      return redeemed + burned - issued
    }
    default:
      assert(false, `the bank has no key ${key}`)
  }
}

/** What the right side grew by, for each currency that was met: nearly always one. */
class Drift {
  #first: Currency | undefined
  #sum = 0n
  #others: Map<Currency, bigint> | undefined

  add(currency: Currency, amount: bigint): void {
    this.#first ??= currency
    if (currency === this.#first) {
      this.#sum += amount
      return
    }
    this.#others ??= new Map()
    this.#others.set(currency, (this.#others.get(currency) ?? 0n) + amount)
  }

  assertNone(): void {
    assertNone(this.#first, this.#sum)
    if (this.#others !== undefined)
      for (const [currency, sum] of this.#others) assertNone(currency, sum)
  }
}

function assertNone(currency: Currency | undefined, sum: bigint): void {
  if (sum !== 0n) assert(false, `${sum} minor units of ${currency} came from nowhere`)
}

/** Throws AssertionError if the writes of one transaction made or lost money; all before them is taken to be in balance. */
export function assertConserved(before: Reader, writes: readonly Write[]): void {
  const drift = new Drift()
  for (const write of writes) {
    const { app, key, value } = write
    if (app !== BANK) continue
    const currency = currencyIn(key)
    const old = before.get(write)
    if (old !== undefined) drift.add(currency ?? currencyOf(old), -amountOf(key, old))
    if (value !== undefined) drift.add(currency ?? currencyOf(value), amountOf(key, value))
  }
  drift.assertNone()
}
