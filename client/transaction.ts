// Builds and signs envelopes: one act or a batch, one to eight signers.
import type { TxType } from '../vm/app.ts'
import { BATCH_TAG, batchCodec } from '../vm/batch.ts'
import { toHex } from '../vm/bytes.ts'
import type { CborValue, JsonValue } from '../vm/codec.ts'
import { encodeBody, encodeEnvelope, signedBytes, transactionId } from '../vm/transaction.ts'
import type { Digest, Hex, TimeMs } from '../vm/types.ts'
import type { TransactionSigner } from './signer.ts'
import { randomBytes } from './web.ts'

/** One transaction type with its payloads; several payloads make a batch. */
export type Act = { readonly tag: number; readonly payload: CborValue }

/** One payload as the code of its application writes it. */
export function act<P>(type: TxType, payload: P): Act {
  return { tag: type.tag, payload: type.payload.toCbor(payload as never) }
}

/** One payload as JSON; throws CodecError if it has not the form of the type. */
export function actFromJson(type: TxType, payload: JsonValue): Act {
  return { tag: type.tag, payload: type.payload.toCbor(type.payload.fromJson(payload)) }
}

/** Many payloads of one type under one signature; `atomic`: one refused item refuses all. */
export function batchAct<P>(
  type: TxType,
  payloads: readonly P[],
  options: { readonly atomic: boolean },
): Act {
  const items = payloads.map((payload) => type.payload.toCbor(payload as never))
  return {
    tag: BATCH_TAG,
    payload: batchCodec.toCbor({ atomic: options.atomic, tag: type.tag, payloads: items }),
  }
}

export type SignParameters = {
  readonly chainId: Digest
  readonly act: Act
  /** The last block time at which it may be included; at most the chain's window ahead. */
  readonly validUntil: TimeMs
  /** The first pays the quota. */
  readonly signers: readonly TransactionSigner[]
  /** Eight random bytes if not given; given again, the same act has the same id. */
  readonly salt?: Hex
}

export type SignedTransaction = { readonly id: Digest; readonly bytes: Uint8Array }

export async function signTransaction(parameters: SignParameters): Promise<SignedTransaction> {
  const { chainId, act: one, validUntil, signers } = parameters
  const body = encodeBody({
    version: 1,
    chainId,
    tag: one.tag,
    payload: one.payload,
    validUntil,
    salt: parameters.salt ?? toHex(randomBytes(8)),
    signers: signers.map(({ account, publicKey }) => ({ account, publicKey })),
  })
  const bytes = signedBytes(body)
  const signatures = await Promise.all(signers.map((signer) => signer.sign(bytes)))
  return { id: transactionId(body), bytes: encodeEnvelope(body, signatures) }
}
