// The pace of the chain: what is decided steadily is what is reported, and it fades when nothing is.
import t from 'tap'
import { createPace } from '../../node/pace.ts'

function scene() {
  const clock = { nowMs: 5_000 }
  const pace = createPace({ monotonicMs: () => clock.nowMs })
  const wait = (ms: number): void => {
    clock.nowMs += ms
  }
  return { ...pace, wait }
}

t.test('a chain that never decided has no pace', async (t) => {
  t.equal(scene().countIn(1_000), 0)
})

t.test('blocks of any size and distance come to the same pace', async (t) => {
  for (const [everyMs, units] of [
    [20, 40],
    [100, 200],
    [500, 1_000],
  ] as const) {
    const { note, countIn, wait } = scene()
    for (let passedMs = 0; passedMs < 20_000; passedMs += everyMs) {
      wait(everyMs)
      note(units)
    }
    const rate = countIn(1_000)
    t.ok(rate > 1_700 && rate < 2_300, `2,000 units a second: ${rate}`)
  }
})

t.test('without blocks it fades', async (t) => {
  const { note, countIn, wait } = scene()
  note(1_000)
  const before = countIn(1_000)
  wait(10_000)
  t.ok(countIn(1_000) < before / 100)
})
