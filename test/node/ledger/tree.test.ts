// The trees of a ledger: the same roots and proofs after any history, whatever was tried and dropped on the way, and after a new start.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { openLedger } from '../../../node/ledger/open.ts'
import { headRecordCodec, seal, sealed } from '../../../node/ledger/records.ts'
import { createTrees, type TreeChange } from '../../../node/ledger/tree.ts'
import { loadTrees } from '../../../node/ledger/tree-load.ts'
import { contentOf, heightOf, sealValue, wholeValue } from '../../../node/ledger/values.ts'
import { headKey, stateKey } from '../../../node/store/keys.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { toHex } from '../../../vm/bytes.ts'
import type { Write } from '../../../vm/state.ts'
import { pathOf } from '../../../vm/state-tree-hash.ts'
import { createPool, NOTHING } from '../../../vm/state-tree-pool.ts'
import { rootOfProof } from '../../../vm/state-tree-proof.ts'
import { act, putOf, toyGenesis, toyList } from '../../support/toy-chain.ts'
import { grow, openToy } from '../../support/toy-ledger.ts'

const tags = [2, 3, 200]

const write = fc.record({
  app: fc.constantFrom(...tags),
  key: fc.nat(40).map((n) => `k/${n}`),
  value: fc.option(
    fc.nat(3).map((n) => new Uint8Array([n])),
    { nil: undefined },
  ),
})
const writes = fc.uniqueArray(write, {
  selector: ({ app, key }) => `${app}/${key}`,
  maxLength: 30,
})
/** Candidates for one height: the one that is decided, and how many are tried before and after it. */
const step = fc.record({
  others: fc.array(writes, { maxLength: 3 }),
  more: fc.nat(10),
  decided: writes,
})

const nameOf = ({ app, key }: { readonly app: number; readonly key: string }) =>
  stateKey({ app, key })

t.test('any history leads to the trees of its values, in memory and from the store', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
      const pool = createPool()
      const trees = createTrees(tags, { pool, heads: new Map(tags.map((tag) => [tag, NOTHING])) })
      const store = createMemoryStore()
      const model = new Map<string, Write>()
      let height = 0
      for (const { others, more, decided } of steps) {
        height += 1
        for (const other of others) trees.update(other)
        const change: TreeChange = trees.update(decided)
        // So many that the nodes of the decided one may have been given back.
        for (let i = 0; i < more; i++) trees.update(decided.slice(i))
        trees.keep(change)
        const put = decided.flatMap(({ value, ...at }) =>
          value === undefined
            ? []
            : [{ key: nameOf(at), value: sealValue(nameOf(at), value, height) }],
        )
        const remove = decided.filter(({ value }) => value === undefined).map(nameOf)
        await store.write({ put, remove })
        for (const one of decided) {
          if (one.value === undefined) model.delete(nameOf(one))
          else model.set(nameOf(one), one)
        }
        const once = createTrees(tags).update([...model.values()])
        assert.deepEqual(trees.roots(), once.roots, 'the roots of the values')
        assert.deepEqual((await loadTrees(store, tags)).roots(), once.roots, 'after a new start')
      }
      const fresh = createPool()
      const planted = createTrees(tags, {
        ...{ pool: fresh, heads: new Map(tags.map((tag) => [tag, NOTHING])) },
      })
      planted.keep(planted.update([...model.values()]))
      assert.equal(pool.live(), fresh.live(), 'nothing that was dropped is kept')
      for (let n = 0; n <= 40; n++) {
        const at = { app: 3, key: `k/${n}` }
        const value = model.get(nameOf(at))?.value
        const { tree } = trees.prove(at, value)
        const root = rootOfProof(tree, pathOf(at.key), value)
        assert.deepEqual(root, trees.roots().get(3), 'a proof of what is there or not')
      }
    }),
    { numRuns: 60 },
  )
})

t.test('a value is stored with its height, and a flipped bit of that is undone', async (t) => {
  const record = sealValue('s/03/k', new Uint8Array([1, 2, 3]), 2 ** 40 + 5)
  t.equal(heightOf(record), 2 ** 40 + 5)
  t.same(contentOf(record), new Uint8Array([1, 2, 3]))
  for (let bit = 0; bit < 80; bit++) {
    const flipped = Uint8Array.from(record, (byte, at) =>
      at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte,
    )
    t.same(wholeValue('s/03/k', flipped), record, `bit ${bit}`)
  }
  t.equal(wholeValue('s/03/other', record), undefined)
})

t.test('values that the state root does not commit to are not started with', async (t) => {
  const store = createMemoryStore()
  const ledger = await openToy(store)
  await grow(ledger, [act(putOf('n1', [1])), act(putOf('n2', [2]))])
  const { stateRoot } = ledger.head().header
  t.equal((await openToy(store)).head().header.stateRoot, stateRoot)
  const [entry] = await store.range({ from: 's/', below: 's0', limit: 1 })
  const { key = '', value = new Uint8Array() } = entry ?? {}
  const other = sealValue(key, new Uint8Array([9]), heightOf(value))
  await store.write({ put: [{ key, value: other }], remove: [] })
  await t.rejects(openToy(store), { code: 'STORE_DAMAGED', message: /state values/ })
  await store.write({ put: [], remove: [key] })
  await t.rejects(openToy(store), { code: 'STORE_DAMAGED', message: /state values/ })
  await store.write({ put: [{ key, value }], remove: [] })
  await openToy(store)
})

t.test('a folder of a later format is refused by name', async (t) => {
  const store = createMemoryStore()
  await openToy(store)
  const head = { format: 3, height: 0, id: `0x${'00'.repeat(32)}`, trees: [] } as const
  const { value } = sealed(headKey, headRecordCodec, head)
  const other = Uint8Array.from(value.subarray(4))
  other[1] = 4
  await store.write({ put: [{ key: headKey, value: seal(headKey, other) }], remove: [] })
  const opening = openLedger({ store, genesis: toyGenesis(), list: toyList })
  await t.rejects(opening, { code: 'STORE_FORMAT', message: /format 4, this software reads 3/ })
  t.equal(toHex(value.subarray(4, 6)), '0x8403', 'where the format is looked for')
})
