// One block as a node serves it, verified: certificate, place in the chain, all transactions, all receipts.
import { decodeCommitCertificate, verifyCommitCertificate } from '../../consensus/certificate.ts'
import type { TxType } from '../../vm/app.ts'
import { type Acts, decodeActs } from '../../vm/batch.ts'
import { blockId, decodeHeader, type Header, type Receipt, receiptCodec } from '../../vm/block.ts'
import { CodecError, encode } from '../../vm/codec.ts'
import { boundRootOf, txRootOf } from '../../vm/merkle.ts'
import type { EngineKind } from '../../vm/quorum.ts'
import { decodeTransaction, type Transaction } from '../../vm/transaction.ts'
import type { Digest, Height } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import { verifySignature } from '../crypto/ed25519.ts'

/** What the verifier holds about the chain so far. */
export type Tip = {
  readonly chainId: Digest
  /** Says how many signatures decide. */
  readonly engine: EngineKind
  readonly height: Height
  /** Of the block at `height`; unknown for block 0, which block 1's certificate vouches for. */
  readonly id: Digest | undefined
  /** The set that certifies the next block. */
  readonly validators: readonly Validator[]
}

export type ServedBlock = {
  readonly header: Uint8Array
  readonly certificate: Uint8Array
  readonly envelopes: readonly Uint8Array[]
  readonly receipts: readonly Receipt[]
}

export type ProvenTransaction = {
  readonly transaction: Transaction
  readonly receipt: Receipt
}

/** A block whose every transaction is proven with what became of it. */
export type ProvenBlock = {
  readonly header: Header
  readonly id: Digest
  readonly transactions: readonly ProvenTransaction[]
}

export type BlockFlaw =
  | 'MALFORMED'
  | 'OTHER_CHAIN'
  | 'WRONG_HEIGHT'
  | 'WRONG_PARENT'
  | 'NOT_CERTIFIED'
  | 'TRANSACTIONS_DIFFER'
  | 'RECEIPTS_DIFFER'

type Verified = { readonly ok: true; readonly block: ProvenBlock }
type Refused = { readonly ok: false; readonly flaw: BlockFlaw }

function refuse(flaw: BlockFlaw): Refused {
  return { ok: false, flaw }
}

function isCertified(tip: Tip, served: ServedBlock, id: Digest): boolean {
  const fault = verifyCommitCertificate({
    set: {
      chainId: tip.chainId,
      engine: tip.engine,
      validators: tip.validators.map(({ consensusKey }) => ({ publicKey: consensusKey })),
    },
    value: decodeCommitCertificate(served.certificate),
    about: { height: tip.height + 1, blockId: id },
    verifySignature,
  })
  return fault === undefined
}

function verify(tip: Tip, served: ServedBlock): Verified | Refused {
  const header = decodeHeader(served.header)
  const id = blockId(served.header)
  if (header.chainId !== tip.chainId) return refuse('OTHER_CHAIN')
  if (header.height !== tip.height + 1) return refuse('WRONG_HEIGHT')
  if (!isCertified(tip, served, id)) return refuse('NOT_CERTIFIED')
  if (tip.id !== undefined && header.parent !== tip.id) return refuse('WRONG_PARENT')
  const transactions = served.envelopes.map(decodeTransaction)
  const ids = transactions.map(({ id: txId }) => txId)
  if (txRootOf(ids) !== header.txRoot) return refuse('TRANSACTIONS_DIFFER')
  const receipts = served.receipts.map((receipt) => encode(receiptCodec, receipt))
  if (boundRootOf('receipt-root', receipts) !== header.receiptRoot) return refuse('RECEIPTS_DIFFER')
  const proven = transactions.flatMap((transaction, index): ProvenTransaction[] => {
    const receipt = served.receipts[index]
    return receipt?.txId === transaction.id ? [{ transaction, receipt }] : []
  })
  if (proven.length !== served.receipts.length) return refuse('RECEIPTS_DIFFER')
  return { ok: true, block: { header, id, transactions: proven } }
}

/**
 * The block after the tip, if that is what a node served: certified by the tip's set, on the tip's block, with exactly the
 * transactions and receipts that its header commits to. Signatures of transactions are the certificate's concern.
 */
export function verifyBlock(tip: Tip, served: ServedBlock): Verified | Refused {
  try {
    return verify(tip, served)
  } catch (error) {
    if (error instanceof CodecError) return refuse('MALFORMED')
    throw error
  }
}

/** One act that took effect. */
export type Accepted = {
  readonly type: TxType
  readonly payload: Acts['items'][number]
  /** Position in its envelope. */
  readonly item: number
}

/** What took effect of a transaction: all, nothing, or some items of a batch that is not atomic. */
export function acceptedActs(
  types: ReadonlyMap<number, TxType>,
  { transaction, receipt }: ProvenTransaction,
): readonly Accepted[] {
  const isBatch = receipt.items.length > 0
  if (!isBatch && receipt.code !== '') return []
  const { type, items } = decodeActs(types, transaction)
  return items.flatMap((payload, item) =>
    isBatch && receipt.items[item] !== '' ? [] : [{ type, payload, item }],
  )
}
