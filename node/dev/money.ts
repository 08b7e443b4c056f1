// What the sample's parties lock and are given, in minor units.

export const CURRENCY = 'USD'
/** The least that the genesis asks for. */
export const SERVER_BOND = 100_000n
export const DEALER_BOND = 100_000n
/** Of a party with a bond: it may be needed more than once. */
export const BOND_FUNDS = 400_000n
/** Enough to ask every question. */
export const PAYER_FUNDS = 10_000_000n
