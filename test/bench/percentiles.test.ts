// Percentiles by nearest rank.
import t from 'tap'
import { percentile, percentilesOf } from '../../node/load/percentiles.ts'

t.test('a percentile is a value that was measured', async (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
  t.equal(percentile(hundred, 0.5), 50)
  t.equal(percentile(hundred, 0.95), 95)
  t.equal(percentile(hundred, 0.99), 99)
  t.equal(percentile(hundred, 1), 100)
  t.equal(percentile([7], 0.01), 7)
})

t.test('values may come in any order, and none give null', async (t) => {
  t.strictSame(percentilesOf([30, 10, 20]), { p50: 20, p95: 30, p99: 30 })
  t.strictSame(percentilesOf([]), { p50: null, p95: null, p99: null })
})
