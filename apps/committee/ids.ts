// Identifiers of the committee's objects.
import { fromHex } from '../../vm/bytes.ts'
import { encode, type Infer } from '../../vm/codec.ts'
import { struct } from '../../vm/codec-compound.ts'
import { oneOf } from '../../vm/codec-scalar.ts'
import { digest } from '../../vm/hash.ts'
import type { AccountId, Digest, Hex } from '../../vm/types.ts'
import { accountField, digestField, epochField, indexField } from './fields.ts'

/** A keyset keeps its id through all epochs, and so does the public key. */
export function keysetId(of: { readonly account: AccountId; readonly nonce: Hex }): Digest {
  return digest('dkg.start', fromHex(of.account), fromHex(of.nonce))
}

/** The hash by which the ledger remembers a box. */
export function boxHash(box: Uint8Array): Digest {
  return digest('dkg.box', box)
}

/** What can be held against somebody; the numbers are frozen. */
export const faultKindCodec = oneOf({ 'bad-share': 1, 'false-complaint': 2 })

const faultCodec = struct({
  kind: faultKindCodec,
  object: digestField,
  epoch: epochField,
  culprit: accountField,
  index: indexField,
})
export type Fault = Infer<typeof faultCodec>

/** One id for one fault, whatever the evidence looks like: the same fault is never held against anybody twice. */
export function faultId(fault: Fault): Digest {
  return digest('dkg.fault', encode(faultCodec, fault))
}
