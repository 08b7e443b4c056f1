// Four replicas over a loopback network: deciding, falling behind, coming back, and peers that lie.
import t, { type Test } from 'tap'
import { blocksAnswerCodec, headAnswerCodec, requestCodec } from '../../../node/protocol.ts'
import { encodeDecidedFrame } from '../../../node/replica/frames.ts'
import { encodeHeader } from '../../../vm/block.ts'
import { decode, encode } from '../../../vm/codec.ts'
import { act, putOf } from '../../support/toy-chain.ts'
import { createLoopback, type Loopback } from './loopback.ts'
import { createDisk, mesh, peerKeyOf, startNode, type ToyNode } from './toy-node.ts'

async function startNodes(t: Test, loopback: Loopback, count: number): Promise<readonly ToyNode[]> {
  const nodes = await Promise.all(
    Array.from({ length: count }, (_, index) => startNode(index, loopback, createDisk(t))),
  )
  for (const node of nodes) t.teardown(node.stop)
  return nodes
}

let cells = 0

/** One transaction through `node`, in a block of all the others too. */
async function decide(node: ToyNode, all: readonly ToyNode[]): Promise<number> {
  const { transaction } = act(putOf(`cell-${cells++}`))
  const admission = await node.submit(transaction.bytes)
  if (admission.kind !== 'admitted') throw new Error(JSON.stringify(admission))
  for (let height = node.ledger.head().header.height; !node.ledger.contains(transaction.id); ) {
    height += 1
    await Promise.all(all.map((one) => one.reach(height)))
  }
  return node.ledger.head().header.height
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new RangeError(`${index}`)
  return item
}

function rootsOf(nodes: readonly ToyNode[], height: number): ReadonlySet<string | undefined> {
  return new Set(nodes.map(({ ledger }) => ledger.header(height)?.header.stateRoot))
}

t.test('what a client gives to any of four is decided by all with the same roots', async (t) => {
  const loopback = createLoopback()
  const nodes = await startNodes(t, loopback, 4)
  mesh(loopback, nodes)
  for (const node of nodes) {
    const height = await decide(node, nodes)
    t.equal(rootsOf(nodes, height).size, 1, `height ${height}`)
  }
  t.ok(nodes.every(({ committed }) => committed.every(({ way }) => way === 'decided')))
})

t.test(
  'three decide without the primary of view 0, and it catches up by certified blocks',
  async (t) => {
    const loopback = createLoopback()
    const nodes = await startNodes(t, loopback, 4)
    const [primary, ...others] = nodes
    if (primary === undefined) throw new RangeError('no primary')
    mesh(loopback, others)
    await decide(at(others, 0), others)
    const height = await decide(at(others, 1), others)
    t.ok(
      at(others, 0).committed.every(({ view }) => view > 0),
      'view 0 belongs to the one that is away',
    )
    t.equal(primary.ledger.head().header.height, 0)
    for (const other of others) loopback.connect(primary.peerKey, other.peerKey)
    await primary.reach(height)
    t.equal(rootsOf(nodes, height).size, 1)
    t.ok(primary.committed.some(({ way }) => way === 'fetched'))
    await decide(primary, nodes)
    const last = at(primary.committed, primary.committed.length - 1)
    t.equal(last.way, 'decided', 'and it votes again')
  },
)

t.test('a validator that starts again goes on where it was', async (t) => {
  const loopback = createLoopback()
  const disk = createDisk(t)
  const others = await startNodes(t, loopback, 3)
  const first = await startNode(3, loopback, disk)
  mesh(loopback, [...others, first])
  await decide(first, [...others, first])
  for (const other of others) loopback.disconnect(first.peerKey, other.peerKey)
  await first.stop()
  await decide(at(others, 0), others)
  const again = await startNode(3, loopback, disk)
  t.teardown(again.stop)
  for (const other of others) loopback.connect(again.peerKey, other.peerKey)
  const height = await decide(at(others, 1), [...others, again])
  t.equal(rootsOf([...others, again], height).size, 1)
})

t.test('a peer that lies about heights does not hold three others back', async (t) => {
  const cases: readonly {
    readonly why: string
    /** What the liar answers when it is asked for blocks. */
    readonly answer: (honest: ToyNode) => Uint8Array | undefined | Promise<undefined>
  }[] = [
    { why: 'and has nothing', answer: () => undefined },
    { why: 'and never answers', answer: () => new Promise(() => undefined) },
    { why: 'and sends no blocks', answer: () => encode(blocksAnswerCodec, []) },
    { why: 'and sends nonsense', answer: () => new Uint8Array([0xff]) },
    {
      why: 'and sends blocks that are old',
      answer: ({ ledger }) => {
        const block = ledger.block(1)
        if (block === undefined) return undefined
        const {
          headerBytes: header,
          transactions: envelopes,
          certificateBytes: certificate,
        } = block
        return encode(blocksAnswerCodec, [{ header, envelopes, certificate }])
      },
    },
  ]
  for (const { why, answer } of cases) {
    await t.test(why, async (t) => {
      const loopback = createLoopback()
      const nodes = await startNodes(t, loopback, 3)
      const honest = at(nodes, 0)
      mesh(loopback, nodes)
      await decide(honest, nodes)

      const liar = loopback.host(peerKeyOf(3))
      const lie = () => encodeHeader({ ...honest.ledger.head().header, height: 2 ** 40 })
      const certificate = () => honest.ledger.head().certificateBytes
      liar.onRequest((_, bytes) => {
        const { kind } = decode(requestCodec, bytes)
        if (kind === 'blocks') return answer(honest)
        if (kind !== 'head') return undefined
        return encode(headAnswerCodec, { header: lie(), certificate: certificate() })
      })
      liar.onFrame((from) => {
        liar.send(from, encodeDecidedFrame({ header: lie(), certificate: certificate() }))
      })
      for (const { peerKey } of nodes) loopback.connect(liar.peerKey, peerKey)
      for (let count = 0; count < 4; count++) await decide(at(nodes, count % 3), nodes)
      t.equal(rootsOf(nodes, honest.ledger.head().header.height).size, 1)
    })
  }
})
