// A fresh node joins a long chain without replay: what it fetches depends on state and window, not on the length of the chain.
import t, { type Test } from 'tap'
import type { Clock } from '../../../node/clock.ts'
import { act, genesisTimeMs, putOf } from '../../support/toy-chain.ts'
import { createPast, diskWith } from '../../support/toy-history.ts'
import { at, requestIn, startSeat } from '../../support/toy-network.ts'
import { createDisk, toyClock, toyNowMs } from '../../support/toy-validator.ts'
import { createWire } from '../../support/wire.ts'

const STEP_MS = 10_000
/** The window has 60 blocks, and headers come by the hundred. */
const OLD = 100
/** A node that is so far behind takes a state. */
const sync = { snapshotEmpty: 50 }

/** Joins a chain of so many blocks whose state is always the same few cells. */
async function join(t: Test, blocks: number) {
  const each = (height: number) => {
    const validUntil = genesisTimeMs + height * STEP_MS + 1_000
    return [act({ ...putOf(`cell-${height % 50}`, [height & 255]), validUntil })]
  }
  const store = await createPast({ blocks, each, stepMs: STEP_MS })
  const clock: Clock = { ...toyClock, nowMs: () => toyNowMs() + blocks * STEP_MS }
  const wire = createWire()
  const nodes = await Promise.all(
    [0, 1, 2].map(async (index) =>
      startSeat(t, { wire, index, disk: await diskWith(t, index, store), clock }),
    ),
  )
  const late = await startSeat(t, { wire, index: 3, disk: createDisk(t, 3), clock, sync })
  let bytes = 0
  const asked: string[] = []
  wire.meddle(async (letter) => {
    const request = requestIn(letter)
    if (letter.from === late.peerKey && request !== undefined) asked.push(request.kind)
    if (letter.to === late.peerKey && letter.kind === 'answer') bytes += letter.bytes.length
    return [letter.bytes]
  })
  wire.mesh([...nodes, late].map(({ peerKey }) => peerKey))
  const validUntil = clock.nowMs() + 60_000
  await at(nodes, 0).submit(act({ ...putOf('after'), validUntil }).transaction.bytes)
  await Promise.all([...nodes, late].map((node) => node.reach(blocks + 1)))
  return { late, asked, bytes }
}

t.test('a chain four times as long costs who joins it no more', async (t) => {
  const short = await join(t, 500)
  const long = await join(t, 2_000)
  for (const { late, asked } of [short, long]) {
    const { height } = late.ledger.head().header
    t.ok(late.ledger.lowest() > height - 100, `whole blocks from ${late.ledger.lowest()} on`)
    t.notOk(late.committed.some(({ executed }) => executed.header.height < late.ledger.lowest()))
    t.equal(late.ledger.header(OLD), undefined, 'nothing before the window')
    t.ok(asked.includes('state'))
  }
  t.ok(long.bytes < 1.5 * short.bytes, `${long.bytes} bytes, not ${short.bytes}`)
})
