// The line of waiting values: as a Map that nothing is put into twice, in order of arrival, whatever leaves from where.
import fc from 'fast-check'
import t from 'tap'
import { createLine } from '../../node/line.ts'
import { toHex } from '../../vm/bytes.ts'
import { hash } from '../../vm/hash.ts'
import type { Digest } from '../../vm/types.ts'

/** Many share their first digits, as somebody who searches for ids could have it. */
const ids = Array.from({ length: 12 }, (_, place): Digest => {
  const bytes = hash('line-test', new Uint8Array([place]))
  if (place % 2 === 0) bytes.fill(7, 0, 16)
  return toHex(bytes)
})

type Act = { readonly kind: 'add' | 'remove' | 'replace' | 'get'; readonly place: number }

const acts = fc.array(
  fc.record<Act>({
    kind: fc.constantFrom('add', 'remove', 'replace', 'get'),
    place: fc.nat({ max: ids.length - 1 }),
  }),
  { maxLength: 120, size: 'max' },
)

t.test('a line is a Map in order of arrival', async (t) => {
  fc.assert(
    fc.property(acts, (all) => {
      const line = createLine<number>()
      const model = new Map<Digest, number>()
      for (const [step, { kind, place }] of all.entries()) {
        const id = ids[place] ?? '0x'
        if (kind === 'add' && !model.has(id)) {
          line.add(id, step)
          model.set(id, step)
        }
        if (kind === 'remove') {
          const expected = model.get(id)
          model.delete(id)
          if (line.remove(id) !== expected) return false
        }
        if (kind === 'replace') {
          line.replace(id, step)
          if (model.has(id)) model.set(id, step)
        }
        if (line.get(id) !== model.get(id) || line.size() !== model.size) return false
      }
      return JSON.stringify([...line.values()]) === JSON.stringify([...model.values()])
    }),
    { numRuns: 300 },
  )
  t.pass('in every history')
})
