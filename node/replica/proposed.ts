// A proposal as a peer sent it: whether its parts belong together, and how to read it.
import type { ProposedBlock } from '../../consensus/types.ts'
import { blockId, decodeHeader } from '../../vm/block.ts'
import { CodecError, decode } from '../../vm/codec.ts'
import type { CheckedTransaction } from '../../vm/execute.ts'
import { txRootOf } from '../../vm/merkle.ts'
import type { Digest } from '../../vm/types.ts'
import type { BodyReference } from '../bodies.ts'
import { proposalAnswerCodec } from '../protocol.ts'

function idOf({ id }: BodyReference): Digest {
  return id
}

/** How a proposal names a transaction. */
export function referenceTo({ transaction }: CheckedTransaction): BodyReference {
  return { id: transaction.id, length: transaction.bytes.length }
}

/** Whether header and ids belong to the signed id; a nonsense header does, and is found invalid by executing it. */
export function belongsTogether(block: ProposedBlock): boolean {
  if (blockId(block.header) !== block.blockId) return false
  try {
    return txRootOf(block.transactions.map(idOf)) === decodeHeader(block.header).txRoot
  } catch (error) {
    if (error instanceof CodecError) return true
    throw error
  }
}

/** Undefined for an answer that is none. */
export function decodeProposal(answer: Uint8Array): ProposedBlock | undefined {
  try {
    return decode(proposalAnswerCodec, answer)
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}
