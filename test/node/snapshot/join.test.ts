// Joining a chain by the state of a block instead of its blocks.
import t, { type Test } from 'tap'
import { audit } from '../../../node/audit/audit.ts'
import type { CorePorts } from '../../../node/core.ts'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import { openLedger } from '../../../node/ledger/open.ts'
import { bodiesAnswerCodec, type Request, requestCodec } from '../../../node/protocol.ts'
import { serve } from '../../../node/replica/serve.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { encode } from '../../../vm/codec.ts'
import { act, elect, toyGenesis, toyList } from '../../support/toy-chain.ts'
import { copyStore, growPast } from '../../support/toy-history.ts'
import { at, blocksAt, decide } from '../../support/toy-network.ts'
import { pastScene } from '../../support/toy-scene.ts'
import {
  type Disk,
  loseJournal,
  type ToyValidator,
  toyNowMs,
  toyParameters,
} from '../../support/toy-validator.ts'

const sync: CorePorts['sync'] = { snapshotEmpty: 50 }

async function isSound(t: Test, disk: Disk, height: number): Promise<void> {
  const parts = { store: disk.store, genesis: toyGenesis(toyParameters), list: toyList }
  t.match(await audit({ ...parts, verifySignature }), { ok: true, height })
}

function bySnapshot({ ledger }: ToyValidator): boolean {
  return ledger.lowest() > 1
}

t.test('a validator without anything joins by a state, and votes', async (t) => {
  const { wire, nodes, disk, join } = await pastScene(t, { blocks: 200 })
  const node = await join(sync)
  const height = await decide(at(nodes, 0), [...nodes, node])
  t.ok(node.ledger.lowest() > 100, `whole blocks from ${node.ledger.lowest()} on`)
  t.notOk(node.committed.some(({ executed }) => executed.header.height < node.ledger.lowest()))
  t.equal(blocksAt([...nodes, node], height).size, 1)
  // Without validator 2 its vote is needed.
  for (const { peerKey } of [...nodes, node]) wire.cut(at(nodes, 2).peerKey, peerKey)
  const three = [at(nodes, 0), at(nodes, 1), node]
  const voted = await decide(node, three)
  t.equal(blocksAt(three, voted).size, 1)
  await node.stop()
  await isSound(t, disk, voted)
  // And once more, from what it has now.
  const again = await join({ snapshotEmpty: 0 })
  await again.reach(voted)
  t.ok(bySnapshot(again))
})

t.test(
  'whoever asks for the block of the fetched state itself is refused, and ends nobody',
  async (t) => {
    const { nodes, join } = await pastScene(t, { blocks: 120 })
    const { ledger } = await join(sync)
    await at(nodes, 0).reach(120)
    while (ledger.lowest() === 1) await new Promise((resolve) => setImmediate(resolve))
    const ports = {
      ledger,
      kept: undefined,
      bodies: { serve: () => undefined },
      blocks: { proposal: () => undefined },
    }
    const ask = (request: Request) => serve(ports as never, encode(requestCodec, request))
    const { id, header } = ledger.head()
    t.equal(header.height, ledger.lowest() - 1)
    t.equal(ask({ kind: 'proposal', blockId: id }), undefined)
    t.same(ask({ kind: 'bodies', ids: [id] }), encode(bodiesAnswerCodec, [null]))
  },
)

t.test('what it has not it says', async (t) => {
  const { nodes, join } = await pastScene(t, { blocks: 120 })
  const node = await join(sync)
  await decide(at(nodes, 0), [...nodes, node])
  const { ledger } = node
  const pruned = { code: 'HEIGHT_PRUNED', data: { lowest: ledger.lowest() } }
  t.throws(() => ledger.block(5), pruned)
  t.throws(() => ledger.receipts(5), pruned)
  t.throws(() => ledger.blockEvents(5), pruned)
  await t.rejects(ledger.events({ recipient: '0x01', limit: 1 }), pruned)
  const old = at(nodes, 0).ledger.ids(5)?.[0] ?? '0x'
  t.same(ledger.place(old), { height: 5, index: 0 }, 'it knows that it was')
  t.throws(() => ledger.receipt(old), pruned)
  t.throws(() => ledger.proveTransaction(old), pruned)
  t.ok(ledger.block(ledger.lowest()), 'and has what came later')
  t.same(
    (await ledger.setChain(0)).map(({ id }) => id),
    (await at(nodes, 0).ledger.setChain(0)).map(({ id }) => id),
  )
})

