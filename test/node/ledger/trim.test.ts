// Old blocks go when they need not be kept; what proves the state, and what keeps a transaction from coming again, stays.
import t from 'tap'
import { audit } from '../../../node/audit/audit.ts'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import { openLedger } from '../../../node/ledger/open.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { act, genesisTimeMs, idOf, putOf, toyGenesis, toyList } from '../../support/toy-chain.ts'
import { grow } from '../../support/toy-ledger.ts'

/** Blocks are a second apart. */
const WINDOW_BLOCKS = 10
const KEPT = 40
const BLOCKS = 120
const genesis = toyGenesis({ windowMs: WINDOW_BLOCKS * 1_000 })

async function pruned(keepBlocks: number) {
  const store = createMemoryStore()
  const ledger = await openLedger({ store, genesis, list: toyList, keepBlocks })
  for (let height = 1; height <= BLOCKS; height++) {
    const validUntil = genesisTimeMs + (height + 5) * 1_000
    await grow(ledger, [act({ ...putOf(`n${height % 9}`, [height], [idOf('r')]), validUntil })])
    await ledger.trim()
  }
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

t.test('no block of the validity window goes', async (t) => {
  const { ledger } = await pruned(1)
  t.ok(ledger.lowest() <= BLOCKS - WINDOW_BLOCKS, `from ${ledger.lowest()} on`)
  t.ok(ledger.lowest() > BLOCKS - WINDOW_BLOCKS - 20)
  const [id = '0x'] = ledger.ids(BLOCKS - WINDOW_BLOCKS + 1) ?? []
  t.ok(ledger.contains(id))
})
