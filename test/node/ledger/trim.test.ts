// Old blocks go when they need not be kept; what proves the state, and what keeps a transaction from coming again, stays.
import t, { type Test } from 'tap'
import { audit } from '../../../node/audit/audit.ts'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import { openLedger } from '../../../node/ledger/open.ts'
import type { Ledger } from '../../../node/ledger/types.ts'
import { serve } from '../../../node/replica/serve.ts'
import { fetchWindow } from '../../../node/snapshot/window.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { act, idOf, putOf, toyGenesis, toyList } from '../../support/toy-chain.ts'
import { build, certify } from '../../support/toy-ledger.ts'

const STEP_MS = 30_000
/** A state that a joiner has taken may be so old. */
const HELD_BLOCKS = 600_000 / STEP_MS
const WINDOW_BLOCKS = 10
const KEPT = 60
const BLOCKS = 160
const genesis = toyGenesis({ windowMs: WINDOW_BLOCKS * STEP_MS })

async function next(ledger: Ledger, stepMs = STEP_MS): Promise<void> {
  const { height, timeMs } = ledger.head().header
  const cell = putOf(`n${height % 9}`, [height + 1], [idOf('r')])
  const one = act({ ...cell, validUntil: timeMs + stepMs + 5_000 })
  const { execution } = build(ledger, [one], { timeMs: timeMs + stepMs })
  const validators = ledger.rules.list.identity.validators(ledger.state()).length
  await ledger.commit(execution, certify(execution, validators))
  await ledger.trim()
}

/** As the node answers its peers. */
async function answerOf(ledger: Ledger, request: Uint8Array): Promise<Uint8Array | undefined> {
  const nothing = () => undefined
  const ports = { ledger, kept: { offers: () => [], piece: async () => undefined } }
  return serve({ ...ports, bodies: { serve: nothing }, blocks: { proposal: nothing } }, request)
}

async function pruned(keepBlocks: number) {
  const store = createMemoryStore()
  const ledger = await openLedger({ store, genesis, list: toyList, keepBlocks })
  for (let height = 1; height <= BLOCKS; height++) await next(ledger)
  return { store, ledger }
}

t.test('the newest blocks stay whole, headers and certificates of all', async (t) => {
  const { store, ledger } = await pruned(KEPT)
  const lowest = ledger.lowest()
  t.ok(lowest > BLOCKS - KEPT - 20 && lowest <= BLOCKS - KEPT + 1, `from ${lowest} on`)
  const gone = { code: 'HEIGHT_PRUNED', data: { lowest } }
  t.throws(() => ledger.block(lowest - 1), gone)
  t.throws(() => ledger.receipts(1), gone)
  await t.rejects(ledger.events({ recipient: idOf('r'), limit: 5 }), gone)
  const after = { height: lowest - 1, index: 0 }
  t.equal((await ledger.events({ recipient: idOf('r'), after, limit: 1 }))[0]?.height, lowest)
  t.ok(ledger.block(lowest) && ledger.block(0))
  for (let height = 1; height <= BLOCKS; height++)
    t.ok(ledger.header(height) && ledger.certificate(height))
  t.equal((await store.range({ from: 't/', below: 't0', limit: 1e6 })).length, BLOCKS - lowest + 2)
  const parts = { store, genesis, list: toyList, verifySignature }
  t.match(await audit(parts), { ok: true, height: BLOCKS, lowest })
  const again = await openLedger({ store, genesis, list: toyList })
  t.equal(again.lowest(), lowest, 'also when it is opened again')
})

t.test(
  'neither a state that a joiner has taken nor its validity window lose a block',
  async (t) => {
    const { ledger } = await pruned(1)
    const needed = BLOCKS - HELD_BLOCKS - 1 - WINDOW_BLOCKS
    t.ok(ledger.lowest() <= needed, `from ${ledger.lowest()} on, ${needed} is needed`)
    t.ok(ledger.lowest() > needed - 20, 'what is older went')
    const [id = '0x'] = ledger.ids(needed) ?? []
    t.ok(ledger.contains(id))
  },
)

/** What a joiner asks of a pruned node after it took the state of this height: its window, and the blocks above. */
async function isServed(t: Test, ledger: Ledger, height: number): Promise<void> {
  const { id, header } = ledger.header(height) ?? {}
  if (id === undefined || header === undefined) throw new RangeError(`no block ${height}`)
  const sinceMs = header.timeMs - genesis.parameters.windowMs
  const window = await fetchWindow({ id, height, sinceMs }, async (request, holds) => {
    const bytes = await answerOf(ledger, request)
    return bytes !== undefined && holds(bytes) ? bytes : undefined
  })
  t.ok((window?.length ?? 0) > 1, `the window below ${height} is complete`)
  t.ok(ledger.lowest() <= height + 1, 'and every block above it is there')
}

t.test(
  'attack: a node that prunes all it may serves who took a state as long ago as it can',
  async (t) => {
    const { ledger } = await pruned(1)
    const taken = ledger.head().header.height
    for (let count = 0; count < HELD_BLOCKS; count++) await next(ledger)
    await isServed(t, ledger, taken)
    t.ok(ledger.lowest() > taken - HELD_BLOCKS - 30, 'and has pruned meanwhile')
  },
)

t.test('attack: the newest state of an idle chain was taken just before it went on', async (t) => {
  const { ledger } = await pruned(1)
  const taken = ledger.head().header.height
  await next(ledger, 40 * STEP_MS)
  for (let count = 0; count < HELD_BLOCKS; count++) await next(ledger)
  await isServed(t, ledger, taken)
})

t.test('what a held state needs stays for as long as it is held', async (t) => {
  const { ledger } = await pruned(1)
  const { head, close } = ledger.keep()
  for (let count = 0; count < 3 * HELD_BLOCKS; count++) await next(ledger)
  await isServed(t, ledger, head.header.height)
  await close()
  for (let count = 0; count < HELD_BLOCKS; count++) await next(ledger)
  t.ok(ledger.lowest() > head.header.height, 'and goes after it')
})
