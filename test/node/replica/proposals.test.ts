// A primary that lies about its block, or puts in what may not be there: nobody prepares it, and the next primary goes on.
import t from 'tap'
import type { Executed } from '../../../node/ledger/types.ts'
import { bodiesAnswerCodec } from '../../../node/protocol.ts'
import { blockId, encodeHeader, type Header } from '../../../vm/block.ts'
import { encode } from '../../../vm/codec.ts'
import type { CheckedTransaction } from '../../../vm/execute.ts'
import { CLOCK_DRIFT_MAX_MS } from '../../../vm/limits.ts'
import { txRootOf } from '../../../vm/merkle.ts'
import type { Digest } from '../../../vm/types.ts'
import {
  accountOf,
  act,
  batch,
  genesisTimeMs,
  idOf,
  prove,
  putOf,
} from '../../support/toy-chain.ts'
import {
  at,
  blocksAt,
  buildFor,
  createRogue,
  decide,
  fresh,
  messageIn,
  proposalOf,
  startNetwork,
} from '../../support/toy-network.ts'
import { toyNowMs, toyParameters } from '../../support/toy-validator.ts'
import type { Wire } from '../../support/wire.ts'

type Proposal = Pick<Executed, 'header' | 'headerBytes' | 'id' | 'transactions'>

function withHeader(executed: Proposal, change: Partial<Header>): Proposal {
  const header = { ...executed.header, ...change }
  const headerBytes = encodeHeader(header)
  return { ...executed, header, headerBytes, id: blockId(headerBytes) }
}

/** The block with other transactions and the root of exactly these. */
function withTransactions(
  executed: Proposal,
  transactions: readonly CheckedTransaction[],
): Proposal {
  return withHeader(
    { ...executed, transactions },
    { txRoot: txRootOf(transactions.map(({ transaction }) => transaction.id)) },
  )
}

type Lie = {
  readonly why: string
  /** The block that the primary should have proposed is `honest`; `decided` is in block 1. */
  readonly tell: (honest: Proposal, scene: Scene) => Proposal
}

type Scene = {
  /** Is in block 1 already. */
  readonly decided: CheckedTransaction
  /** Right in every root. */
  readonly build: (proposer: number, timeMs?: number) => Proposal
  /** The same without transactions. */
  readonly buildEmpty: (timeMs: number) => Proposal
}

const other = idOf('something else')

const lies: readonly Lie[] = [
  ...(
    ['stateRoot', 'receiptRoot', 'eventRoot', 'validatorsRoot', 'parent', 'chainId'] as const
  ).map((field) => ({
    why: `another ${field}`,
    tell: (honest: Proposal) => withHeader(honest, { [field]: other }),
  })),
  {
    why: 'the name of another proposer',
    tell: (_, { build }) => build(1),
  },
  {
    why: 'a proposer that is no validator',
    tell: (honest) => withHeader(honest, { proposer: accountOf('ann') }),
  },
  {
    why: 'the time of its parent',
    tell: (honest) => withHeader(honest, { timeMs: genesisTimeMs }),
  },
  {
    why: 'a time beyond the drift of clocks',
    tell: (_, { build }) => build(0, toyNowMs() + CLOCK_DRIFT_MAX_MS + 20_000),
  },
  {
    why: 'a time that no timer can wait for',
    tell: (_, { buildEmpty }) => buildEmpty(toyNowMs() + 2 ** 40),
  },
  { why: 'the last time there is', tell: (_, { buildEmpty }) => buildEmpty(2 ** 53 - 1) },
  { why: 'nothing in it before the heartbeat', tell: (honest) => withTransactions(honest, []) },
  {
    why: 'a transaction of an earlier block',
    tell: (honest, { decided }) => withTransactions(honest, [decided]),
  },
  {
    why: 'a transaction twice',
    tell: (honest) =>
      withTransactions(honest, [at(honest.transactions, 0), at(honest.transactions, 0)]),
  },
  {
    why: 'an expired transaction',
    tell: (honest) =>
      withTransactions(honest, [act({ ...putOf('x'), validUntil: genesisTimeMs + 1 })]),
  },
  {
    why: 'a transaction that is valid for too long',
    tell: (honest) => withTransactions(honest, [act({ ...putOf('x'), validUntil: 2 ** 50 })]),
  },
  {
    why: 'a transaction of another chain',
    tell: (honest) =>
      withTransactions(honest, [
        act({ ...putOf('x'), chainId: other, validUntil: toyNowMs() + 60_000 }),
      ]),
  },
  {
    why: 'a transaction with a key that is not active',
    tell: (honest) =>
      withTransactions(honest, [
        act({ ...putOf('x'), signers: ['dan'], validUntil: toyNowMs() + 60_000 }),
      ]),
  },
  {
    why: 'a transaction heavier than an envelope may be',
    tell: (honest) => {
      const payload = Array.from({ length: 200 }, () => ({ fact: 'a', proof: 1 }))
      return withTransactions(honest, [
        batch({ type: prove, payload, validUntil: toyNowMs() + 60_000 }, false),
      ])
    },
  },
]

