// Answers other nodes' requests: head, bodies, decided blocks, proposals, pieces of a state.
import type { ProposedBlock } from '../../consensus/types.ts'
import { decode, encode, type Infer } from '../../vm/codec.ts'
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
  headersAnswerCodec,
  proposalAnswerCodec,
  type Request,
  requestCodec,
  SETS_PER_ANSWER_MAX,
  setsAnswerCodec,
  snapshotsAnswerCodec,
  stateAnswerCodec,
} from '../protocol.ts'
import type { KeptStates } from '../snapshot/kept-states.ts'
import type { Blocks } from './blocks.ts'

export type ServePorts = {
  readonly ledger: Ledger
  readonly kept: Pick<KeptStates, 'offers' | 'piece'>
  readonly bodies: Pick<Bodies, 'serve'>
  readonly blocks: Pick<Blocks, 'proposal'>
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
  // Who stands on a fetched state has not the block that made it.
  if (head.header.height < ledger.lowest()) return undefined
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

async function setLinks(ledger: Ledger, from: Height): Promise<Uint8Array> {
  const links = await ledger.setChain(from)
  const answered = links.slice(0, SETS_PER_ANSWER_MAX).map((link) => ({
    header: link.headerBytes,
    parent: link.parentBytes,
    certificate: link.certificateBytes,
    validators: link.validators,
  }))
  return encode(setsAnswerCodec, answered)
}

/** As far down as there are headers with the ids of their blocks. */
function headersBelow(ledger: Ledger, from: Height, count: number): Uint8Array {
  const headers: Infer<typeof headersAnswerCodec>[number][] = []
  let size = 0
  for (let height = from; height > from - count && height >= 0; height--) {
    const header = ledger.header(height)
    const ids = ledger.ids(height)
    if (header === undefined || ids === undefined) break
    size += header.headerBytes.length + 34 * ids.length + 8
    if (size > ANSWER_BYTES_MAX && headers.length > 0) break
    headers.push({ header: header.headerBytes, ids })
  }
  return encode(headersAnswerCodec, headers)
}

type Answer = Uint8Array | undefined | Promise<Uint8Array | undefined>

function answer(ports: ServePorts, request: Request): Answer {
  const { ledger, bodies, kept } = ports
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
    case 'snapshots':
      return encode(snapshotsAnswerCodec, kept.offers())
    case 'state':
      return kept.piece(request).then((piece) => piece && encode(stateAnswerCodec, piece))
    case 'sets':
      return setLinks(ledger, request.from)
    case 'headers':
      return headersBelow(ledger, request.from, request.count)
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
export function serve(ports: ServePorts, bytes: Uint8Array): Answer {
  return answer(ports, decode(requestCodec, bytes))
}
