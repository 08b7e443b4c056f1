// The store on disk is a store, keeps what was written, and says clearly why it cannot be opened.
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { afterPrefix } from '../../../node/store/keys.ts'
import { openLevelStore } from '../../../node/store/level.ts'
import { checkStore } from './suite.ts'

let folders = 0
const folder = () => join(t.testdir(), `store-${folders++}`)

await t.test('suite', async (t) => checkStore(t, () => openLevelStore(folder())))

await t.test('what was written is there after closing and opening', async (t) => {
  const at = folder()
  const store = await openLevelStore(at)
  await store.write({ put: [{ key: 'a', value: new Uint8Array([7]) }], remove: [] })
  await store.close()
  const again = await openLevelStore(at)
  t.same([...(again.get('a') ?? [])], [7])
  await again.close()
})

await t.test('a second opener is told that the folder is taken', async (t) => {
  const at = folder()
  const store = await openLevelStore(at)
  await t.rejects(openLevelStore(at), { code: 'HOME_LOCKED', message: /another process/ })
  await store.write({ put: [{ key: 'a', value: new Uint8Array([7]) }], remove: [] })
  await store.close()
})

await t.test(
  'a folder without CURRENT or with a broken manifest is damaged, not new',
  async (t) => {
    for (const harm of ['CURRENT', 'MANIFEST'] as const) {
      const at = folder()
      const store = await openLevelStore(at)
      await store.write({ put: [{ key: 'a', value: new Uint8Array([7]) }], remove: [] })
      await store.close()
      const name = readdirSync(at).find((file) => file.startsWith(harm)) ?? 'absent'
      if (harm === 'CURRENT') rmSync(join(at, name))
      else truncateSync(join(at, name), 3)
      await t.rejects(openLevelStore(at), { code: 'STORE_DAMAGED' }, harm)
    }
  },
)

await t.test('the unfinished end of a log is what a crash leaves, not damage', async (t) => {
  const at = folder()
  const store = await openLevelStore(at)
  const value = new Uint8Array(50_000).fill(3)
  await store.write({ put: [{ key: 'a', value }], remove: [] })
  await store.write({ put: [{ key: 'b', value }], remove: [] })
  await store.close()
  const log = readdirSync(at).find((file) => file.endsWith('.log')) ?? 'absent'
  const size = statSync(join(at, log)).size
  truncateSync(join(at, log), size - 20_000)
  const again = await openLevelStore(at)
  t.same([again.get('a')?.length, again.get('b')], [50_000, undefined], 'all or nothing')
  await again.close()
})

await t.test('a synced write that LevelDB would drop silently is refused instead', async (t) => {
  const at = folder()
  const store = await openLevelStore(at)
  for (const key of ['a', 'b', 'c'])
    await store.write({ put: [{ key, value: new Uint8Array(100) }], remove: [] })
  await store.close()
  const log = join(at, readdirSync(at).find((file) => file.endsWith('.log')) ?? 'absent')
  const bytes = readFileSync(log)
  for (const place of [4, 5, 6, 60, bytes.length - 1, bytes.length - 118]) {
    writeFileSync(
      log,
      Uint8Array.from(bytes, (byte, i) => (i === place ? byte ^ 1 : byte)),
    )
    await t.rejects(openLevelStore(at), { code: 'STORE_DAMAGED', message: /log fails/ }, `${place}`)
  }
  writeFileSync(log, bytes)
  const again = await openLevelStore(at)
  t.equal(again.get('c')?.length, 100)
  await again.close()
})

await t.test('values are stored as they are, so that a scan of the files sees them', async (t) => {
  const at = folder()
  const store = await openLevelStore(at)
  const value = new TextEncoder().encode('same words '.repeat(1000))
  await store.write({ put: [{ key: 'a', value }], remove: [] })
  await store.close()
  await (await openLevelStore(at)).close()
  const all = Buffer.concat(readdirSync(at).map((file) => readFileSync(join(at, file))))
  t.ok(all.includes('same words '.repeat(900)))
})

t.equal(afterPrefix('s/01/bal/'), 's/01/bal0')
