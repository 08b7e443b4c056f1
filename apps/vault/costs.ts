// Verification units of the vault's transactions: one unit is one Ed25519 verification on the same machine.
import { SERVERS_MAX } from './fields.ts'

/** What a transaction costs besides its proofs: reading, rights, writing. */
const BASE = 1
/** One scalar multiplication of a point in a proof, decoding included. */
const TERM = 3

/** A proof with so many scalar-point terms. */
export function proofUnits(terms: number): number {
  return BASE + TERM * terms
}

/** One range proof over 1, 2, 4, 8 or 16 amounts. */
const RANGE_BASE = 40
const RANGE_PER_AMOUNT = 47
/** A record in a batch: its sigma proof, its state, its part of the sums. */
const RECORD = 22

export function recordUnits(records: number): number {
  let amounts = 1
  while (amounts < records) amounts *= 2
  return BASE + RECORD * records + RANGE_BASE + RANGE_PER_AMOUNT * amounts
}

/** Public keys of so many seats, derived in verification and in execution. */
const SEAT = 18

export function dealUnits(seats: number): number {
  return proofUnits(4) + SEAT * seats
}

/** Seats with their keys and bonds, and so many writers with theirs. */
export function keysetUnits(writers: number): number {
  return proofUnits(SERVERS_MAX / 4) + writers
}

/** Public keys of so many classes, decoded and compared. */
export function classDealUnits(classes: number): number {
  return proofUnits(2 + classes)
}

/** Records with so many shares each: their boxes, their range, and a sum for each class. */
export function sharedRecordUnits(shares: readonly number[]): number {
  const terms = shares.reduce((total, each) => total + each, 0)
  return recordUnits(shares.length) + TERM * terms
}

/** An opening with its proof, and what the judge multiplies and hashes to a point. */
export function judgedUnits(): number {
  return proofUnits(18)
}

/** Proofs of so many answers, and the sum over ten classes at the end. */
export function classAnswerUnits(answers: number): number {
  return proofUnits(8 * answers + 10)
}

/** Lagrange's combination of t responses on the reference group; the count of the payload does not tell which one is the t-th. */
const COMBINATION = 45

export function responseUnits(): number {
  return proofUnits(7) + COMBINATION
}

/**
 * One record of a set that is named record by record, its points decoded before. Those that this process has never decoded take four
 * times as long, once: 0.3 s for the largest set.
 */
const RECORD_OF_SET = 1.5

export function setUnits(records: number): number {
  return Math.ceil(RECORD_OF_SET * records)
}

/** Two equations, and a range proof whose length tells how many numbers of 64 bits it is about. */
export function settlementUnits(rangeProofBytes: number): number {
  if (rangeProofBytes === 0) return proofUnits(8)
  const numbers = 2 ** ((rangeProofBytes - 672) / 64)
  return proofUnits(16) + RANGE_BASE + 2 * RANGE_PER_AMOUNT * Math.ceil(numbers)
}
