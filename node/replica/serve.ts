// Answers other nodes' requests: head, bodies, decided blocks, proposals.
import type { ProposedBlock } from '../../consensus/types.ts'
import { decode, encode } from '../../vm/codec.ts'
import { decodeTransaction } from '../../vm/transaction.ts'
import type { Digest, Height } from '../../vm/types.ts'
import type { Bodies } from '../bodies.ts'
import type { Ledger, SealedHeader } from '../ledger/types.ts'
import {
  ANSWER_BYTES_MAX,
  blocksAnswerCodec,
  bodiesAnswerCodec,
  type CertifiedBlock,
  headAnswerCodec,
  proposalAnswerCodec,
  type Request,
  requestCodec,
} from '../protocol.ts'
import type { Blocks } from './blocks.ts'

export type ServePorts = {
  readonly ledger: Ledger
  readonly bodies: Bodies
  readonly blocks: Blocks
}

function decidedBlocks(ledger: Ledger, from: Height, count: number): readonly CertifiedBlock[] {
  const blocks: CertifiedBlock[] = []
  let size = 0
  for (let height = from; height < from + count; height++) {
    const block = ledger.block(height)
    if (block === undefined) break
    size += block.transactions.reduce((sum, { length }) => sum + length + 8, 4_096)
    if (size > ANSWER_BYTES_MAX && blocks.length > 0) break
    blocks.push({
      header: block.headerBytes,
      envelopes: block.transactions,
      certificate: block.certificateBytes,
    })
  }
  return blocks
}

/** The newest decided block as a peer asks for it that missed the decision; older ones are fetched by height. */
type Newest = {
  readonly proposal: ProposedBlock
  readonly envelopes: ReadonlyMap<Digest, Uint8Array>
}

/** Read once for each block, however many requests ask for it: a peer sets their number. */
const newestOf = new WeakMap<SealedHeader, Newest>()

function newestBlock(ledger: Ledger): Newest | undefined {
  const head = ledger.head()
  const before = newestOf.get(head)
  if (before !== undefined) return before
  const block = ledger.block(head.header.height)
  if (block === undefined) return undefined
  const decoded = block.transactions.map((envelope) => decodeTransaction(envelope))
  const transactions = decoded.map(({ id, bytes }) => ({ id, length: bytes.length }))
  const newest = {
    proposal: { blockId: head.id, header: block.headerBytes, transactions },
    envelopes: new Map(decoded.map(({ id, bytes }) => [id, bytes])),
  }
  newestOf.set(head, newest)
  return newest
}

function proposalOf({ ledger, blocks }: ServePorts, id: Digest): Uint8Array | undefined {
  const decided = ledger.head().id === id ? newestBlock(ledger)?.proposal : undefined
  const block = blocks.proposal(id) ?? decided
  return block && encode(proposalAnswerCodec, block)
}

function answer(ports: ServePorts, request: Request): Uint8Array | undefined {
  const { ledger, bodies } = ports
  switch (request.kind) {
    case 'head': {
      const { headerBytes: header, certificateBytes: certificate } = ledger.head()
      return encode(headAnswerCodec, { header, certificate, lowest: ledger.lowest() })
    }
    case 'blocks': {
      const { from, count } = request
      const lowest = ledger.lowest()
      if (from < lowest) return encode(blocksAnswerCodec, { kind: 'pruned', lowest })
      const blocks = decidedBlocks(ledger, from, count)
      return encode(blocksAnswerCodec, { kind: 'blocks', blocks })
    }
    case 'proposal':
      return proposalOf(ports, request.blockId)
    case 'bodies': {
      let size = 0
      const found = request.ids.map((id) => {
        const envelope = bodies.serve(id) ?? newestBlock(ledger)?.envelopes.get(id)
        size += envelope?.length ?? 1
        return envelope === undefined || size > ANSWER_BYTES_MAX ? null : envelope
      })
      return encode(bodiesAnswerCodec, found)
    }
  }
}

/** Undefined refuses; throws CodecError for bytes that are no request, upon which the host drops the peer. */
export function serve(ports: ServePorts, bytes: Uint8Array): Uint8Array | undefined {
  return answer(ports, decode(requestCodec, bytes))
}
