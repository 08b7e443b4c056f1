// Checklist: a block is due when something waits, and with the heartbeat otherwise, so that a silent primary is noticed; what is
// held back is sent to all again.
import t from 'tap'
import type { Clock } from '../../../node/clock.ts'
import { createMempool, type Mempool, type Waiting } from '../../../node/mempool.ts'
import { createDuty, isPassedOver } from '../../../node/replica/duty.ts'
import { defaultParameters } from '../../../vm/rules.ts'
import { act, putOf } from '../../support/toy-chain.ts'

const PARENT_MS = 1_000_000
const { heartbeatMs, minIntervalMs } = defaultParameters

let names = 0
function waiting(plan: Partial<Waiting> = {}): Waiting {
  const verdicts = [{ ok: true }] as const
  const checked = act(putOf(`cell-${names++}`))
  return { ...checked, verdicts, arrivedMs: 0, arrivedAt: 0, own: true, ...plan }
}

/** A duty under a clock that only the test moves; `due` counts how often a block was due. */
function scene(startMs = PARENT_MS) {
  let nowMs = startMs
  let plans: { readonly atMs: number; readonly run: () => void }[] = []
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    after: (delayMs, run) => {
      const plan = { atMs: nowMs + delayMs, run }
      plans.push(plan)
      return () => {
        plans = plans.filter((other) => other !== plan)
      }
    },
    turn: async () => undefined,
  }
  const mempool: Mempool = createMempool()
  let due = 0
  const parent = { timeMs: PARENT_MS }
  const decided = { perSecond: 0 }
  const duty = createDuty({
    parameters: defaultParameters,
    mempool,
    parentTimeMs: () => parent.timeMs,
    clock,
    pace: { countIn: (durationMs) => (decided.perSecond * durationMs) / 1_000 },
    onDue: () => {
      due += 1
    },
  })
  const pass = (ms: number): number => {
    const before = due
    const end = nowMs + ms
    for (;;) {
      const [next] = plans.toSorted((left, right) => left.atMs - right.atMs)
      if (next === undefined || next.atMs > end) break
      plans = plans.filter((other) => other !== next)
      nowMs = next.atMs
      next.run()
    }
    nowMs = end
    return due - before
  }
  return { duty, mempool, parent, decided, pass, plans: () => plans.length }
}

t.test('a block that would be full does not wait for the minimum interval', async (t) => {
  const { duty, mempool, pass } = scene()
  duty.begin()
  const { acts, ...rest } = waiting()
  mempool.add({ ...rest, acts: { ...acts, cost: defaultParameters.blockBudget - 1 } })
  duty.rearm()
  t.equal(pass(minIntervalMs - 1), 0, 'one unit has room')
  mempool.add(waiting())
  duty.rearm()
  t.equal(pass(0), 1)
})

t.test(
  'a busy chain puts its blocks off, the more the busier, and no longer than so',
  async (t) => {
    const delayAt = (perSecond: number): number => {
      const { duty, mempool, decided, pass } = scene()
      decided.perSecond = perSecond
      mempool.add(waiting())
      duty.begin()
      decided.perSecond = 0
      for (let ms = 0; ; ms++) if (pass(ms === 0 ? 0 : 1) > 0) return ms
    }
    t.equal(delayAt(10), minIntervalMs, 'a quiet one keeps the minimum')
    t.equal(delayAt(200), 60)
    t.equal(delayAt(400), 120)
    t.equal(delayAt(10_000), 120)
    const { duty, mempool, decided, pass } = scene()
    decided.perSecond = 1_000
    const { acts, ...rest } = waiting()
    mempool.add({ ...rest, acts: { ...acts, cost: defaultParameters.blockBudget } })
    duty.begin()
    t.equal(pass(0), 1, 'a full block does not wait')
  },
)

t.test('a parent whose time lies ahead is not waited for', async (t) => {
  const { duty, mempool, parent, pass } = scene()
  parent.timeMs = PARENT_MS + 1_900
  mempool.add(waiting())
  duty.begin()
  t.equal(pass(minIntervalMs - 1), 0)
  t.equal(pass(1), 1, 'the minimum interval counts from its arrival')
})

t.test('an idle chain is due with the heartbeat, at every validator, and not before', async (t) => {
  const { duty, pass } = scene()
  duty.begin()
  t.equal(pass(heartbeatMs - 1), 0)
  t.equal(pass(1), 1)
  t.equal(pass(10 * heartbeatMs), 0, 'once for each height')
  duty.begin()
  t.equal(pass(0), 1, 'a new height counts from its parent, which is old here')
})

t.test(
  'a transaction that arrives wakes, whoever received it, after the minimum interval',
  async (t) => {
    const { duty, mempool, pass } = scene()
    duty.begin()
    pass(minIntervalMs - 10)
    mempool.add(waiting())
    duty.rearm()
    t.equal(pass(9), 0)
    t.equal(pass(1), 1)
    mempool.add(waiting())
    duty.rearm()
    t.equal(pass(minIntervalMs), 0, 'the height is due already')
  },
)

t.test('after a long silence it is due at once', async (t) => {
  const { duty, mempool, pass } = scene(PARENT_MS + 5_000)
  duty.begin()
  mempool.add(waiting())
  duty.rearm()
  t.equal(pass(0), 1)
})

t.test('what no block may hold yet does not wake', async (t) => {
  const { duty, mempool, pass } = scene()
  duty.begin()
  mempool.add(waiting({ verdicts: undefined }))
  duty.rearm()
  t.equal(pass(heartbeatMs - 1), 0)
  t.equal(pass(1), 1)
})

t.test(
  'a clock far behind the chain neither fires early nor asks for an endless timer',
  async (t) => {
    const { duty, pass, plans } = scene(PARENT_MS - 100_000_000)
    duty.begin()
    t.equal(plans(), 1)
    t.equal(pass(100_000_000 + heartbeatMs - 1), 0)
    t.equal(pass(1), 1)
  },
)

t.test('a duty that is stopped is never due', async (t) => {
  const { duty, pass } = scene()
  duty.begin()
  duty.stop()
  duty.rearm()
  t.equal(pass(10 * heartbeatMs), 0)
})

t.test(
  'what waits through n heights of blocks with room is passed over, each n heights',
  async (t) => {
    const mempool = createMempool()
    mempool.add(waiting({ arrivedAt: 10 }))
    const at = (height: number, isFull = false) =>
      isPassedOver(mempool, { height, isFull, validators: 4 })
    t.strictSame(
      [10, 11, 12, 13, 14, 15, 18, 22].map((height) => at(height)),
      [false, false, false, false, true, false, true, true],
    )
    t.notOk(at(14, true), 'a full block passes nobody over')
    t.notOk(isPassedOver(createMempool(), { height: 14, isFull: false, validators: 4 }))
  },
)
