// The cache keeps what is used, forgets what is not, and never holds more than it may.
import t from 'tap'
import { createCache } from '../../../node/ledger/cache.ts'

t.test('what is used again and again stays while others come and go', async (t) => {
  const cache = createCache<number>(10)
  cache.set('hot', 1)
  for (let i = 0; i < 100; i++) {
    cache.set(`cold-${i}`, i)
    t.equal(cache.get('hot'), 1)
  }
  t.equal(cache.get('cold-0'), undefined)
  t.equal(cache.get('cold-99'), 99)
  const held = Array.from({ length: 100 }, (_, i) => cache.get(`cold-${i}`)).filter(
    (v) => v !== undefined,
  )
  t.ok(held.length <= 10, `${held.length} are held`)
})

t.test('sizes count, also of what is replaced or removed', async (t) => {
  const cache = createCache<string>(100, (value) => value.length)
  cache.set('a', 'x'.repeat(40))
  for (let i = 0; i < 20; i++) cache.set('b', `${i}`)
  t.ok(cache.get('a'), 'a value that is replaced counts once')
  cache.remove('b')
  t.equal(cache.get('b'), undefined)
  cache.set('c', 'x'.repeat(60))
  cache.set('d', 'x'.repeat(60))
  t.equal(cache.get('a'), undefined, 'two generations later')
})