/** Who prepares the block from now on. */
function watchPrepares(wire: Wire, id: Digest): () => readonly number[] {
  const signers = new Set<number>()
  wire.meddle((letter) => {
    const message = messageIn(letter)
    if (message?.kind === 'prepare' && message.blockId === id) signers.add(message.signer)
    return [letter.bytes]
  })
  return () => [...signers]
}

/** Everybody can have the bytes, so that each lie is judged for what it is. */
function serveAll(
  rogue: ReturnType<typeof createRogue>,
  transactions: readonly CheckedTransaction[],
) {
  rogue.answer((request) => {
    if (request.kind !== 'bodies') return undefined
    const byId = new Map(transactions.map(({ transaction: { id, bytes } }) => [id, bytes]))
    return encode(
      bodiesAnswerCodec,
      request.ids.map((id) => byId.get(id) ?? null),
    )
  })
}

/** Long enough for the rogue's good block to be decided in view 0 on a busy machine; every lie is waited for as long. */
const parameters = { ...toyParameters, baseTimeoutMs: 1_000 }

for (const { why, tell } of lies) {
  t.test(`a proposal with ${why} is prepared by nobody, and the next view decides`, async (t) => {
    const { wire, nodes } = await startNetwork(t, [1, 2, 3], { parameters })
    const rogue = createRogue(wire, 0)
    const decided = fresh()
    const shadow = at(nodes, 0).ledger
    // Block 1 is the rogue's and good.
    const first = proposalOf(buildFor(shadow, 0, [decided]))
    serveAll(rogue, [decided])
    wire.mesh([rogue, ...nodes].map(({ peerKey }) => peerKey))
    rogue.say(nodes, first)
    await Promise.all(nodes.map((node) => node.reach(1)))
    t.equal(at(at(nodes, 0).committed, 0).view, 0)

    const honest = buildFor(shadow, 0, [fresh()])
    const lie = tell(honest, {
      decided,
      build: (proposer, timeMs) => buildFor(shadow, proposer, [fresh()], timeMs),
      buildEmpty: (timeMs) => buildFor(shadow, 0, [], timeMs),
    })
    serveAll(rogue, [...lie.transactions, ...honest.transactions])
    const prepared = watchPrepares(wire, lie.id)
    const left = Promise.all(nodes.map((node) => node.happens('view')))
    rogue.say(nodes, proposalOf(lie))
    await left
    const height = await decide(at(nodes, 0), nodes)
    t.same(prepared(), [], 'nobody prepared it')
    t.equal(blocksAt(nodes, height).size, 1)
    t.not(at(nodes, 0).ledger.header(2)?.id, lie.id)
  })
}
