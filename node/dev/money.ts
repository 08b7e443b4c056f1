// Money of the sample: what its parties lock and are given, in minor units, and how amounts are written.

export const CURRENCY = 'USD'
/** The least that the genesis asks for. */
export const SERVER_BOND = 100_000n
export const DEALER_BOND = 100_000n
/** Of a party with a bond: it may be needed more than once. */
export const BOND_FUNDS = 400_000n
/** Enough to ask every question. */
export const PAYER_FUNDS = 10_000_000n

/** As people and files of invoices have it. */
export function decimal(minorUnits: bigint | string): string {
  const digits = `${minorUnits}`.padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}
