// Verification units of the vault's transactions: one unit is one Ed25519 verification on the same machine.

/** What a transaction costs besides its proofs: reading, rights, writing. */
const BASE = 1
/** One scalar multiplication of a point in a proof, decoding included. */
const TERM = 3

/** A proof with so many scalar-point terms. */
export function proofUnits(terms: number): number {
  return BASE + TERM * terms
}

/** One range proof over 1, 2, 4, 8 or 16 amounts. */
const RANGE_BASE = 30
const RANGE_PER_AMOUNT = 5
/** A record in a batch: its sigma proof, three decodings, its part of the sums. */
const RECORD = 30

export function recordUnits(records: number): number {
  let amounts = 1
  while (amounts < records) amounts *= 2
  return BASE + RECORD * records + RANGE_BASE + RANGE_PER_AMOUNT * amounts
}

/** One record of a set that is named record by record: three decodings and additions. */
const RECORD_OF_SET = 1.5

export function setUnits(records: number): number {
  return Math.ceil(RECORD_OF_SET * records)
}
