// The audit accepts what the ledger wrote, and finds every change of it at the right height.
import t from 'tap'
import { audit } from '../../../node/audit/audit.ts'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import { seal, unseal } from '../../../node/ledger/records.ts'
import {
  certificateKey,
  envelopesKey,
  headerKey,
  headKey,
  stateKey,
} from '../../../node/store/keys.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import type { Store, StorePut } from '../../../node/store/port.ts'
import { act, clear, elect, idOf, putOf, toyGenesis, toyList } from '../../support/toy-chain.ts'
import { grow, openToy } from '../../support/toy-ledger.ts'

const HEIGHTS = 25

/** The same number for the same seed. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** A chain with values of all ages; the height at which each cell was last written. */
async function createChain(store: Store): Promise<ReadonlyMap<string, number>> {
  const ledger = await openToy(store)
  const random = createRandom(7)
  const written = new Map<string, number>()
  for (let height = 1; height <= HEIGHTS; height++) {
    const transactions = []
    for (let i = 0; i < 6; i++) {
      const name = `n${random(60)}`
      const isNew = ![...written].some(([key, at]) => key === name && at === height)
      if (!isNew) continue
      written.set(name, height)
      transactions.push(act(putOf(name, [height, i], [idOf('r', random(4))])))
    }
    if (height === 9) transactions.push(act({ type: elect, payload: { count: 5 } }))
    if (height === 20) transactions.push(act({ type: clear, payload: { name: 'n1' } }))
    if (height === 20) written.delete('n1')
    transactions.push(act(putOf('late')))
    await grow(ledger, transactions)
  }
  return written
}

const check = (store: Store) =>
  audit({ store, genesis: toyGenesis(), list: toyList, verifySignature })

const all = (store: Store) => store.range({ from: '', below: '\x7f', limit: 1e6 })

/** A store over the same entries, so that each change starts from the intact one. */
async function copyOf(entries: readonly StorePut[]): Promise<Store> {
  const copy = createMemoryStore()
  await copy.write({ put: entries, remove: [] })
  return copy
}

const original = createMemoryStore()
const written = await createChain(original)
const entries = await all(original)
const valueAt = (key: string) => {
  const value = original.get(key)
  if (value === undefined) throw new Error(`no ${key}`)
  return value
}
const flip = (bytes: Uint8Array, at: number) =>
  Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 0x10 : byte))

await t.test('an intact store passes, with its height and state root', async (t) => {
  const ledger = await openToy(original)
  const seen: number[] = []
  const result = await audit({
    store: original,
    genesis: toyGenesis(),
    list: toyList,
    verifySignature,
    progress: ({ height }) => seen.push(height),
  })
  t.same(result, {
    ok: true,
    height: HEIGHTS,
    lowest: 1,
    stateRoot: ledger.head().header.stateRoot,
    accused: [],
  })
  t.equal(seen.length, HEIGHTS)
})

await t.test(
  'a hundred random changes of block and state values are found at their height',
  async (t) => {
    const random = createRandom(11)
    const blockKeys = entries.map(({ key }) => key).filter((key) => /^[bctdre]\//.test(key))
    const cellKeys = [...written.keys()].map((name) => stateKey({ app: 200, key: `cell/${name}` }))
    for (let i = 0; i < 100; i++) {
      const isState = i % 2 === 0
      const keys = isState ? cellKeys : blockKeys
      const key = keys[random(keys.length)] as string
      const height = isState
        ? written.get(key.slice(key.lastIndexOf('/') + 1))
        : Number.parseInt(key.slice(2), 16)
      const store = await copyOf(entries)
      const value = valueAt(key)
      await store.write({ put: [{ key, value: flip(value, random(value.length)) }], remove: [] })
      const result = await check(store)
      t.match(result, { ok: false, firstBadHeight: height }, `${key} at ${height}`)
    }
  },
)

await t.test(
  'a record that is missing or changed under its key is found, whatever its kind',
  async (t) => {
    const kinds = new Set(entries.map(({ key }) => key.slice(0, 2)))
    t.same([...kinds].sort(), ['b/', 'c/', 'd/', 'e/', 'he', 'i/', 'n/', 'r/', 's/', 't/', 'v/'])
    for (const kind of kinds) {
      const own = entries.filter(({ key }) => key.startsWith(kind))
      for (const { key, value } of [own[0], own.at(-1)] as StorePut[]) {
        const missing = await copyOf(entries)
        await missing.write({ put: [], remove: [key] })
        t.match(await check(missing), { ok: false }, `${key} missing`)
        const changed = await copyOf(entries)
        await changed.write({ put: [{ key, value: flip(value, value.length - 1) }], remove: [] })
        t.match(await check(changed), { ok: false }, `${key} changed`)
        const more = await copyOf(entries)
        await more.write({ put: [{ key: `${key}0`, value }], remove: [] })
        t.match(await check(more), { ok: false }, `${key}0 too much`)
      }
    }
  },
)

await t.test('changes with a right checksum are found by what the header commits to', async (t) => {
  const withContent = async (key: string, change: (content: Uint8Array) => Uint8Array) => {
    const store = await copyOf(entries)
    await store.write({
      put: [{ key, value: seal(key, change(unseal(key, valueAt(key)))) }],
      remove: [],
    })
    return check(store)
  }
  const last = (content: Uint8Array) => flip(content, content.length - 1)
  const random = createRandom(13)
  // A mark of events has no content.
  for (const kind of ['b', 'c', 'd', 'e', 'head', 'i', 'r', 's', 't', 'v']) {
    const own = entries.filter(({ key, value }) => key.startsWith(kind) && value.length > 4)
    for (let i = 0; i < (kind === 's' ? 20 : 4); i++) {
      const { key } = own[random(own.length)] as StorePut
      t.match(await withContent(key, last), { ok: false }, key)
    }
  }
  t.match(await withContent(envelopesKey(3), last), { firstBadHeight: 3, what: /not signed|form/ })
  t.match(await withContent(certificateKey(4), last), { firstBadHeight: 4, what: /certificate/ })
  const bytesOf = (height: number) => unseal(headerKey(height), valueAt(headerKey(height)))
  t.match(await withContent(headerKey(5), () => bytesOf(6)), { firstBadHeight: 5, what: /height/ })
})

await t.test('a state that was swapped as a whole does not fit the head', async (t) => {
  const store = await copyOf(entries)
  const older = createMemoryStore()
  const ledger = await openToy(older)
  await grow(ledger, [act(putOf('n1'))])
  await store.write({
    put: [{ key: headKey, value: older.get(headKey) as Uint8Array }],
    remove: [],
  })
  t.match(await check(store), { ok: false, firstBadHeight: HEIGHTS, what: /head/ })
})

await t.test('the data of another genesis is bad from block 0 on', async (t) => {
  const genesis = { ...toyGenesis(), timeMs: 5 }
  const result = await audit({ store: original, genesis, list: toyList, verifySignature })
  t.match(result, { ok: false, firstBadHeight: 0 })
})