t.test('a transaction of the window is not executed again', async (t) => {
  const { nodes, join } = await pastScene(t, { blocks: 120 })
  const node = await join(sync)
  await decide(at(nodes, 0), [...nodes, node])
  const [envelope] = at(nodes, 0).ledger.block(60)?.transactions ?? []
  if (envelope === undefined) throw new RangeError('block 60 has a transaction')
  t.match(await node.submit(envelope), { kind: 'known' })
  const [id] = node.ledger.ids(60) ?? []
  t.ok(id !== undefined && node.ledger.contains(id), 'and no block with it is voted for')
})

t.test('sets that changed on the way are followed', async (t) => {
  const set = (count: number) => ({
    ...{ type: elect, payload: { count } },
    validUntil: toyNowMs() + 400_000,
  })
  const each = (height: number) =>
    height % 20 === 0 ? [act(set(height % 40 === 0 ? 4 : 7))] : height === 30 ? [act(set(5))] : []
  const { nodes, join } = await pastScene(t, { blocks: 160, each })
  const node = await join(sync)
  const height = await decide(at(nodes, 0), [...nodes, node])
  t.ok(bySnapshot(node))
  t.equal(blocksAt([...nodes, node], height).size, 1)
  t.equal((await node.ledger.setChain(0)).length, 10)
})

t.test('f + 1 validators come back with their locks and nothing else, and vote', async (t) => {
  const { nodes, disks, start } = await pastScene(t, { blocks: 120 }, [0, 1, 2, 3])
  await decide(at(nodes, 0), nodes)
  const staying = nodes.slice(0, 2)
  await Promise.all(nodes.slice(2).map((node) => node.stop()))
  nodes.length = 2
  const back: ToyValidator[] = []
  for (const index of [2, 3]) {
    const disk = { ...at(disks, index), store: createMemoryStore() }
    loseJournal(disk)
    back.push(await start(index, disk, sync))
    nodes.push(at(back, -1))
  }
  // Two of four decide nothing: both others must vote.
  const height = await decide(at(staying, 0), nodes)
  t.ok(back.every(bySnapshot))
  t.equal(blocksAt(nodes, height).size, 1)
})

t.test('a node that is far behind goes on from a newer state, and older blocks go', async (t) => {
  const early = createMemoryStore()
  const genesis = toyGenesis(toyParameters)
  const ledger = await openLedger({ store: early, genesis, list: toyList })
  await growPast(ledger, { blocks: 20 })
  const then = await copyStore(early)
  await growPast(ledger, { blocks: 180 })
  const { nodes, disk, join } = await pastScene(t, { on: early })
  const own = { ...disk, store: then }
  const node = await join({ snapshotEmpty: 0, snapshotBehind: 100 }, own)
  const height = await decide(at(nodes, 0), [...nodes, node])
  t.ok(bySnapshot(node))
  t.throws(() => node.ledger.block(10), { code: 'HEIGHT_PRUNED' })
  t.equal(blocksAt([...nodes, node], height).size, 1)
  await node.stop()
  await isSound(t, own, height)
})

t.test('without a snapshot allowed a node executes every block', async (t) => {
  const { nodes, disk, join } = await pastScene(t, { blocks: 150 })
  const node = await join({ snapshotEmpty: 0, snapshotBehind: 0 })
  const height = await decide(at(nodes, 0), [...nodes, node])
  t.notOk(bySnapshot(node))
  t.equal(node.committed.filter(({ way }) => way === 'fetched').length >= 150, true)
  await node.stop()
  await isSound(t, disk, height)
})
