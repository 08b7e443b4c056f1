// Bodies that are bad, missing or of other lengths: they prove nothing against a block and hold nobody back (traces 9 and 10).
import t from 'tap'
import type { Message } from '../../../consensus/message.ts'
import { bodiesAnswerCodec } from '../../../node/protocol.ts'
import { encode } from '../../../vm/codec.ts'
import type { CheckedTransaction } from '../../../vm/execute.ts'
import {
  at,
  blocksAt,
  buildFor,
  createRogue,
  decide,
  fresh,
  messageIn,
  proposalOf,
  requestIn,
  sign,
  startNetwork,
} from '../../support/toy-network.ts'
import { patientParameters } from '../../support/toy-validator.ts'

function withBadSignature({ transaction }: CheckedTransaction): Uint8Array {
  const bytes = Uint8Array.from(transaction.bytes)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  return bytes
}

function bodiesOf(ids: readonly string[], all: readonly CheckedTransaction[]): Uint8Array {
  const byId = new Map<string, Uint8Array>(all.map(({ transaction: { id, bytes } }) => [id, bytes]))
  return encode(
    bodiesAnswerCodec,
    ids.map((id) => byId.get(id) ?? null),
  )
}

t.test(
  'good and bad signatures under one id, to different nodes, stall nobody (trace 9)',
  async (t) => {
    const parameters = patientParameters
    const { wire, nodes } = await startNetwork(t, [0, 1, 2, 3], { parameters })
    for (let round = 0; round < 4; round++) {
      const one = fresh()
      const outcomes = await Promise.all(
        nodes.map((node, index) =>
          node.submit(index === round ? one.transaction.bytes : withBadSignature(one)),
        ),
      )
      const refused = outcomes.filter((outcome) => outcome.kind === 'refused')
      t.ok(
        refused.every(
          (outcome) => outcome.kind === 'refused' && outcome.code === 'TX_BAD_SIGNATURE',
        ),
      )
      const holder = at(nodes, round)
      while (!holder.ledger.contains(one.transaction.id)) await holder.happens('block')
      t.equal(at(holder.committed, -1).view, 0, 'by its first primary')
      await decide(holder, nodes)
    }
    t.same(wire.penalties, [])
  },
)

t.test('a body whose signature fails is fetched from another peer', async (t) => {
  const { wire, nodes } = await startNetwork(t, [1, 2, 3])
  const one = fresh()
  const rogue = createRogue(wire, 0)
  const [poor, ...rich] = nodes
  if (poor === undefined) throw new RangeError('no nodes')
  rogue.answer((request, from) => {
    if (request.kind !== 'bodies') return undefined
    if (from === poor.peerKey) return encode(bodiesAnswerCodec, [withBadSignature(one)])
    return bodiesOf(request.ids, [one])
  })
  wire.mesh([rogue, ...nodes].map(({ peerKey }) => peerKey))
  const executed = buildFor(poor.ledger, 0, [one])
  const lie = wire.next(
    ({ kind, from, to }) => kind === 'answer' && from === rogue.peerKey && to === poor.peerKey,
  )
  rogue.say(nodes, proposalOf(executed))
  await lie
  rogue.say(
    nodes,
    sign(0, { kind: 'prepare', height: 1, view: 0, blockId: executed.id, signer: 0 }),
  )
  rogue.say(nodes, sign(0, { kind: 'commit', height: 1, view: 0, blockId: executed.id, signer: 0 }))
  await Promise.all(nodes.map((node) => node.reach(1)))
  t.equal(at(rich, 0).ledger.header(1)?.id, executed.id)
  t.equal(blocksAt(nodes, 1).size, 1)
  t.equal(poor.ledger.block(1)?.transactions.length, 1)
})

