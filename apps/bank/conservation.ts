// The invariant of the bank: issued − redeemed − burned = balances + escrows + bonds, for each currency.
import { assert } from '../../vm/assert.ts'
import { decode } from '../../vm/codec.ts'
import type { Reader, Write } from '../../vm/state.ts'
import { BANK, balances, bonds, type Currency, escrows, holds, supplies } from './state.ts'

type Share = { readonly currency: Currency; readonly amount: bigint }

/** What one stored value adds to the right side, or takes from it for a supply. */
function shareOf(key: string, bytes: Uint8Array): Share {
  // The last part of every key but that of an escrow.
  const currency = key.slice(key.lastIndexOf('/') + 1)
  switch (key.slice(0, key.indexOf('/'))) {
    case balances.prefix:
      return { currency, amount: decode(balances.value, bytes) }
    case bonds.prefix:
      return { currency, amount: decode(bonds.value, bytes).amount }
    case holds.prefix:
      return { currency, amount: 0n }
    case escrows.prefix:
      return decode(escrows.value, bytes)
    case supplies.prefix: {
      const { issued, redeemed, burned } = decode(supplies.value, bytes)
      return { currency, amount: redeemed + burned - issued }
    }
    default:
      assert(false, `the bank has no key ${key}`)
  }
}

/** One sum for each currency that was met: nearly always one. */
type Drift = { readonly currency: Currency; amount: bigint }[]

function add(drift: Drift, { currency, amount }: Share): void {
  for (const sum of drift) {
    if (sum.currency !== currency) continue
    sum.amount += amount
    return
  }
  drift.push({ currency, amount })
}

function opposite({ currency, amount }: Share): Share {
  return { currency, amount: -amount }
}

/** Throws AssertionError if the writes of one transaction made or lost money; all before them is taken to be in balance. */
export function assertConserved(before: Reader, writes: readonly Write[]): void {
  const drift: Drift = []
  for (const write of writes) {
    if (write.app !== BANK) continue
    const old = before.get(write)
    if (old !== undefined) add(drift, opposite(shareOf(write.key, old)))
    if (write.value !== undefined) add(drift, shareOf(write.key, write.value))
  }
  for (const { amount, currency } of drift)
    if (amount !== 0n) assert(false, `${amount} minor units of ${currency} came from nowhere`)
}
