// Headers with their certificates, as every proof-carrying answer begins.
import type { Certified } from '../../client/answers.ts'
import type { Digest, Height } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { prunedError } from '../ledger/base.ts'
import type { SealedHeader } from '../ledger/types.ts'
import type { LedgerReads } from './port.ts'

export type CertifiedHeader = SealedHeader & { readonly proof: Certified }

export function notFound(message: string, hint: string): EpioneError {
  return new EpioneError({ code: 'NOT_FOUND', message, hint })
}

/** Throws EpioneError for a height that is not decided here. */
export function certifiedHeader(ledger: LedgerReads, height: Height): CertifiedHeader {
  const sealed = ledger.header(height)
  const certificate = ledger.certificate(height)
  if (sealed === undefined || certificate === undefined) {
    const lowest = ledger.lowest()
    if (height < lowest) throw prunedError(height, lowest)
    throw notFound(
      `this node has no block ${height}; its head is ${ledger.head().header.height}`,
      'ask for a lower height, or give minHeight to wait',
    )
  }
  return { ...sealed, proof: { header: sealed.headerBytes, certificate } }
}

export function headHeight(ledger: LedgerReads): Height {
  return ledger.head().header.height
}

export function unknownTransaction(id: Digest): EpioneError {
  return notFound(
    `no block of this node holds the transaction ${id}`,
    'ask tx_status whether it waits, was rejected, or expired',
  )
}
