// Peers without a seat, candidates and those of the settings: what they claim holds no validator back from voting.
import t from 'tap'
import { blocksAnswerCodec, headAnswerCodec } from '../../../node/protocol.ts'
import { encodeHeader } from '../../../vm/block.ts'
import { encode } from '../../../vm/codec.ts'
import { at, blocksAt, createRogue, decide, startNetwork } from '../../support/toy-network.ts'

t.test('more than f peers without a seat claim a height and never answer', async (t) => {
  const { wire, nodes } = await startNetwork(t, [0, 1, 2, 3])
  await decide(at(nodes, 0), nodes)
  const { header, certificateBytes: certificate } = at(nodes, 0).ledger.head()
  const head = { header: encodeHeader({ ...header, height: 2 ** 40 }), certificate, lowest: 1 }
  for (const index of [10, 11, 12]) {
    const stranger = createRogue(wire, index)
    stranger.answer(({ kind }) =>
      kind === 'head' ? encode(headAnswerCodec, head) : new Promise<undefined>(() => undefined),
    )
    for (const { peerKey } of nodes) wire.connect(stranger.peerKey, peerKey)
  }
  for (let count = 0; count < 4; count++) await decide(at(nodes, count), nodes)
  t.equal(blocksAt(nodes, 5).size, 1)
  t.notOk(nodes.some(({ replica }) => replica.isBehind()))
})

t.test('a peer that has always lost the block it is asked for is not asked for ever', async (t) => {
  const { wire, nodes } = await startNetwork(t, [0, 1, 2])
  await decide(at(nodes, 0), nodes)
  const { header, certificateBytes: certificate } = at(nodes, 0).ledger.head()
  const head = { header: encodeHeader({ ...header, height: 2 ** 40 }), certificate, lowest: 1 }
  const liar = createRogue(wire, 3)
  let asked = 0
  liar.answer(({ kind }) => {
    if (kind === 'head') return encode(headAnswerCodec, head)
    if (kind !== 'blocks') return undefined
    asked += 1
    return encode(blocksAnswerCodec, { kind: 'pruned', lowest: 1 })
  })
  const dropped = wire.penalized(liar.peerKey)
  wire.connect(liar.peerKey, at(nodes, 0).peerKey)
  t.equal(await dropped, 'BLOCKS_ANSWER')
  t.ok(asked <= 2, `asked ${asked} times`)
})
