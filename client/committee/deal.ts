// Making the keys of a committee: a member's offer, and a dealer's dealing of a fresh secret or of its old share.

import type { Purpose } from '../../apps/committee/fields.ts'
import { keysetId } from '../../apps/committee/ids.ts'
import type { Deal, Offer } from '../../apps/committee/payloads.ts'
import { blank, boxContext, dealSession, offerSession } from '../../apps/committee/statements.ts'
import { assert } from '../../vm/assert.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import { proveEphemeral, sealBox } from '../../vm/crypto/box.ts'
import { encodeShares } from '../../vm/crypto/dkg.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { proveKey } from '../../vm/crypto/keys.ts'
import { commitPolynomial, shareOf } from '../../vm/crypto/shamir.ts'
import type { AccountId, Digest, Hex } from '../../vm/types.ts'
import {
  createKeyPair,
  decodeSecret,
  deriveBytes,
  deriveScalar,
  type Entropy,
  type SecretScalar,
} from '../vault/entropy.ts'
import { requirePoint } from '../vault/points.ts'

/** The id of a keyset before it is started: whoever starts it gives it to the members, whose agents then know what to take part in. */
export function planKeyset(
  account: AccountId,
  entropy: Entropy,
): { readonly nonce: Hex; readonly keyset: Digest } {
  const nonce = toHex(deriveBytes(entropy, 'keyset-nonce').subarray(0, 16))
  return { nonce, keyset: keysetId({ account, nonce }) }
}

/** An offer and the secret that opens the boxes; the member deletes it once the epoch is in force. */
export function buildOffer<P>(
  group: Group<P>,
  input: {
    readonly chainId: Digest
    readonly account: AccountId
    readonly keyset: Digest
    readonly epoch: number
    readonly entropy: Entropy
  },
): { readonly payload: Offer; readonly boxSecret: SecretScalar } {
  const { chainId, account, keyset, epoch, entropy } = input
  const { secret: boxSecret, publicKey } = createKeyPair(group, entropy, 'box-key')
  const boxKey = fromHex(publicKey)
  const bare = { account, keyset, epoch, boxKey, proof: blank(64) }
  const claim = { session: offerSession(chainId, bare), key: requirePoint(group, boxKey) }
  const random = deriveBytes(entropy, 'offer-proof')
  const proof = proveKey(group, claim, { x: decodeSecret(group, boxSecret), random })
  return { payload: { ...bare, proof }, boxSecret }
}

export type DealPlan = {
  readonly chainId: Digest
  readonly account: AccountId
  readonly keyset: Digest
  readonly epoch: number
  /** The dealer's seat; in a resharing the one that it holds in the epoch in force. */
  readonly index: number
  readonly threshold: number
  readonly purposes: readonly Purpose[]
  /** Seats in order, with the keys that their members offered. */
  readonly recipients: readonly { readonly account: AccountId; readonly boxKey: Uint8Array }[]
  /** In a resharing the dealer's share for each purpose. */
  readonly oldShares?: readonly SecretScalar[]
  /** Drawn for this dealing, deleted with it: whoever keeps it keeps the dealer's part of the key. */
  readonly entropy: Entropy
}

/** The polynomial for one purpose; its constant term is fresh, or in a resharing the old share. */
export function polynomialOf<P>(
  group: Group<P>,
  { threshold, oldShares, entropy }: DealPlan,
  place: number,
): readonly bigint[] {
  const old = oldShares?.[place]
  return Array.from({ length: threshold }, (_, power) => {
    if (power === 0 && old !== undefined) return decodeSecret(group, old)
    const parts = [new Uint8Array([place, power])]
    return deriveScalar(group, entropy, { label: 'coefficient', parts })
  })
}

function ephemeralOf<P>(group: Group<P>, { entropy }: DealPlan): bigint {
  return deriveScalar(group, entropy, { label: 'boxes' })
}

/** One box of a dealing: what a seat gets, under the key that its member offered. */
export function sealShares<P>(
  group: Group<P>,
  plan: DealPlan,
  { index, shares }: { readonly index: number; readonly shares: readonly bigint[] },
): Uint8Array {
  const a = ephemeralOf(group, plan)
  const recipient = requirePoint(group, plan.recipients[index - 1]?.boxKey ?? new Uint8Array())
  const context = boxContext({ ...plan, dealer: plan.index, index })
  const place = { E: group.multiplyBase(a), recipient, context }
  return sealBox(group, place, { a, message: encodeShares(group, shares) })
}

/** A dealing without its proofs. */
export function sealDeal<P>(group: Group<P>, plan: DealPlan): Deal {
  const { account, keyset, epoch, index, purposes, recipients, oldShares } = plan
  assert(!oldShares || oldShares.length === purposes.length, 'one old share for each purpose')
  const polynomials = purposes.map((_, place) => polynomialOf(group, plan, place))
  return {
    account,
    keyset,
    epoch,
    index,
    recipients: recipients.map((recipient) => recipient.account),
    boxPoint: group.encode(group.multiplyBase(ephemeralOf(group, plan))),
    boxProof: blank(64),
    polynomials: purposes.map((purpose, place) => ({
      purpose,
      commitments: commitPolynomial(group, polynomials[place] ?? []).map(group.encode),
      proof: blank(64),
    })),
    boxes: recipients.map((_, seat) => {
      const shares = polynomials.map((one) => shareOf(group, one, seat + 1))
      return sealShares(group, plan, { index: seat + 1, shares })
    }),
  }
}

/** The same dealing with the proofs that its dealer knows what is behind it; they bind every byte of it. */
export function proveDeal<P>(group: Group<P>, plan: DealPlan, bare: Deal): Deal {
  const { chainId, entropy, recipients } = plan
  const a = ephemeralOf(group, plan)
  const boxes = {
    E: group.multiplyBase(a),
    recipients: recipients.map(({ boxKey }) => requirePoint(group, boxKey)),
    session: dealSession(chainId, bare, 'boxes'),
  }
  const boxProof = proveEphemeral(group, boxes, { a, random: deriveBytes(entropy, 'boxes-proof') })
  const polynomials = bare.polynomials.map((one, place) => {
    const [x = 0n] = polynomialOf(group, plan, place)
    const session = dealSession(chainId, bare, `secret-${one.purpose}`)
    const random = deriveBytes(entropy, 'secret-proof', new Uint8Array([place]))
    const claim = { session, key: group.multiplyBase(x) }
    return { ...one, proof: proveKey(group, claim, { x, random }) }
  })
  return { ...bare, boxProof, polynomials }
}

/** A dealing ready to be sent. The caller keeps it until it is on the ledger and never makes another one for the same epoch. */
export function buildDeal<P>(group: Group<P>, plan: DealPlan): Deal {
  return proveDeal(group, plan, sealDeal(group, plan))
}
