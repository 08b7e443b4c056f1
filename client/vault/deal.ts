// Dealing a committee's key: the hospital's deal, and what a server does with its box.

import { complainSession } from '../../apps/vault/complain.ts'
import { firstPlace } from '../../apps/vault/deals.ts'
import { committeeId, FIRST_EPOCH, keysHash } from '../../apps/vault/ids.ts'
import { initSession } from '../../apps/vault/init.ts'
import { deriveServerKeys } from '../../apps/vault/keys.ts'
import type { Ack, Complain, Init, ServerOffer } from '../../apps/vault/payloads.ts'
import { offerSession } from '../../apps/vault/server-offer.ts'
import { blank, dealBoxContext } from '../../apps/vault/statements.ts'
import type { DealState } from '../../apps/vault/values.ts'
import { assert } from '../../vm/assert.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import { openBox, revealOpening } from '../../vm/crypto/box.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { proveKey } from '../../vm/crypto/keys.ts'
import type { AccountId, Digest, Hex } from '../../vm/types.ts'
import {
  createKeyPair,
  decodeSecret,
  deriveBytes,
  type Entropy,
  encodeSecret,
  type SecretScalar,
} from './entropy.ts'
import { requirePoint } from './points.ts'
import {
  keyOf,
  type Polynomial,
  provePolynomial,
  sealPolynomial,
  sealShareAt,
} from './polynomial.ts'

/** The id of a committee before its deal: the hospital gives it to its servers, who offer keys for it. */
export function planCommittee(
  account: AccountId,
  entropy: Entropy,
): { readonly nonce: Hex; readonly committee: Digest } {
  const nonce = toHex(deriveBytes(entropy, 'committee-nonce').subarray(0, 16))
  return { nonce, committee: committeeId({ account, nonce }) }
}

/** An offer and the secret that opens the box; the server deletes it once the epoch is active. */
export function buildOffer<P>(
  group: Group<P>,
  input: {
    readonly chainId: Digest
    readonly account: AccountId
    readonly committee: Digest
    readonly epoch?: number
    readonly entropy: Entropy
  },
): { readonly payload: ServerOffer; readonly boxSecret: SecretScalar } {
  const { chainId, account, committee, epoch = FIRST_EPOCH, entropy } = input
  const { secret: boxSecret, publicKey } = createKeyPair(group, entropy, 'box-key')
  const boxKey = fromHex(publicKey)
  const bare = { account, committee, epoch, boxKey, proof: blank(64) }
  const claim = { session: offerSession(chainId, bare), key: requirePoint(group, boxKey) }
  const random = deriveBytes(entropy, 'offer-proof')
  const proof = proveKey(group, claim, { x: decodeSecret(group, boxSecret), random })
  return { payload: { ...bare, proof }, boxSecret }
}

export type DealPlan = Omit<Polynomial, 'key'> & {
  readonly chainId: Digest
  readonly account: AccountId
  readonly nonce: Hex
  readonly minimum: number
  readonly currency: string
  readonly bond: bigint
}

/** One box of a deal: the share of a seat under the key that its server offered. */
export function sealShare<P>(
  group: Group<P>,
  plan: DealPlan,
  seat: { readonly index: number; readonly share: bigint },
): Uint8Array {
  return sealShareAt(group, plan, { ...firstPlace(plan), ...seat })
}

/** A deal without its proofs. */
export function sealDeal<P>(group: Group<P>, plan: DealPlan): Init {
  const { account, nonce, minimum, currency, bond } = plan
  const dealt = sealPolynomial(group, plan, firstPlace(plan))
  return { account, nonce, minimum, ...dealt, currency, bond }
}

/** The same deal with the proofs that its dealer knows what is behind it; they bind every byte of it. */
export function proveDeal<P>(group: Group<P>, plan: DealPlan, bare: Init): Init {
  const sessionOf = (slot: 'boxes' | 'secret') => initSession(plan.chainId, bare, slot)
  return { ...bare, ...provePolynomial(group, plan, sessionOf) }
}

/** The key behind a deal, which the hospital keeps if it means to deal it again, and else forgets with the entropy. */
export function dealtKey<P>(group: Group<P>, plan: DealPlan): SecretScalar {
  return keyOf(group, plan)
}

/** The deal of a fresh random key. */
export function buildInit<P>(group: Group<P>, plan: DealPlan): Init {
  return proveDeal(group, plan, sealDeal(group, plan))
}

/** A seat of a deal as its server sees it. */
export type Seat = {
  readonly committee: Digest
  readonly epoch: number
  readonly index: number
  readonly deal: DealState
  /** From the payload of the deal's transaction. */
  readonly box: Uint8Array
  readonly boxSecret: SecretScalar
}

/** The share in the box; undefined if the box is garbage or holds another number, so that the server complains. */
export function readShare<P>(group: Group<P>, seat: Seat): SecretScalar | undefined {
  const { committee, epoch, index, deal, box, boxSecret } = seat
  const secretKey = decodeSecret(group, boxSecret)
  const recipient = group.multiplyBase(secretKey)
  const context = dealBoxContext({ committee, epoch, index })
  const E = requirePoint(group, deal.boxPoint)
  const message = openBox(group, { E, recipient, context }, { secretKey, box })
  const share = message === undefined ? undefined : group.decodeScalar(message)
  const serverKey = serverKeysOf(group, deal)[index - 1]
  if (share === undefined || serverKey === undefined) return undefined
  if (!group.equal(group.multiplyBase(share), serverKey)) return undefined
  return encodeSecret(group, share)
}

function serverKeysOf<P>(group: Group<P>, deal: DealState): readonly P[] {
  const commitments = deal.commitments.map((bytes) => requirePoint(group, bytes))
  return deriveServerKeys(group, commitments, deal.servers.length)
}

/** Opens the box to everybody; a share that was opened is never used, so nothing else is given away. */
export function buildComplain<P>(
  group: Group<P>,
  seat: Seat,
  sender: { readonly chainId: Digest; readonly account: AccountId; readonly entropy: Entropy },
): Complain {
  const { committee, epoch, index, deal, box, boxSecret } = seat
  const { chainId, account, entropy } = sender
  const secretKey = decodeSecret(group, boxSecret)
  const E = requirePoint(group, deal.boxPoint)
  const opening = group.encode(group.multiply(E, secretKey))
  const bare = { account, committee, epoch, index, box, opening, proof: blank(64) }
  const session = complainSession(chainId, bare)
  const random = deriveBytes(entropy, 'complain-proof')
  const { proof } = revealOpening(group, { E, session }, { secretKey, random })
  return { ...bare, proof }
}

/** Acknowledges with the keys that the server derived itself from the commitments. */
export function buildAck<P>(
  group: Group<P>,
  seat: Omit<Seat, 'box' | 'boxSecret'>,
  account: AccountId,
): Ack {
  const { committee, epoch, index, deal } = seat
  const [key] = deal.commitments
  assert(key !== undefined, 'a deal has commitments')
  const serverKeys = serverKeysOf(group, deal).map(group.encode)
  return {
    account,
    committee,
    epoch,
    index,
    keysHash: keysHash({ committee, epoch, key, serverKeys }),
  }
}
