// A store of format 1 is converted at its first start, whenever that is interrupted, and what was damaged in it stays found; one of
// format 2 is used as it is.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { audit } from '../../../node/audit/audit.ts'
import { formatOf, unseal } from '../../../node/ledger/records.ts'
import { headKey } from '../../../node/store/keys.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import type { Store } from '../../../node/store/port.ts'
import { act, idOf, putOf, toyGenesis, toyList } from '../../support/toy-chain.ts'
import { grow, openToy } from '../../support/toy-ledger.ts'

function entriesOf(format: 1 | 2): Record<string, string> {
  const file = new URL(`../../vectors/store-format-${format}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).entries
}

const entries = entriesOf(1)
/** As the header of the second block has it. */
const STATE_ROOT = '0x61c0c4d2ca6d16eee9c7be10b616369200e2cafad5c727c21ce8e239a6f2fa53'

async function oldStore(
  change: Record<string, string> = {},
  base: Record<string, string> = entries,
): Promise<Store> {
  const store = createMemoryStore()
  const put = Object.entries({ ...base, ...change }).map(([key, hex]) => ({
    key,
    value: Uint8Array.from(Buffer.from(hex, 'hex')),
  }))
  await store.write({ put, remove: [] })
  return store
}

async function kindsIn(store: Store): Promise<string> {
  const all = await store.range({ from: '', below: '\x7f', limit: 10_000 })
  return [...new Set(all.map(({ key }) => key.split('/')[0]))].join(' ')
}

/** Fails at its write number `count`. */
function failing(store: Store, count: number): Store {
  let left = count
  return {
    ...store,
    write: async (change) => {
      left -= 1
      if (left === 0) throw new Error('the power is gone')
      await store.write(change)
    },
  }
}

const verifySignature = () => true

t.test('the chain goes on where it was, and an audit finds nothing', async (t) => {
  const store = await oldStore()
  const ledger = await openToy(store)
  t.equal(ledger.head().header.height, 2)
  t.equal(ledger.head().header.stateRoot, STATE_ROOT)
  t.equal(await kindsIn(store), 'S b base c d e head i r t v')
  await grow(ledger, [act(putOf('n4', [4]))])
  const again = await openToy(store)
  t.equal(again.head().header.height, 3)
  const result = await audit({ store, genesis: toyGenesis(), list: toyList, verifySignature })
  t.match(result, { ok: true, height: 3 })
})

t.test('a crash on the way: the next start does it again', async (t) => {
  let crashes = 0
  for (let count = 1; ; count++) {
    const store = await oldStore()
    const isDone = await openToy(failing(store, count)).then(
      () => true,
      () => false,
    )
    const ledger = await openToy(store)
    t.equal(ledger.head().header.stateRoot, STATE_ROOT, `write ${count}`)
    t.equal(await kindsIn(store), 'S b base c d e head i r t v')
    if (isDone) break
    crashes += 1
  }
  t.ok(crashes >= 6, `${crashes} crashes`)
})

t.test('a store of format 2 is read as it is, and what is added stands beside it', async (t) => {
  const store = await oldStore({}, entriesOf(2))
  const ledger = await openToy(store)
  t.equal(ledger.head().header.height, 3)
  const heightsOf = async (recipient: `0x${string}`) =>
    (await ledger.events({ recipient, limit: 10 })).map(({ height, event }) => [
      height,
      event.index,
    ])
  t.same(await heightsOf(idOf('r', 1)), [
    [1, 0],
    [1, 2],
  ])
  t.same(await heightsOf(idOf('r', 2)), [
    [1, 1],
    [2, 0],
  ])
  await grow(ledger, [act(putOf('e', [5], [idOf('r', 2)]))])
  t.same((await heightsOf(idOf('r', 2))).at(-1), [4, 0])
  t.equal(formatOf(unseal(headKey, store.get(headKey) ?? new Uint8Array())), 3)
  const result = await audit({ store, genesis: toyGenesis(), list: toyList, verifySignature })
  t.match(result, { ok: true, height: 4 })
})

t.test('a damaged value is found when it is converted', async (t) => {
  const [key = ''] = Object.keys(entries).filter((name) => name.startsWith('s/') && entries[name])
  const hex = entries[key] ?? ''
  const store = await oldStore({ [key]: `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}` })
  await t.rejects(openToy(store), { code: 'STORE_DAMAGED', message: /state values/ })
})
