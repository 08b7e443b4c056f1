// Overlays, with few changes and with many, against a plain map of everything.
import fc from 'fast-check'
import t from 'tap'
import { uint } from '../../vm/codec-scalar.ts'
import { createOverlay, defineTable, emptyState, type Write } from '../../vm/state.ts'

const nameOf = ({ app, key }: { readonly app: number; readonly key: string }) => `${app} ${key}`

/** Two applications use the same keys. */
const change = fc.record({
  app: fc.integer({ min: 2, max: 3 }),
  key: fc.integer({ min: 0, max: 15 }).map((number) => `value/${number}`),
  value: fc.option(fc.uint8Array({ maxLength: 2 }), { nil: undefined }),
})
const history = fc.array(change, { maxLength: 40 })

function modelOf(writes: readonly Write[]): ReadonlyMap<string, Write> {
  return new Map(writes.map((write) => [nameOf(write), write]))
}

t.test(
  'an overlay has the last change of each value, and what lies below of the rest',
  async (t) => {
    fc.assert(
      fc.property(history, history, (older, newer) => {
        const below = createOverlay(emptyState)
        below.take(older)
        const overlay = createOverlay(below)
        for (const { app, key, value } of newer) overlay.set({ app, key }, value)
        const changed = modelOf(newer)
        const all = modelOf([...older, ...newer])
        for (const at of [...older, ...newer, { app: 4, key: 'value/0' }])
          t.same(overlay.get(at), all.get(nameOf(at))?.value)
        t.same(modelOf(overlay.writes()), changed)
        t.equal(overlay.writes().length, changed.size, 'one change of each value')
        for (const app of [2, 3, 4])
          t.equal(
            overlay.hasChanged(app),
            newer.some((write) => write.app === app),
          )
        t.same(modelOf(below.writes()), modelOf(older), 'below nothing has changed')
      }),
    )
  },
)

t.test('what an overlay has handed out does not change with it', async (t) => {
  const overlay = createOverlay(emptyState)
  const at = { app: 2, key: 'value' }
  overlay.set(at, new Uint8Array([1]))
  const writes = overlay.writes()
  overlay.set(at, undefined)
  t.strictSame(writes, [{ ...at, value: new Uint8Array([1]) }])
})

t.test('a key follows from its parts alone, whatever was asked for before', async (t) => {
  const table = defineTable(2, 'bal', uint())
  const part = fc.oneof(fc.constantFrom('a', 'b', '1'), fc.constantFrom(1, 2))
  const parts = fc.array(part, { maxLength: 2 })
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 20 }), (asked) => {
      for (const one of asked) t.same(table.key(...one), { app: 2, key: ['bal', ...one].join('/') })
    }),
  )
})
