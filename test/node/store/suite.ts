// What every store must do; each adapter's test runs all of it.
import type { Test } from 'tap'
import type { Store } from '../../../node/store/port.ts'

const bytes = (...values: readonly number[]) => new Uint8Array(values)
const plain = (entries: readonly { readonly key: string; readonly value: Uint8Array }[]) =>
  entries.map(({ key, value }) => [key, [...value]])

/** `open` gives a store without entries. */
export async function checkStore(t: Test, open: () => Promise<Store>): Promise<void> {
  await t.test('a value comes back as it was put, and is gone when removed', async (t) => {
    const store = await open()
    await store.write({ put: [{ key: 'a', value: bytes(1, 2) }], remove: [] })
    t.same([...(store.get('a') ?? [])], [1, 2])
    t.equal(store.get('b'), undefined)
    await store.write({ put: [{ key: 'a', value: bytes() }], remove: [] })
    t.same([...(store.get('a') ?? [9])], [], 'an empty value is a value')
    await store.write({ put: [], remove: ['a', 'never-there'] })
    t.equal(store.get('a'), undefined)
    await store.close()
  })
  await t.test('a put wins over a removal of the same write', async (t) => {
    const store = await open()
    await store.write({ put: [{ key: 'a', value: bytes(1) }], remove: [] })
    await store.write({ put: [{ key: 'a', value: bytes(2) }], remove: ['a'] })
    t.same([...(store.get('a') ?? [])], [2])
    await store.close()
  })
  await t.test('later changes of the bytes that were put do not reach the store', async (t) => {
    const store = await open()
    const value = bytes(1)
    await store.write({ put: [{ key: 'a', value }], remove: [] })
    value[0] = 9
    t.same([...(store.get('a') ?? [])], [1])
    await store.close()
  })
  await t.test('ranges are sorted, bounded and can run backwards', async (t) => {
    const store = await open()
    const keys = ['b/2', 'a', 'b/10', 'b/1', 'c', 'b/']
    const put = keys.map((key, i) => ({ key, value: bytes(i) }))
    await store.write({ put, remove: [] })
    const span = { from: 'b/', below: 'b0', limit: 10 }
    t.same(plain(await store.range(span)), [
      ['b/', [5]],
      ['b/1', [3]],
      ['b/10', [2]],
      ['b/2', [0]],
    ])
    t.same(plain(await store.range({ ...span, from: 'b/1', limit: 2 })), [
      ['b/1', [3]],
      ['b/10', [2]],
    ])
    t.same(plain(await store.range({ ...span, reverse: true, limit: 1 })), [['b/2', [0]]])
    t.same(await store.range({ from: 'd', below: 'e', limit: 1 }), [])
    await store.close()
  })
}
