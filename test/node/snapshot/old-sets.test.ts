// The validator sets of a chain that was joined by a state: all of them are kept and handed on, however old.
import t, { type Test } from 'tap'
import type { Clock } from '../../../node/clock.ts'
import { openLedger } from '../../../node/ledger/open.ts'
import { setsAnswerCodec } from '../../../node/protocol.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import type { Store } from '../../../node/store/port.ts'
import { decode, encode } from '../../../vm/codec.ts'
import { act, elect, putOf, toyGenesis, toyList } from '../../support/toy-chain.ts'
import { diskWith, growPast } from '../../support/toy-history.ts'
import { build, certify } from '../../support/toy-ledger.ts'
import { at, requestIn, startSeat } from '../../support/toy-network.ts'
import { createDisk, toyClock, toyNowMs, toyParameters } from '../../support/toy-validator.ts'
import { createWire } from '../../support/wire.ts'

/** Longer than the window in which a transaction may not be executed again. */
const PAUSE_MS = 700_000
const clock: Clock = { ...toyClock, nowMs: () => toyNowMs() + PAUSE_MS }

/** The set changes, nothing happens for longer than the window, and the set changes again in the last block. */
async function chainWithPause(): Promise<Store> {
  const store = createMemoryStore()
  const genesis = toyGenesis(toyParameters)
  const ledger = await openLedger({ store, genesis, list: toyList })
  const change = (count: number, validUntil: number) => [
    act({ ...{ type: elect, payload: { count } }, validUntil }),
  ]
  const grow = async (count: number, timeMs: number) => {
    const before = ledger.rules.list.identity.validators(ledger.state()).length
    const { execution } = build(ledger, change(count, timeMs), { timeMs })
    ledger.stage(execution, certify(execution, before))
    await ledger.flush()
  }
  await growPast(ledger, { blocks: 5 })
  await grow(5, ledger.head().header.timeMs + 1)
  // More than one answer of headers.
  await growPast(ledger, { blocks: 300, each: () => [] })
  const late = ledger.head().header.timeMs + PAUSE_MS
  await grow(5, late)
  await growPast(ledger, { blocks: 30, each: () => [] })
  await grow(4, ledger.head().header.timeMs + 1)
  return store
}

async function scene(t: Test) {
  const store = await chainWithPause()
  const wire = createWire()
  const nodes = await Promise.all(
    [0, 1, 2].map(async (index) =>
      startSeat(t, { wire, index, disk: await diskWith(t, index, store), clock }),
    ),
  )
  wire.mesh(nodes.map(({ peerKey }) => peerKey))
  const join = async () => {
    const disk = createDisk(t, 3)
    const node = await startSeat(t, { wire, index: 3, disk, clock, sync: { snapshotEmpty: 50 } })
    for (const { peerKey } of nodes) wire.connect(node.peerKey, peerKey)
    return node
  }
  const decide = async (all: typeof nodes) => {
    const { transaction } = act({ ...putOf('cell-new'), validUntil: clock.nowMs() + 60_000 })
    await at(nodes, 0).submit(transaction.bytes)
    const height = 339
    await Promise.all(all.map((one) => one.reach(height)))
  }
  return { wire, nodes, join, decide }
}

t.test('a set that is older than the window is handed on by who joined by a state', async (t) => {
  const { nodes, join, decide } = await scene(t)
  const node = await join()
  await decide([...nodes, node])
  t.ok(node.ledger.lowest() > 100, 'by a state')
  const own = await node.ledger.setChain(0)
  t.same(own, await at(nodes, 0).ledger.setChain(0))
  t.same(
    own.map(({ header }) => header.height),
    [0, 6, 338],
  )
})

t.test('a change of the set in the very block of the state is not left out', async (t) => {
  const { wire, nodes, join, decide } = await scene(t)
  wire.meddle(async (letter) => {
    const request = requestIn(letter)
    if (request?.kind === 'sets') asked.add(letter.to)
    if (letter.kind !== 'answer' || !asked.has(letter.from)) return [letter.bytes]
    try {
      const links = decode(setsAnswerCodec, letter.bytes)
      asked.delete(letter.from)
      return letter.from === at(nodes, 0).peerKey
        ? [encode(setsAnswerCodec, links.slice(0, -1))]
        : [letter.bytes]
    } catch {
      return [letter.bytes]
    }
  })
  const asked = new Set<string>()
  const node = await join()
  await decide([...nodes, node])
  t.same(await node.ledger.setChain(0), await at(nodes, 1).ledger.setChain(0))
})
