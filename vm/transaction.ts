// The signed envelope: a body with one to eight signers, its id, and strict decoding.

import { type CborValue, type Codec, CodecError, decode, encode, encoded, raw } from './codec.ts'
import { array, named, struct } from './codec-compound.ts'
import { constant, hex, steadyHex, uint, view } from './codec-scalar.ts'
import { digest, hash } from './hash.ts'
import { ENVELOPE_BYTES_MAX, SIGNERS_MAX } from './limits.ts'
import type { AccountId, Digest, Hex, PublicKey, TimeMs } from './types.ts'

export type Signer = { readonly account: AccountId; readonly publicKey: PublicKey }

export type Body = {
  readonly version: 1
  readonly chainId: Digest
  /** Names the transaction type; `BATCH_TAG` for a batch. */
  readonly tag: number
  readonly payload: CborValue
  /** The last block time at which the transaction may be included. */
  readonly validUntil: TimeMs
  /** Eight random bytes, so that equal acts have different ids. */
  readonly salt: Hex
  readonly signers: readonly Signer[]
}

const beforePayload = { version: constant(1), chainId: steadyHex<Digest>(), tag: uint(0xffff) }
const behindPayload = {
  validUntil: uint(),
  salt: hex(8),
  signers: array(
    struct({ account: hex<AccountId>(32), publicKey: hex<PublicKey>(32) }),
    SIGNERS_MAX,
    1,
  ),
}

export const bodyCodec: Codec<Body> = named(
  'body',
  struct({ ...beforePayload, payload: raw, ...behindPayload }),
)

/** A body whose payload is left to the codec of its type. */
export type ReceivedBody = Omit<Body, 'payload'> & { readonly encodedPayload: Uint8Array }

const receivedBodyCodec: Codec<ReceivedBody> = struct({
  ...beforePayload,
  encodedPayload: encoded,
  ...behindPayload,
})

export const envelopeCodec = named(
  'envelope',
  struct({ body: view(1, ENVELOPE_BYTES_MAX), signatures: array(view(64, 64), SIGNERS_MAX, 1) }),
)

/** A decoded envelope; nothing about it has been verified but its form. */
export type Transaction = {
  /** The envelope as received. */
  readonly bytes: Uint8Array
  readonly body: ReceivedBody
  readonly signatures: readonly Uint8Array[]
  /** Hash of the body: what the signatures sign, what may appear once. */
  readonly id: Digest
}

/** What signatures sign and what names the transaction. */
export function transactionId(body: Uint8Array): Digest {
  return digest('tx', body)
}

/** The 32 bytes under the signatures. */
export function signedBytes(body: Uint8Array): Uint8Array {
  return hash('tx', body)
}

/** Throws CodecError: too large, not canonical, wrong lengths, signers repeated or not matched by signatures. */
export function decodeTransaction(envelope: Uint8Array): Transaction {
  if (envelope.length > ENVELOPE_BYTES_MAX) {
    throw new CodecError(`an envelope has at most ${ENVELOPE_BYTES_MAX} bytes`)
  }
  const { body: bodyBytes, signatures } = decode(envelopeCodec, envelope)
  const body = decode(receivedBodyCodec, bodyBytes)
  const { signers } = body
  if (signatures.length !== signers.length) throw new CodecError('one signature for each signer')
  if (signers.length > 1 && new Set(signers.map(({ account }) => account)).size < signers.length)
    throw new CodecError('an account signs once', 'signers')
  return { bytes: envelope, body, signatures, id: transactionId(bodyBytes) }
}

/** The body as it was before it was encoded. */
export function bodyOf({ body }: Transaction): Body {
  const { encodedPayload, ...rest } = body
  return { ...rest, payload: decode(raw, encodedPayload) }
}

export function encodeBody(body: Body): Uint8Array {
  return encode(bodyCodec, body)
}

export function encodeEnvelope(body: Uint8Array, signatures: readonly Uint8Array[]): Uint8Array {
  return encode(envelopeCodec, { body, signatures })
}
