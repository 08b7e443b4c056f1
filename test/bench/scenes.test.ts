// What comes after an overload: how soon latency is as usual.
import t from 'tap'
import { recovery } from '../../bench/scenes.ts'

t.test('recovered is the first second whose median is at most twice the usual', async (t) => {
  const at = (second: number, ms: number) => [second * 1_000 + 500, ms] as const
  const slow = [at(0, 900), at(0, 950), at(1, 500), at(1, 90), at(1, 510)]
  t.equal(recovery([...slow, at(2, 210), at(3, 200), at(3, 1_000), at(3, 100)], 100), 3)
  t.equal(recovery(slow, 100), null)
  t.equal(recovery([], 100), null)
})
