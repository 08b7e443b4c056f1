// Catching up by certified blocks, and what liars among the peers can do about it: nothing.
import t from 'tap'
import { blocksAnswerCodec, type CertifiedBlock, headAnswerCodec } from '../../../node/protocol.ts'
import { encodeDecidedFrame } from '../../../node/replica/frames.ts'
import { encodeHeader } from '../../../vm/block.ts'
import { encode } from '../../../vm/codec.ts'
import {
  at,
  blocksAt,
  buildFor,
  certified,
  createRogue,
  decide,
  fresh,
  openShadow,
  type Rogue,
  requestIn,
  startNetwork,
} from '../../support/toy-network.ts'
import type { ToyValidator } from '../../support/toy-validator.ts'

t.test('a validator that was away catches up by certified blocks and then votes', async (t) => {
  const { wire, nodes } = await startNetwork(t, [0, 1, 2, 3])
  const [late, ...others] = [at(nodes, 3), ...nodes.slice(0, 3)]
  await decide(at(nodes, 0), nodes)
  for (const { peerKey } of others) wire.cut(late.peerKey, peerKey)
  for (let count = 0; count < 5; count++) await decide(at(others, 0), others)
  for (const { peerKey } of others) wire.connect(late.peerKey, peerKey)
  await late.reach(6)
  t.ok(late.committed.some(({ way }) => way === 'fetched'))
  // Without validator 2 its vote is needed.
  for (const { peerKey } of nodes) wire.cut(at(nodes, 2).peerKey, peerKey)
  const three = [at(nodes, 0), at(nodes, 1), late]
  const height = await decide(late, three)
  t.equal(at(late.committed, -1).way, 'decided')
  t.equal(blocksAt(three, height).size, 1)
})

type Lie = {
  readonly why: string
  /** The liar's answer to a request for blocks. */
  readonly blocks: (
    honest: ToyValidator,
  ) => Promise<readonly CertifiedBlock[] | Uint8Array | 'silence'>
}

async function stored({ ledger }: ToyValidator, height: number): Promise<CertifiedBlock> {
  const block = ledger.block(height)
  if (block === undefined) throw new RangeError(`${height}`)
  const { headerBytes: header, transactions: envelopes, certificateBytes: certificate } = block
  return { header, envelopes, certificate }
}

const lies: readonly Lie[] = [
  { why: 'and never answers', blocks: async () => 'silence' },
  { why: 'and answers with nothing', blocks: async () => [] },
  { why: 'and answers with garbage', blocks: async () => new Uint8Array(50).fill(0xfe) },
  { why: 'and serves a stale block', blocks: async (honest) => [await stored(honest, 1)] },
  {
    why: 'and serves a fork that it signed alone',
    blocks: async () => [certified(buildFor(await openShadow(), 3, [fresh()]), [3, 3, 3])],
  },
  {
    why: 'and serves a block without its transactions',
    blocks: async (honest) => [{ ...(await stored(honest, 2)), envelopes: [] }],
  },
  {
    why: 'and serves a block with a signature that does not hold',
    blocks: async (honest) => {
      const block = await stored(honest, 2)
      const envelopes = block.envelopes.map((envelope) => {
        const bad = Uint8Array.from(envelope)
        bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1
        return bad
      })
      return [{ ...block, envelopes }]
    },
  },
  {
    why: 'and serves the certificate of another block',
    blocks: async (honest) => {
      const { certificate } = await stored(honest, 1)
      return [{ ...(await stored(honest, 2)), certificate }]
    },
  },
]

/** Claims a height that nobody has, in every way there is. */
function claim(liar: Rogue, honest: ToyValidator, { blocks }: Lie): void {
  const { header, certificateBytes: certificate } = honest.ledger.head()
  const lie = { header: encodeHeader({ ...header, height: 2 ** 40 }), certificate, lowest: 1 }
  liar.answer((request) => {
    if (request.kind === 'head') return encode(headAnswerCodec, lie)
    if (request.kind !== 'blocks') return undefined
    return blocks(honest).then((answer) => {
      if (answer === 'silence') return new Promise<undefined>(() => undefined)
      if (answer instanceof Uint8Array) return answer as never
      return encode(blocksAnswerCodec, { kind: 'blocks', blocks: answer }) as never
    }) as Promise<undefined>
  })
  liar.host.onFrame((from) => {
    liar.host.send(from, encodeDecidedFrame(lie))
  })
}

for (const lie of lies) {
  t.test(`a peer that claims a false height ${lie.why} holds nobody back`, async (t) => {
    const { wire, nodes } = await startNetwork(t, [0, 1, 2])
    const honest = at(nodes, 0)
    await decide(honest, nodes)
    await decide(honest, nodes)
    const liar = createRogue(wire, 3)
    claim(liar, honest, lie)
    for (const { peerKey } of nodes) wire.connect(liar.peerKey, peerKey)
    for (let count = 0; count < 6; count++) await decide(at(nodes, count % 3), nodes)
    const { height } = honest.ledger.head().header
    for (let one = 1; one <= height; one++) t.equal(blocksAt(nodes, one).size, 1)
    t.ok(
      nodes.every(({ replica }) => !replica.isBehind()),
      'nobody believes it',
    )
  })

  t.test(`a late validator asks others when one claims a false height ${lie.why}`, async (t) => {
    const { wire, nodes } = await startNetwork(t, [0, 1, 2, 3])
    const [honest, other, late, gone] = [at(nodes, 0), at(nodes, 1), at(nodes, 2), at(nodes, 3)]
    await decide(honest, nodes)
    for (const { peerKey } of [honest, other, gone]) wire.cut(late.peerKey, peerKey)
    for (let count = 0; count < 4; count++) await decide(honest, [honest, other, gone])
    await gone.stop()
    const liar = createRogue(wire, 3)
    claim(liar, honest, lie)
    const asked = wire.next((letter) => requestIn(letter)?.kind === 'blocks')
    wire.connect(late.peerKey, liar.peerKey)
    t.equal((await asked).to, liar.peerKey, 'the only one that it knows')
    for (const { peerKey } of [honest, other]) wire.connect(late.peerKey, peerKey)
    await late.reach(5)
    t.equal(blocksAt([honest, late], 5).size, 1)
    const three = [honest, other, late]
    const height = await decide(late, three)
    t.equal(blocksAt(three, height).size, 1, 'and it votes again')
  })
}
