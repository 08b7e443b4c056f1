// The search for the knee, on networks that hold up to a known rate.
import t from 'tap'
import { isHeld, kneeOf, nextRate, type Tried } from '../../bench/sweep.ts'

/** A network that delivers all up to `most`, and half of it beyond. */
function sweep(most: number, { first = 1_000, runs = 8 } = {}): readonly Tried[] {
  const tried: Tried[] = []
  while (tried.length < runs) {
    const rate = nextRate(tried, first)
    if (rate === undefined) break
    const deliveredPerSecond = rate <= most ? rate : most / 2
    tried.push({ offeredPerSecond: rate, deliveredPerSecond, counts: true })
  }
  return tried
}

t.test('a run holds with 95 % of what was offered, if every validator did its part', async (t) => {
  const run = { offeredPerSecond: 1_000, deliveredPerSecond: 950, counts: true }
  t.equal(isHeld(run), true)
  t.equal(isHeld({ ...run, deliveredPerSecond: 949 }), false)
  t.equal(isHeld({ ...run, counts: false }), false)
})

t.test('the knee is the highest delivered rate of a run that held', async (t) => {
  const at = (offeredPerSecond: number, deliveredPerSecond: number, counts = true) => ({
    offeredPerSecond,
    deliveredPerSecond,
    counts,
  })
  t.equal(
    kneeOf([at(1_000, 999), at(2_000, 1_950), at(3_000, 2_800), at(4_000, 3_990, false)]),
    1_950,
  )
  t.equal(kneeOf([at(1_000, 900)]), null)
  t.equal(kneeOf([]), null)
})

t.test('eight runs find the knee within a tenth, wherever it lies', async (t) => {
  for (const most of [130, 400, 990, 1_700, 2_600, 4_800, 7_300]) {
    const tried = sweep(most)
    const knee = kneeOf(tried) ?? 0
    t.ok(knee <= most && knee > 0.9 * most, `${most}: ${knee} after ${tried.length} runs`)
  }
})

t.test('a sweep ends by itself, and never offers a rate twice', async (t) => {
  for (const most of [0, 130, 1_000, 1_010, 2_345]) {
    const rates = sweep(most, { runs: 100 }).map(({ offeredPerSecond }) => offeredPerSecond)
    t.ok(rates.length < 30, `${most}: ${rates.join(' ')}`)
    t.equal(new Set(rates).size, rates.length)
  }
})

t.test('a rate that failed below one that held is the accident', async (t) => {
  const tried = [
    { offeredPerSecond: 1_000, deliveredPerSecond: 500, counts: true },
    { offeredPerSecond: 2_000, deliveredPerSecond: 2_000, counts: true },
  ]
  t.equal(nextRate(tried, 1_000), 3_000)
})
