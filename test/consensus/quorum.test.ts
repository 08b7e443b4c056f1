// Quorum arithmetic for every set size that is allowed, under both engines.
import t from 'tap'
import { VALIDATORS_MAX } from '../../vm/limits.ts'
import { faults, honest, quorum } from '../../vm/quorum.ts'

const sizes = Array.from({ length: VALIDATORS_MAX }, (_, index) => index + 1)
const engines = ['pbft', 'poa'] as const

t.test('pbft: two quorums share a correct validator, and no smaller number would do', async (t) => {
  for (const n of sizes) {
    const overlap = 2 * quorum(n, 'pbft') - n
    t.ok(overlap > faults(n, 'pbft'), `${n}: ${overlap} in common`)
    t.ok(2 * (quorum(n, 'pbft') - 1) - n <= faults(n, 'pbft'), `${n}: one fewer can split`)
  }
})

t.test('poa: two majorities share a validator, and no smaller number would do', async (t) => {
  for (const n of sizes) {
    t.ok(2 * quorum(n, 'poa') - n >= 1, `${n}`)
    t.ok(2 * (quorum(n, 'poa') - 1) - n <= 0, `${n}: one fewer can split`)
  }
  t.strictSame(
    [1, 2, 3, 4, 5, 40].map((n) => [faults(n, 'poa'), quorum(n, 'poa'), honest(n, 'poa')]),
    [
      [0, 1, 1],
      [0, 2, 1],
      [1, 2, 1],
      [1, 3, 1],
      [2, 3, 1],
      [19, 21, 1],
    ],
  )
})

t.test('the correct validators alone are a quorum', async (t) => {
  for (const engine of engines) {
    for (const n of sizes) t.ok(n - faults(n, engine) >= quorum(n, engine), `${engine} ${n}`)
  }
})

t.test('pbft: f is the most that n bears, and f + 1 always contain a correct one', async (t) => {
  for (const n of sizes) {
    const f = faults(n, 'pbft')
    t.ok(n >= 3 * f + 1 && n < 3 * (f + 1) + 1, `${n}`)
    t.equal(honest(n, 'pbft'), f + 1)
  }
})

t.test('pbft: 2f + 1 is the quorum only if n = 3f + 1', async (t) => {
  for (const n of sizes) {
    t.equal(
      quorum(n, 'pbft') === 2 * faults(n, 'pbft') + 1,
      n === 3 * faults(n, 'pbft') + 1,
      `${n}`,
    )
  }
  t.strictSame(
    [1, 2, 3, 4, 5, 6, 7, 8, 10, 40].map((n) => quorum(n, 'pbft')),
    [1, 2, 2, 3, 4, 4, 5, 6, 7, 27],
  )
})

t.test(
  'without the name of an engine nothing is counted, rather than by the weaker rule',
  async (t) => {
    const none = undefined as unknown as 'pbft'
    for (const count of [faults, quorum, honest]) t.throws(() => count(4, none))
  },
)