t.test(
  'a block prepared by those who were given its bodies is proposed again by one who was not (trace 10)',
  async (t) => {
    const { wire, nodes } = await startNetwork(t, [1, 2, 3])
    const rogue = createRogue(wire, 0)
    const one = fresh()
    // Validator 1 leads view 1 and is told nothing; the rogue prepares, and nobody's commit arrives in view 0.
    const [next, ...rich] = nodes
    if (next === undefined) throw new RangeError('no nodes')
    rogue.answer((request, from) => {
      if (request.kind !== 'bodies' || from === next.peerKey) return undefined
      return bodiesOf(request.ids, [one])
    })
    wire.mesh([rogue, ...nodes].map(({ peerKey }) => peerKey))
    wire.meddle((letter) => {
      const message = messageIn(letter)
      const early = message?.kind === 'commit' && message.view === 0
      return early ? [] : [letter.bytes]
    })
    const executed = buildFor(next.ledger, 0, [one])
    const asked = wire.next(
      (letter) => letter.from === next.peerKey && requestIn(letter)?.kind === 'proposal',
    )
    const prepared = wire.next(
      ({ kind, bytes, from, to }) => messageIn({ kind, bytes, from, to })?.kind === 'commit',
    )
    rogue.say(rich, proposalOf(executed))
    rogue.say(
      rich,
      sign(0, { kind: 'prepare', height: 1, view: 0, blockId: executed.id, signer: 0 }),
    )
    await prepared
    await asked
    await Promise.all(nodes.map((node) => node.reach(1)))
    t.equal(next.ledger.header(1)?.id, executed.id, 'the same block, byte for byte')
    t.ok(at(next.committed, 0).view > 0)
    t.equal(blocksAt(nodes, 1).size, 1)
  },
)

function withLengths(message: Message, length: number): Message {
  if (message.kind !== 'pre-prepare') throw new RangeError(message.kind)
  const transactions = message.transactions.map(({ id }) => ({ id, length }))
  return { ...message, transactions }
}

for (const [what, length] of [
  ['too short', 1],
  ['a byte too long', fresh().transaction.bytes.length + 1],
  ['as long as an envelope may be', 256 * 1024],
] as const) {
  t.test(`lengths that are ${what} keep nobody from the block`, async (t) => {
    const { wire, nodes } = await startNetwork(t, [1, 2, 3])
    const rogue = createRogue(wire, 0)
    const [victim, ...others] = nodes
    if (victim === undefined) throw new RangeError('no nodes')
    const one = fresh()
    rogue.answer((request) =>
      request.kind === 'bodies' ? bodiesOf(request.ids, [one]) : undefined,
    )
    wire.mesh([rogue, ...nodes].map(({ peerKey }) => peerKey))
    const executed = buildFor(victim.ledger, 0, [one])
    const honest = proposalOf(executed)
    const answered = wire.next(({ kind, to }) => kind === 'answer' && to === victim.peerKey)
    rogue.say([victim], withLengths(honest, length))
    await answered
    rogue.say(others, honest)
    rogue.say(
      nodes,
      sign(0, { kind: 'prepare', height: 1, view: 0, blockId: executed.id, signer: 0 }),
    )
    rogue.say(
      nodes,
      sign(0, { kind: 'commit', height: 1, view: 0, blockId: executed.id, signer: 0 }),
    )
    await Promise.all(nodes.map((node) => node.reach(1)))
    t.equal(victim.ledger.header(1)?.id, executed.id)
  })
}

t.test(
  'lengths that add up to more than a block are dropped before anything is fetched',
  async (t) => {
    const { wire, nodes } = await startNetwork(t, [1, 2, 3])
    const rogue = createRogue(wire, 0)
    wire.mesh([rogue, ...nodes].map(({ peerKey }) => peerKey))
    const node = at(nodes, 0)
    const requests: unknown[] = []
    wire.meddle((letter) => {
      if (requestIn(letter)?.kind === 'bodies') requests.push(letter.to)
      return [letter.bytes]
    })
    const fault = node.happens('fault')
    const many = Array.from({ length: 20 }, () => fresh())
    rogue.say([node], withLengths(proposalOf(buildFor(node.ledger, 0, many)), 256 * 1024))
    t.equal(await fault, 'TOO_LARGE')
    t.same(requests, [])
    await decide(node, nodes)
  },
)
