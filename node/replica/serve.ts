// Answers other nodes' requests: head, bodies, decided blocks, proposals.
import { decode, encode } from '../../vm/codec.ts'
import { decodeTransaction } from '../../vm/transaction.ts'
import type { Digest, Height } from '../../vm/types.ts'
import type { Bodies } from '../bodies.ts'
import type { Ledger } from '../ledger/types.ts'
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
  for (let height = Math.max(1, from); height < from + count; height++) {
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

/** A body that was decided since: in the block of its place. */
function decidedBody(ledger: Ledger, id: Digest): Uint8Array | undefined {
  const place = ledger.place(id)
  return place && ledger.block(place.height)?.transactions[place.index]
}

function proposalOf({ ledger, blocks }: ServePorts, id: Digest): Uint8Array | undefined {
  const known = blocks.proposal(id)
  if (known !== undefined) return encode(proposalAnswerCodec, known)
  const head = ledger.head()
  const block = head.id === id ? ledger.block(head.header.height) : undefined
  if (block === undefined) return undefined
  const transactions = block.transactions.map((envelope) => ({
    id: decodeTransaction(envelope).id,
    length: envelope.length,
  }))
  return encode(proposalAnswerCodec, { blockId: id, header: block.headerBytes, transactions })
}

function answer(ports: ServePorts, request: Request): Uint8Array | undefined {
  const { ledger, bodies } = ports
  switch (request.kind) {
    case 'head': {
      const { headerBytes: header, certificateBytes: certificate } = ledger.head()
      return encode(headAnswerCodec, { header, certificate })
    }
    case 'blocks':
      return encode(blocksAnswerCodec, decidedBlocks(ledger, request.from, request.count))
    case 'proposal':
      return proposalOf(ports, request.blockId)
    case 'bodies': {
      let size = 0
      const found = request.ids.map((id) => {
        const envelope = bodies.serve(id) ?? decidedBody(ledger, id)
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
