// What ends a node: a store that gives wrong bytes while it runs, and a certified block that comes out differently here.
import t from 'tap'
import { blocksAnswerCodec, headAnswerCodec } from '../../../node/protocol.ts'
import { encodeDecidedFrame } from '../../../node/replica/frames.ts'
import type { Store } from '../../../node/store/port.ts'
import { blockId, encodeHeader } from '../../../vm/block.ts'
import { encode } from '../../../vm/codec.ts'
import { createPast } from '../../support/toy-history.ts'
import {
  at,
  blocksAt,
  buildFor,
  certified,
  createRogue,
  decide,
  fresh,
  openShadow,
  startNetwork,
  startSeat,
} from '../../support/toy-network.ts'
import { createDisk, type ToyValidator } from '../../support/toy-validator.ts'
import { createWire } from '../../support/wire.ts'

type Harm = { isOn: boolean }

/** Gives a flipped bit of every record of this kind when told, as LevelDB does without a word. */
function harmed(store: Store, kind: string, harm: Harm): Store {
  const flipped = (key: string, value: Uint8Array | undefined) => {
    if (!harm.isOn || key.charAt(0) !== kind || value === undefined) return value
    const wrong = Uint8Array.from(value)
    const place = wrong.length - 1
    wrong[place] = (wrong[place] ?? 0) ^ 1
    return wrong
  }
  return { ...store, get: (key) => flipped(key, store.get(key)) }
}

const failureOf = async (node: ToyValidator) => (await node.happens('failure')) as { code: string }

t.test('a store whose values of the state are damaged while the node runs ends it', async (t) => {
  const harm: Harm = { isOn: false }
  const wire = createWire()
  const past = await createPast({ blocks: 30 })
  const seats = [0, 1, 2, 3].map(async (index) => {
    const disk = createDisk(t, index)
    await disk.store.write({
      put: await past.range({ from: '', below: '~', limit: 1e9 }),
      remove: [],
    })
    const store = index === 3 ? harmed(disk.store, 's', harm) : disk.store
    return startSeat(t, { wire, index, disk: { ...disk, store } })
  })
  const nodes = await Promise.all(seats)
  wire.mesh(nodes.map(({ peerKey }) => peerKey))
  await decide(at(nodes, 0), nodes)
  const victim = at(nodes, 3)
  const failure = failureOf(victim)
  harm.isOn = true
  const others = nodes.slice(0, 3)
  // Old cells are read anew, and every transaction is looked for.
  for (let count = 0; count < 4; count++) await decide(at(others, 0), others)
  t.match(await failure, { code: 'STORE_DAMAGED', hint: /repair/ })
  await victim.stop()
  const height = await decide(at(others, 1), others)
  t.equal(blocksAt(others, height).size, 1)
})

t.test(
  'a quorum that certified what this node computes differently ends it with DIVERGED',
  async (t) => {
    const { wire, nodes } = await startNetwork(t, [0])
    const node = at(nodes, 0)
    const shadow = await openShadow()
    const honest = buildFor(shadow, 1, [fresh()])
    const header = { ...honest.header, stateRoot: `0x${'44'.repeat(32)}` as const }
    const headerBytes = encodeHeader(header)
    const forged = { ...honest, header, headerBytes, id: blockId(headerBytes) }
    const block = certified(forged)
    const failure = failureOf(node)
    for (const index of [1, 2, 3]) {
      const rogue = createRogue(wire, index)
      rogue.answer(({ kind }) => {
        if (kind === 'head')
          return encode(headAnswerCodec, {
            header: headerBytes,
            certificate: block.certificate,
            lowest: 1,
          })
        if (kind === 'blocks') return encode(blocksAnswerCodec, { kind: 'blocks', blocks: [block] })
        return undefined
      })
      wire.connect(rogue.peerKey, node.peerKey)
      rogue.host.send(
        node.peerKey,
        encodeDecidedFrame({ header: headerBytes, certificate: block.certificate }),
      )
    }
    t.match(await failure, {
      code: 'DIVERGED',
      message: /height 1 cannot be reproduced/,
      hint: /keep this folder/,
    })
    t.equal(node.ledger.head().header.height, 0, 'nothing of it is stored')
  },
)
