// Verification units of the committee's transactions: one unit is one Ed25519 verification on the same machine.
import type { Ack, Deal } from './payloads.ts'

/** What a transaction costs besides its proofs: reading, rights, writing. */
const BASE = 1
/** One scalar multiplication of a point, decoding included. */
const TERM = 3
/** Decoding a point that is only kept. */
const POINT = 1
/** Looking up one member. */
const MEMBER = 0.25

export function planUnits(members: number): number {
  return Math.ceil(BASE + MEMBER * members)
}

/** A proof with so many scalar-point terms. */
export function proofUnits(terms: number): number {
  return BASE + TERM * terms
}

export function dealUnits({ recipients, polynomials }: Deal): number {
  const commitments = polynomials.reduce((sum, one) => sum + one.commitments.length, 0)
  return proofUnits(2 + 2 * polynomials.length) + POINT * (recipients.length + commitments)
}

/** A share held against its commitments on the group of execution; their number is not in the payload, so it is that of the largest. */
const JUDGEMENT = 30

export function complainUnits(purposes: number): number {
  return proofUnits(4) + JUDGEMENT * purposes
}

/** One public term of a sum without a proof around it. */
const JOINED = 1.5

/** All dealings joined, and the key of each seat, each by as many terms as the threshold. */
export function ackUnits({ qualified, keys }: Ack): number {
  const terms = keys.reduce(
    (sum, one) => sum + one.commitments.length * (qualified.length + one.memberKeys.length),
    0,
  )
  return Math.ceil(BASE + JOINED * terms)
}
