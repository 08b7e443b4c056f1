// Takes a block that a quorum certified: checks the certificate, reproduces every root, stores it.
import {
  type CertifyingSet,
  decodeCommitCertificate,
  type VerifySignature,
  verifyCommitCertificate,
} from '../../consensus/certificate.ts'
import { blockId, decodeHeader } from '../../vm/block.ts'
import { CodecError } from '../../vm/codec.ts'
import { decodeTransaction } from '../../vm/transaction.ts'
import type { View } from '../../vm/types.ts'
import type { Bodies } from '../bodies.ts'
import { EpioneError } from '../errors.ts'
import type { Executed, Ledger } from '../ledger/types.ts'
import type { CertifiedBlock } from '../protocol.ts'
import type { Checkpoint } from '../snapshot/checkpoint.ts'
import type { Blocks } from './blocks.ts'
import { belongsTogether } from './proposed.ts'

export type CertifiedPorts = {
  readonly ledger: Ledger
  readonly blocks: Blocks
  readonly bodies: Bodies
  readonly verifySignature: VerifySignature
  readonly checkpoint?: Checkpoint | undefined
}

export type Reproduction =
  | { readonly kind: 'reproduced'; readonly executed: Executed; readonly view: View }
  /** Not the next height: stored already, or too far ahead. */
  | { readonly kind: 'other-height' }
  /** What the peer sent does not hold; it says nothing about the chain. */
  | { readonly kind: 'bad'; readonly reason: string }

/** The members of the set that certifies the next block, as consensus sees them. */
export function nextMembers(ledger: Ledger) {
  const { identity } = ledger.rules.list
  return identity.validators(ledger.state()).map(({ account, consensusKey }) => ({
    account,
    publicKey: consensusKey,
  }))
}

/** Who certifies the next block, and how many of them must. */
export function certifyingSet(ledger: Ledger): CertifyingSet {
  const { chainId, engine } = ledger.rules
  return { chainId, engine, validators: nextMembers(ledger) }
}

export function diverged(height: number, reason: string): EpioneError {
  return new EpioneError({
    code: 'DIVERGED',
    message: `the certified block of height ${height} cannot be reproduced here (${reason})`,
    hint: 'keep this folder for comparison, run epione verify on it, and start from an empty data folder',
  })
}

/** Throws EpioneError DIVERGED if a quorum certified what this node computes differently. */
export async function reproduce(
  ports: CertifiedPorts,
  block: CertifiedBlock,
): Promise<Reproduction> {
  const { ledger, bodies, blocks, verifySignature } = ports
  const id = blockId(block.header)
  try {
    const header = decodeHeader(block.header)
    if (header.height !== ledger.head().header.height + 1) return { kind: 'other-height' }
    const { checkpoint } = ports
    if (header.height === checkpoint?.height && id !== checkpoint.id)
      return { kind: 'bad', reason: 'NOT_THE_CHECKPOINT' }
    const certificate = decodeCommitCertificate(block.certificate)
    const fault = verifyCommitCertificate({
      set: certifyingSet(ledger),
      value: certificate,
      about: { height: header.height, blockId: id },
      verifySignature,
    })
    if (fault !== undefined) return { kind: 'bad', reason: fault }
    const transactions = block.envelopes.map((envelope) => ({
      id: decodeTransaction(envelope).id,
      length: envelope.length,
    }))
    const proposed = { blockId: id, header: block.header, transactions }
    if (!belongsTogether(proposed)) return { kind: 'bad', reason: 'BODY_OF_ANOTHER_BLOCK' }
    await bodies.provide(transactions, block.envelopes)
    const completion = await blocks.complete(proposed, [])
    if (completion.kind === 'invalid') throw diverged(header.height, completion.reason)
    return completion.kind === 'executed'
      ? { kind: 'reproduced', executed: completion.executed, view: certificate.view }
      : { kind: 'bad', reason: 'BODY_NOT_VERIFIED' }
  } catch (error) {
    if (error instanceof CodecError) return { kind: 'bad', reason: error.message }
    throw error
  }
}
