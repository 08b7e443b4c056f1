// Amounts as text to integer minor units, without a detour over binary fractions.

const form = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/

/** The first amount that a record cannot hold, in minor units. */
export const AMOUNT_BELOW = 2n ** 32n

export type Parsed =
  | { readonly ok: true; readonly minorUnits: bigint }
  | { readonly ok: false; readonly reason: string }

/**
 * The minor units (hundredths) of a non-negative decimal such as "3798.09". More than two decimals (exporters write binary noise
 * such as 112.41600000000001) are rounded half up on the text itself. Signs, blanks, exponents and amounts from 2^32 are refused.
 */
export function parseMinorUnits(text: string): Parsed {
  const match = form.exec(text)
  if (match === null) return { ok: false, reason: 'expected a decimal amount such as 3798.09' }
  const [, whole = '0', decimals = ''] = match
  const padded = decimals.padEnd(3, '0')
  const up = (padded[2] ?? '0') >= '5' ? 1n : 0n
  const minorUnits = BigInt(whole) * 100n + BigInt(padded.slice(0, 2)) + up
  if (minorUnits >= AMOUNT_BELOW) {
    return { ok: false, reason: `an amount must be below ${AMOUNT_BELOW} minor units` }
  }
  return { ok: true, minorUnits }
}
