// Quorum arithmetic for every set size that is allowed.
import t from 'tap'
import { faults, honest, quorum } from '../../consensus/quorum.ts'
import { VALIDATORS_MAX } from '../../vm/limits.ts'

const sizes = Array.from({ length: VALIDATORS_MAX }, (_, index) => index + 1)

t.test('two quorums share a correct validator, and no smaller number would do', async (t) => {
  for (const n of sizes) {
    const overlap = 2 * quorum(n) - n
    t.ok(overlap > faults(n), `${n}: ${overlap} in common`)
    t.ok(2 * (quorum(n) - 1) - n <= faults(n), `${n}: one fewer can split`)
  }
})

t.test('the correct validators alone are a quorum', async (t) => {
  for (const n of sizes) t.ok(n - faults(n) >= quorum(n), `${n}`)
})

t.test('f is the most that n bears, and f + 1 always contain a correct one', async (t) => {
  for (const n of sizes) {
    t.ok(n >= 3 * faults(n) + 1 && n < 3 * (faults(n) + 1) + 1, `${n}`)
    t.equal(honest(n), faults(n) + 1)
  }
})

t.test('2f + 1 is the quorum only if n = 3f + 1', async (t) => {
  for (const n of sizes) {
    t.equal(quorum(n) === 2 * faults(n) + 1, n === 3 * faults(n) + 1, `${n}`)
  }
  t.strictSame([1, 2, 3, 4, 5, 6, 7, 8, 10, 40].map(quorum), [1, 2, 2, 3, 4, 4, 5, 6, 7, 27])
})
