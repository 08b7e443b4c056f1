// Dealings that break the protocol, proven as their dealers would prove them.
import type { Deal } from '../../../apps/committee/payloads.ts'
import {
  type DealPlan,
  polynomialOf,
  proveDeal,
  sealDeal,
  sealShares,
} from '../../../client/committee/deal.ts'
import { shareOf } from '../../../vm/crypto/shamir.ts'
import { suite } from '../vault/world.ts'

const { group } = suite

type Spoil = (plan: DealPlan) => Deal

/** An honest dealing but for the box of one seat. */
function withBox(index: number, box: (plan: DealPlan, honest: Deal) => Uint8Array): Spoil {
  return (plan) => {
    const honest = sealDeal(group, plan)
    const boxes = honest.boxes.map((one, seat) => (seat === index - 1 ? box(plan, honest) : one))
    return proveDeal(group, plan, { ...honest, boxes })
  }
}

export const garbageTo = (index: number): Spoil =>
  withBox(index, (_, { boxes }) => new Uint8Array(boxes[0]?.length ?? 0).fill(7))

export const wrongShareTo = (index: number): Spoil =>
  withBox(index, (plan) => sealShares(group, plan, { index, shares: plan.purposes.map(() => 5n) }))

/** The share of one purpose in the place of all: right for the first, wrong for the others. */
export const oneShareForAllTo = (index: number): Spoil =>
  withBox(index, (plan) => {
    const share = shareOf(group, polynomialOf(group, plan, 0), index)
    return sealShares(group, plan, { index, shares: plan.purposes.map(() => share) })
  })

/** A share too many: the box has the right size for one purpose less. */
export const boxOfAnotherSeatTo = (index: number): Spoil =>
  withBox(index, (_, { boxes }) => boxes[index % boxes.length] ?? new Uint8Array())

/** Honest boxes under a commitment that is not the polynomial's. */
export const wrongCommitment: Spoil = (plan) => {
  const honest = sealDeal(group, plan)
  const [one, ...rest] = honest.polynomials
  if (one === undefined) return honest
  const commitments = one.commitments.map((bytes, power) =>
    power === 1 ? group.encode(group.multiplyBase(4_711n)) : bytes,
  )
  return proveDeal(group, plan, { ...honest, polynomials: [{ ...one, commitments }, ...rest] })
}

/** Coefficients of the dealer's choice for the first purpose, boxes and proofs to match. */
export function chosen(coefficients: (plan: DealPlan) => readonly bigint[]): Spoil {
  return (plan) => {
    const own = coefficients(plan)
    const [constant = 0n] = own
    const withConstant = { ...plan, oldShares: [hexOf(constant)] }
    const honest = sealDeal(group, withConstant)
    const polynomials = honest.polynomials.map((one) => ({
      ...one,
      commitments: own.map((scalar) => group.encode(group.multiplyBase(scalar))),
    }))
    const boxes = plan.recipients.map((_, seat) =>
      sealShares(group, plan, { index: seat + 1, shares: [shareOf(group, own, seat + 1)] }),
    )
    return proveDeal(group, withConstant, { ...honest, polynomials, boxes })
  }
}

export function hexOf(scalar: bigint): `0x${string}` {
  return `0x${Buffer.from(group.encodeScalar(scalar)).toString('hex')}`
}
