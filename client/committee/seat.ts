// A member's side of a committee: to check what it was dealt, to complain, to acknowledge, to know its shares.
import { deriveKeys } from '../../apps/committee/ack.ts'
import type { Ack, Complain } from '../../apps/committee/payloads.ts'
import { blank, boxContext, complainSession } from '../../apps/committee/statements.ts'
import type { DealingState, PlanState } from '../../apps/committee/values.ts'
import { assert } from '../../vm/assert.ts'
import { revealOpening } from '../../vm/crypto/box.ts'
import { joinShares, joinWeights, openShares } from '../../vm/crypto/dkg.ts'
import type { Group } from '../../vm/crypto/group.ts'
import type { AccountId, Digest } from '../../vm/types.ts'
import {
  decodeSecret,
  deriveBytes,
  type Entropy,
  encodeSecret,
  type SecretScalar,
} from '../vault/entropy.ts'
import { requirePoint } from '../vault/points.ts'

/** A seat of an epoch as its member sees it. */
export type Seat = {
  readonly chainId: Digest
  readonly account: AccountId
  readonly keyset: Digest
  readonly epoch: number
  readonly index: number
  readonly boxSecret: SecretScalar
}

/** A dealing on the ledger, with the box for this seat from the payload of its transaction. */
export type Dealt = {
  readonly dealer: number
  readonly dealing: DealingState
  readonly box: Uint8Array
}

/** The shares of one dealing; undefined if the box is garbage or holds other numbers, so that the member complains. */
export function readShares<P>(
  group: Group<P>,
  seat: Seat,
  { dealer, dealing, box }: Dealt,
): readonly bigint[] | undefined {
  const secretKey = decodeSecret(group, seat.boxSecret)
  const E = requirePoint(group, dealing.boxPoint)
  const place = {
    E,
    recipient: group.multiplyBase(secretKey),
    context: boxContext({ ...seat, dealer }),
    index: seat.index,
    polynomials: dealing.polynomials.map((commitments) =>
      commitments.map((bytes) => requirePoint(group, bytes)),
    ),
  }
  return openShares(group, place, { shared: group.multiply(E, secretKey), box })
}

/** Opens one box to everybody; that dealing is never used, so nothing else is given away. */
export function buildComplain<P>(
  group: Group<P>,
  seat: Seat,
  about: Dealt & { readonly entropy: Entropy },
): Complain {
  const { chainId, account, keyset, epoch, index, boxSecret } = seat
  const { dealer, dealing, box, entropy } = about
  const secretKey = decodeSecret(group, boxSecret)
  const E = requirePoint(group, dealing.boxPoint)
  const opening = group.encode(group.multiply(E, secretKey))
  const bare = { account, keyset, epoch, index, dealer, box, opening, proof: blank(64) }
  const session = complainSession(chainId, bare)
  const random = deriveBytes(entropy, 'complain-proof')
  const { proof } = revealOpening(group, { E, session }, { secretKey, random })
  return { ...bare, proof }
}

/** What makes the keys of an epoch once its complaint window is over. */
export type Making = {
  readonly plan: Pick<PlanState, 'previous' | 'purposes'>
  /** Of the qualified dealers, in their order. */
  readonly dealt: readonly Dealt[]
}

/** The member's share for each purpose; every dealing must have been found in order. */
export function takeShares<P>(
  group: Group<P>,
  seat: Seat,
  { plan, dealt }: Making,
): readonly SecretScalar[] {
  const joining = plan.previous === null ? 'sum' : 'interpolate'
  const dealers = dealt.map(({ dealer }) => dealer)
  const weights = joinWeights(group, joining, dealers)
  const shares = dealt.map((one) => {
    const found = readShares(group, seat, one)
    assert(found !== undefined, 'a bad dealing was complained about')
    return found
  })
  return plan.purposes.map((_, place) => {
    const ofPurpose = shares.map((one) => one[place] ?? 0n)
    return encodeSecret(group, joinShares(group, weights, ofPurpose))
  })
}

/** Acknowledges with the keys that the member derived itself from the commitments. */
export function buildAck<P>(
  group: Group<P>,
  seat: Omit<Seat, 'boxSecret' | 'chainId'>,
  making: Making & { readonly seats: number },
): Ack {
  const { account, keyset, epoch, index } = seat
  const { plan, dealt, seats } = making
  const qualified = dealt.map(({ dealer }) => dealer)
  const dealings = dealt.map(({ dealing }) => dealing)
  const keys = deriveKeys(group, { plan, qualified, dealings }, seats)
  assert(keys !== undefined, 'validators have decoded the dealings')
  return { account, keyset, epoch, index, qualified, keys }
}
