// Joining a chain by the state of a block instead of its blocks.
import t, { type Test } from 'tap'
import { audit } from '../../../node/audit/audit.ts'
import type { CorePorts } from '../../../node/core.ts'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import { toyGenesis, toyList } from '../../support/toy-chain.ts'
import { createPast, diskWith, type Past } from '../../support/toy-history.ts'
import { at, blocksAt, decide, startSeat } from '../../support/toy-network.ts'
import { createDisk, type Disk, toyParameters } from '../../support/toy-validator.ts'
import { createWire } from '../../support/wire.ts'

const sync: CorePorts['sync'] = { snapshotEmpty: 50 }

/** Validators 0 to 2 with a past, and the disk of validator 3, who has nothing. */
async function scene(t: Test, past: Past) {
  const store = await createPast(past)
  const wire = createWire()
  const nodes = await Promise.all(
    [0, 1, 2].map(async (index) =>
      startSeat(t, { wire, index, disk: await diskWith(t, index, store) }),
    ),
  )
  wire.mesh(nodes.map(({ peerKey }) => peerKey))
  const disk = createDisk(t, 3)
  const join = async (from: Disk = disk) => {
    const node = await startSeat(t, { wire, index: 3, disk: from, sync })
    for (const { peerKey } of nodes) wire.connect(node.peerKey, peerKey)
    return node
  }
  return { wire, nodes, disk, join }
}

t.test('a validator without anything joins by a state, and votes', async (t) => {
  const { wire, nodes, disk, join } = await scene(t, { blocks: 200 })
  const node = await join()
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
  const genesis = toyGenesis(toyParameters)
  const found = await audit({ store: disk.store, genesis, list: toyList, verifySignature })
  t.match(found, { ok: true, height: voted })
})
