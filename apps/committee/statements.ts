// What the proofs of the committee are bound to, exactly as `verify` checks them and clients prove them.
import { asciiBytes, concat, fromHex, u32 } from '../../vm/bytes.ts'
import { type Codec, encode } from '../../vm/codec.ts'
import { extendSession, sessionId } from '../../vm/crypto/sigma.ts'
import type { AccountId, Digest } from '../../vm/types.ts'
import type { Purpose } from './fields.ts'
import {
  type Complain,
  complainCodec,
  type Deal,
  dealCodec,
  type Offer,
  offerCodec,
} from './payloads.ts'
import { TAGS } from './tags.ts'

/** Zeros in the place of a proof. */
export function blank(size: number): Uint8Array {
  return new Uint8Array(size)
}

/**
 * The session of a proof: chain, transaction type, slot, acting account, keyset, epoch, and the whole payload with its proofs blanked, so
 * that nothing of a transaction can be exchanged under a proof.
 */
function contentSession<P extends { account: AccountId; keyset: Digest; epoch: number }>(
  place: { readonly chainId: Digest; readonly type: keyof typeof TAGS; readonly slot: string },
  codec: Codec<P>,
  bare: P,
): Uint8Array {
  const { chainId, type, slot } = place
  const { account, keyset: object, epoch } = bare
  const context = { chainId, tag: TAGS[type], version: 1, slot, account, object, epoch }
  return extendSession(sessionId(context), encode(codec, bare))
}

/** Knowledge of the box key that a member offers. */
export function offerSession(chainId: Digest, offer: Offer): Uint8Array {
  const place = { chainId, type: 'dkg.offer', slot: 'box-key' } as const
  return contentSession(place, offerCodec, { ...offer, proof: blank(64) })
}

/** Knowledge of what is behind the boxes of a dealing, or behind the constant term for one purpose. */
export function dealSession(
  chainId: Digest,
  deal: Deal,
  slot: 'boxes' | `secret-${Purpose}`,
): Uint8Array {
  const bare = {
    ...deal,
    boxProof: blank(64),
    polynomials: deal.polynomials.map((one) => ({ ...one, proof: blank(64) })),
  }
  return contentSession({ chainId, type: 'dkg.deal', slot }, dealCodec, bare)
}

/** That an opened box was opened rightly. */
export function complainSession(chainId: Digest, complain: Complain): Uint8Array {
  const place = { chainId, type: 'dkg.complain', slot: 'opening' } as const
  return contentSession(place, complainCodec, { ...complain, proof: blank(64) })
}

/** Public bytes that tell one box from all others. */
export function boxContext(of: {
  readonly chainId: Digest
  readonly keyset: Digest
  readonly epoch: number
  readonly dealer: number
  readonly index: number
}): Uint8Array {
  const { chainId, keyset, epoch, dealer, index } = of
  const place = [u32(epoch), u32(dealer), u32(index)]
  return concat(asciiBytes('dkg'), fromHex(chainId), fromHex(keyset), ...place)
}
