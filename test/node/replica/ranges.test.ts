// Ranges of blocks from several peers at once, and peers that are slow, lie or have less than they claim.
import t, { type Test } from 'tap'
import { type BlocksAnswer, blocksAnswerCodec, type Request } from '../../../node/protocol.ts'
import { decode, encode } from '../../../vm/codec.ts'
import type { PublicKey } from '../../../vm/types.ts'
import { createPast } from '../../support/toy-history.ts'
import { at, blocksAt, decide, requestIn } from '../../support/toy-network.ts'
import { pastScene } from '../../support/toy-scene.ts'
import { createDisk, peerKeyOf } from '../../support/toy-validator.ts'
import type { Letter } from '../../support/wire.ts'

const blocksOnly = { snapshotEmpty: 0, snapshotBehind: 0 }
const BLOCKS = 250
const past = { on: await createPast({ blocks: BLOCKS }) }

/** What one peer does to its answers with blocks. */
type Lie = (answer: Uint8Array) => Uint8Array | 'never'

function change(answer: Uint8Array, how: (answer: BlocksAnswer) => BlocksAnswer): Uint8Array {
  return encode(blocksAnswerCodec, how(decode(blocksAnswerCodec, answer)))
}

const onBlocks =
  (how: (blocks: Extract<BlocksAnswer, { kind: 'blocks' }>['blocks']) => typeof blocks) =>
  (answer: Uint8Array): Uint8Array =>
    change(answer, (one) => (one.kind === 'blocks' ? { ...one, blocks: how(one.blocks) } : one))

const lies: readonly (readonly [why: string, lie: Lie, isDropped: boolean])[] = [
  ['never answers', () => 'never', false],
  ['answers with one block at a time', onBlocks((blocks) => blocks.slice(0, 1)), false],
  ['answers with garbage', () => new Uint8Array(9).fill(0xfe), true],
  ['leaves out the first block', onBlocks((blocks) => blocks.slice(1)), true],
  ['sends blocks twice', onBlocks((blocks) => [...blocks, ...blocks].slice(0, 64)), true],
  [
    'swaps certificates',
    onBlocks((blocks) =>
      blocks.map((block, place) => ({
        ...block,
        certificate: blocks[place === 7 ? 8 : place]?.certificate ?? block.certificate,
      })),
    ),
    true,
  ],
  [
    'keeps the transactions back',
    onBlocks((blocks) => blocks.map((block) => ({ ...block, envelopes: [] }))),
    true,
  ],
  [
    'says that it has pruned them',
    () => encode(blocksAnswerCodec, { kind: 'pruned', lowest: 249 }),
    false,
  ],
]

/** Who was asked for blocks, and from where on. */
function watch(letter: Letter, asked: Map<PublicKey, number[]>): Request | undefined {
  const request = requestIn(letter)
  if (request?.kind === 'blocks')
    asked.set(letter.to, [...(asked.get(letter.to) ?? []), request.from])
  return request
}

async function catchesUp(t: Test, lie: Lie | undefined) {
  const { wire, nodes, join } = await pastScene(t, past)
  const liar = at(nodes, 0).peerKey
  const asked = new Map<PublicKey, number[]>()
  wire.meddle((letter) => {
    watch(letter, asked)
    const isLie = letter.kind === 'answer' && letter.from === liar && letter.to === peerKeyOf(3)
    if (lie === undefined || !isLie) return [letter.bytes]
    try {
      decode(blocksAnswerCodec, letter.bytes)
    } catch {
      return [letter.bytes]
    }
    const said = lie(letter.bytes)
    return said === 'never' ? new Promise(() => undefined) : [said]
  })
  const node = await join(blocksOnly)
  await node.reach(BLOCKS)
  return { wire, nodes, node, asked, liar }
}

t.test('disjoint ranges are asked of all peers at once', async (t) => {
  const { nodes, node, asked } = await catchesUp(t, undefined)
  t.equal(asked.size, 3)
  const first = [...asked.values()].map(([from]) => from)
  t.equal(new Set(first).size, 3, 'each for other heights')
  t.equal(blocksAt([...nodes, node], BLOCKS).size, 1)
  t.equal(node.ledger.lowest(), 1)
})

for (const [why, lie, isDropped] of lies) {
  t.test(`a peer that ${why} holds nobody back`, async (t) => {
    const { wire, nodes, node, liar } = await catchesUp(t, lie)
    t.equal(blocksAt([...nodes, node], BLOCKS).size, 1)
    const dropped = wire.penalties.map(({ peerKey }) => peerKey)
    t.same(new Set(dropped), new Set(isDropped ? [liar] : []), 'and who is honest is not dropped')
    const honest = [...nodes.slice(1), node]
    t.equal(blocksAt(honest, await decide(node, honest)).size, 1, 'it votes')
  })
}

t.test('an answer that comes too late is no reason to drop anybody', async (t) => {
  const { wire, nodes, join } = await pastScene(t, { blocks: 40 })
  let release: (() => void) | undefined
  const late = new Promise<void>((resolve) => {
    release = resolve
  })
  wire.meddle((letter) => {
    const isFirst = letter.kind === 'answer' && letter.from === at(nodes, 0).peerKey
    if (!isFirst || letter.bytes.length < 2_000) return [letter.bytes]
    return late.then(() => [letter.bytes])
  })
  const node = await join(blocksOnly)
  await node.reach(40)
  release?.()
  const height = await decide(node, [...nodes, node])
  t.equal(blocksAt([...nodes, node], height).size, 1)
  t.same(wire.penalties, [])
})

t.test(
  'a follower that missed the newest block asks for it, though the chain is idle',
  async (t) => {
    const { wire, nodes, start } = await pastScene(t, { blocks: 3 }, [0, 1, 2, 3])
    const follower = await start(9, createDisk(t, 9), blocksOnly)
    await follower.reach(3)
    // Nobody tells it of this block.
    wire.meddle((letter) =>
      letter.to === follower.peerKey && letter.kind === 'frame' ? [] : [letter.bytes],
    )
    const height = await decide(at(nodes, 0), nodes)
    await follower.reach(height)
    t.equal(blocksAt([...nodes, follower], height).size, 1)
  },
)
