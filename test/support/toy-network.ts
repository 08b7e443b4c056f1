// Validators of the toy chain on one wire, and the one among them that a test plays itself.
import type { Test } from 'tap'
import { encodeCommitCertificate, formCertificate } from '../../consensus/certificate.ts'
import type { Message, Unsigned } from '../../consensus/message.ts'
import { openLedger } from '../../node/ledger/open.ts'
import type { Executed, Ledger, SealedHeader } from '../../node/ledger/types.ts'
import type { Request } from '../../node/protocol.ts'
import { type CertifiedBlock, requestCodec } from '../../node/protocol.ts'
import { decodeFrame, encodeMessageFrame } from '../../node/replica/frames.ts'
import { createMemoryStore } from '../../node/store/memory.ts'
import { decode } from '../../vm/codec.ts'
import type { CheckedTransaction } from '../../vm/execute.ts'
import type { PublicKey } from '../../vm/types.ts'
import { voteDigest } from '../../vm/vote.ts'
import { accountOf, act, putOf, signerOf, toyGenesis, toyList } from './toy-chain.ts'
import { build } from './toy-ledger.ts'
import {
  createDisk,
  type Disk,
  peerKeyOf,
  startValidator,
  type ToyValidator,
  toyNowMs,
  toyParameters,
  type ValidatorOptions,
} from './toy-validator.ts'
import { createWire, type Letter, type Wire } from './wire.ts'

export type Seat = { readonly node: ToyValidator; readonly disk: Disk }
type Common = Pick<ValidatorOptions, 'parameters'>

/** Starts validators with these places in the set; they end with the test. Not connected yet. */
async function startSeats(
  t: Test,
  { wire, ...common }: Common & { readonly wire: Wire },
  indices: readonly number[],
): Promise<readonly Seat[]> {
  return Promise.all(
    indices.map(async (index) => {
      const disk = createDisk(t, index)
      return { disk, node: await startSeat(t, { wire, index, disk, ...common }) }
    }),
  )
}

export async function startSeat(t: Test, options: ValidatorOptions): Promise<ToyValidator> {
  const node = await startValidator(options)
  t.teardown(node.stop)
  return node
}

/** Started and connected. */
export async function startNetwork(t: Test, indices: readonly number[], common: Common = {}) {
  const wire = createWire()
  const seats = await startSeats(t, { wire, ...common }, indices)
  const nodes = seats.map(({ node }) => node)
  wire.mesh(nodes.map(({ peerKey }) => peerKey))
  return { wire, seats, nodes }
}

export function at<T>(items: readonly T[], index: number): T {
  const item = items.at(index)
  if (item === undefined) throw new RangeError(`${index}`)
  return item
}

let cells = 0

/** A transaction that nobody has seen. */
export function fresh(): CheckedTransaction {
  return act({ ...putOf(`cell-${cells++}`), validUntil: toyNowMs() + 60_000 })
}

/** Gives one to `node` and waits until all have it in a block; answers the height. */
export async function decide(node: ToyValidator, all: readonly ToyValidator[]): Promise<number> {
  const { transaction } = fresh()
  const admission = await node.submit(transaction.bytes)
  if (admission.kind !== 'admitted') throw new Error(JSON.stringify(admission))
  while (!node.ledger.contains(transaction.id)) await node.happens('block')
  const height = node.ledger.place(transaction.id)?.height ?? 0
  await Promise.all(all.map((one) => one.reach(height)))
  return height
}

/** The ids of the block of this height at all nodes: one if they agree. */
export function blocksAt(nodes: readonly ToyValidator[], height: number): ReadonlySet<unknown> {
  return new Set(nodes.map(({ ledger }) => ledger.header(height)?.id))
}

export function openShadow(): Promise<Ledger> {
  const genesis = toyGenesis(toyParameters)
  return openLedger({ store: createMemoryStore(), genesis, list: toyList })
}

export function sign(index: number, unsigned: Unsigned): Message {
  const digest = voteDigest(toyGenesis().chainId, unsigned)
  return { ...unsigned, signature: signerOf(`consensus-${index}`).sign(digest) } as Message
}

/** Signed by these validators, whatever the block says. */
function certifyBy(signers: readonly number[], { header, id: blockId }: SealedHeader): Uint8Array {
  const { height } = header
  const votes = signers.map((signer) => ({
    ...{ height, view: 0, blockId, signer },
    signature: sign(signer, { kind: 'commit', height, view: 0, blockId, signer }).signature,
  }))
  return encodeCommitCertificate(formCertificate(votes, 4))
}

export function certified(
  executed: Executed,
  signers: readonly number[] = [1, 2, 3],
): CertifiedBlock {
  return {
    header: executed.headerBytes,
    envelopes: executed.transactions.map(({ transaction }) => transaction.bytes),
    certificate: certifyBy(signers, executed),
  }
}

/** A block on the ledger's head as a primary makes it. */
export function buildFor(
  ledger: Ledger,
  proposer: number,
  candidates: readonly CheckedTransaction[],
  timeMs = Math.max(toyNowMs(), ledger.head().header.timeMs + 1),
): Executed {
  const plan = { timeMs, proposer: accountOf(`validator-${proposer}`) }
  return build(ledger, candidates, plan).execution
}

/** The proposal of a block in view 0, by its primary. */
export function proposalOf(
  executed: Pick<Executed, 'header' | 'headerBytes' | 'id' | 'transactions'>,
): Message {
  return sign(0, {
    kind: 'pre-prepare',
    height: executed.header.height,
    view: 0,
    blockId: executed.id,
    signer: 0,
    header: executed.headerBytes,
    transactions: executed.transactions.map(({ transaction }) => ({
      id: transaction.id,
      length: transaction.bytes.length,
    })),
    justification: null,
  })
}

export type Rogue = {
  readonly peerKey: PublicKey
  readonly host: ReturnType<Wire['host']>
  readonly say: (to: readonly { readonly peerKey: PublicKey }[], message: Message) => void
  /** What it answers to requests; nothing at first. */
  readonly answer: (
    answers: (request: Request, from: PublicKey) => Uint8Array | undefined | Promise<undefined>,
  ) => void
}

/** A validator that does what the test says. */
export function createRogue(wire: Wire, index: number): Rogue {
  const host = wire.host(peerKeyOf(index))
  return {
    host,
    peerKey: host.peerKey,
    say: (to, message) => {
      for (const { peerKey } of to) host.send(peerKey, encodeMessageFrame(message))
    },
    answer: (answers) => {
      host.onRequest((from, bytes) => answers(decode(requestCodec, bytes), from))
    },
  }
}

/** The consensus message in a letter. */
export function messageIn({ kind, bytes }: Letter): Message | undefined {
  if (kind !== 'frame') return undefined
  const frame = decodeFrame(bytes)
  return frame.kind === 'message' ? frame.message : undefined
}

export function requestIn({ kind, bytes }: Letter): Request | undefined {
  return kind === 'request' ? decode(requestCodec, bytes) : undefined
}

/** What the answer in a letter is about. */
export function answeredIn({ request }: Letter): Request | undefined {
  return request && decode(requestCodec, request)
}
