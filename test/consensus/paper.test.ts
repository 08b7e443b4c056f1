// One test for each claim of Castro and Liskov, Practical Byzantine Fault Tolerance (OSDI 1999), that this engine keeps.
import t from 'tap'
import { primaryOf } from '../../consensus/types.ts'
import { verifyMessage } from '../../consensus/verify.ts'
import { quorum } from '../../vm/quorum.ts'
import {
  blocks,
  commit,
  configFor,
  contextFor,
  due,
  executed,
  justify,
  prePrepare,
  prepare,
  prepared,
  talk,
  timeout,
  viewChange,
} from './conversation.ts'

const n = 4
const a0 = prePrepare({ n, view: 0, name: 'A' })

t.test('4: the primary of a view is p = v mod |R|, counted from the height’s first', async (t) => {
  const config = { ...configFor(n, null), firstPrimary: 2 }
  t.strictSame(
    [0, 1, 2, 3, 4].map((view) => primaryOf(config, view)),
    [2, 3, 0, 1, 2],
  )
})

t.test('4.2: a backup accepts no second, different pre-prepare in a view', async (t) => {
  const replica = talk({ self: 1 })
  t.strictSame(replica.say(a0), ['execute A fresh', 'timer 0 1000'])
  t.strictSame(replica.say(prePrepare({ n, view: 0, name: 'B' })), ['equivocation of 0'])
  t.strictSame(replica.say(executed(0, 'B')), [])
  t.strictSame(replica.say(executed(0, 'A')), ['sign prepare(0,A)'])
})

t.test('4.2: a backup accepts pre-prepares of its current view only', async (t) => {
  const replica = talk({ self: 1 })
  replica.say(due)
  replica.say(timeout(0))
  t.strictSame(replica.say(a0), [], 'of the view that it left')
})

t.test('4.2: prepared means a quorum of matching prepares by different replicas', async (t) => {
  const replica = talk({ self: 1 })
  replica.say(a0)
  replica.say(executed(0, 'A'))
  replica.say(prepare(2, 0, 'A'))
  t.strictSame(replica.say(prepare(2, 0, 'A')), ['drop'], 'one replica counts once')
  t.strictSame(replica.say(prepare(3, 0, 'B')), [], 'another block does not match')
  t.strictSame(replica.say(prepare(0, 0, 'A')), ['sign commit(0,A)'])
})

t.test('4.2: the primary’s pre-prepare is no prepare', async (t) => {
  const replica = talk({ self: 1 })
  replica.say(a0)
  replica.say(executed(0, 'A'))
  t.strictSame(replica.say(prepare(2, 0, 'A')), [])
  t.equal(replica.state().prepared, null)
})

t.test('4.2: no replica prepares what it has not found valid', async (t) => {
  const replica = talk({ self: 1 })
  t.strictSame(replica.say(a0), ['execute A fresh', 'timer 0 1000'])
  for (const other of [0, 2]) t.strictSame(replica.say(prepare(other, 0, 'A')), [])
})

t.test('4.2: committed-local means a quorum of commits by different replicas', async (t) => {
  const replica = talk({ self: 1 })
  replica.say(commit(0, 0, 'A'))
  replica.say(commit(2, 0, 'B'))
  t.strictSame(replica.say(commit(2, 0, 'B')), ['drop'])
  t.strictSame(replica.say(commit(3, 0, 'A')), [], 'two of A, one of B')
  const other = talk({ self: 1 })
  for (const signer of [0, 2]) other.say(commit(signer, 0, 'A'))
  t.strictSame(other.say(commit(3, 0, 'A')), ['decide A of 0'])
})

t.test('4.2: messages may arrive in any order', async (t) => {
  const replica = talk({ self: 1 })
  replica.say(commit(0, 0, 'A'))
  replica.say(prepare(0, 0, 'A'))
  replica.say(prepare(2, 0, 'A'))
  t.strictSame(replica.say(a0), ['execute A fresh'])
  t.strictSame(replica.say(executed(0, 'A')), ['sign prepare(0,A)', 'sign commit(0,A)'])
  t.strictSame(replica.say(commit(3, 0, 'A')), ['decide A of 0'])
})

t.test('4.4: a backup whose timer runs out moves to the next view and tells all', async (t) => {
  const replica = talk({ self: 2 })
  replica.say(due)
  t.strictSame(replica.say(timeout(0)), ['share transactions', 'sign view-change(1,null)'])
  t.equal(replica.state().view, 1)
})

t.test('4.4: a view-change shows what was prepared, with proof', async (t) => {
  const replica = talk({ self: 2 })
  for (const signer of [0, 1, 3]) replica.say(prepare(signer, 0, 'A'))
  t.strictSame(replica.say(timeout(0)), ['share transactions', 'sign view-change(1,0/A)'])
  const sent = replica.entries().at(-1)?.message
  t.ok(sent !== undefined && verifyMessage(contextFor(n), sent).ok)
})

t.test(
  '4.4: the new primary proposes what was prepared in the highest view reported',
  async (t) => {
    const replica = talk({ self: 2 })
    replica.say({ kind: 'fetched', block: blocks.A })
    replica.say({ kind: 'fetched', block: blocks.B })
    replica.say(viewChange(0, 2, prepared(n, 0, 'A')))
    t.strictSame(replica.say(viewChange(3, 2, prepared(n, 1, 'B'))), [
      ...['share transactions', 'sign view-change(2,null)', 'timer 2 2000'],
      ...['sign pre-prepare(2,B)', 'execute B again'],
    ])
    const sent = replica.entries().at(-1)?.message
    t.ok(sent !== undefined && verifyMessage(contextFor(n), sent).ok, 'and can justify it')
  },
)

t.test('4.4: without any report it is free, with q view-changes and no fewer', async (t) => {
  const replica = talk({ self: 1 })
  replica.say(due)
  replica.say(timeout(0))
  t.strictSame(replica.say(viewChange(0, 1)), [])
  t.strictSame(replica.say(viewChange(2, 2)), ['timer 1 1500'], 'of another view: does not count')
  t.strictSame(replica.say(viewChange(3, 1)), ['propose in 1 share 0.5 without 0'])
  t.strictSame(replica.say({ kind: 'proposal', view: 1, block: blocks.C }), [
    ...['sign pre-prepare(1,C)', 'sign prepare(1,C)'],
  ])
  const sent = replica.entries().find(({ message }) => message.kind === 'pre-prepare')?.message
  t.ok(sent !== undefined && verifyMessage(contextFor(n), sent).ok)
})

t.test('4.4: what was executed before is prepared again without executing it again', async (t) => {
  const replica = talk({ self: 2 })
  replica.say(a0)
  replica.say(executed(0, 'A'))
  const bound = prepared(n, 0, 'A', [0, 1, 3])
  const changes = [viewChange(0, 1, bound), viewChange(1, 1), viewChange(3, 1)]
  t.strictSame(replica.say(prePrepare({ n, view: 1, name: 'A' }, justify(changes, bound))), [
    'share transactions',
    'sign view-change(1,null)',
    'sign prepare(1,A)',
  ])
})

t.test('4.5.2: after a view-change the timer starts only when q ask for that view', async (t) => {
  const replica = talk({ self: 2 })
  replica.say(due)
  replica.say(timeout(0))
  t.strictSame(replica.say(viewChange(0, 1)), [])
  t.strictSame(replica.say(viewChange(1, 1)), ['timer 1 1500'])
})

t.test('4.5.2: timeouts grow with the view, here linearly and to a cap', async (t) => {
  const times = [1, 2, 5, 18, 19, 500].map((view) => {
    const replica = talk({ self: 3 })
    replica.say(viewChange(0, view))
    return replica.say(viewChange(1, view)).find((word) => word.startsWith('timer'))
  })
  t.strictSame(times, [
    ...['timer 1 1500', 'timer 2 2000', 'timer 5 3500'],
    ...['timer 18 10000', 'timer 19 10000', 'timer 500 10000'],
  ])
})

t.test(
  '4.5.2: f + 1 view-changes for higher views pull a replica along before its timer runs out',
  async (t) => {
    const replica = talk({ self: 3 })
    t.strictSame(replica.say(viewChange(0, 7)), [])
    t.match(replica.say(viewChange(1, 2)), ['share transactions', 'sign view-change(2,null)'])
  },
)

t.test('4.5.2: f faulty replicas cannot force a view change', async (t) => {
  const replica = talk({ n: 7, self: 0 })
  for (const view of [1, 2, 3]) {
    for (const liar of [5, 6]) t.strictSame(replica.say(viewChange(liar, view)), [])
  }
  t.equal(replica.state().view, 0)
  t.match(replica.say(viewChange(4, 1)), ['share transactions', 'sign view-change(1,null)'])
})

t.test('2: n replicas bear f faults, and the engine counts with their quorum', async (t) => {
  for (const size of [1, 2, 3, 4, 5, 6, 7, 8, 10]) {
    const observer = talk({ n: size, self: null })
    const votes = Array.from({ length: quorum(size, 'pbft') }, (_, signer) =>
      commit(signer, 0, 'A'),
    )
    for (const vote of votes.slice(1)) t.strictSame(observer.say(vote), [])
    t.strictSame(observer.say(votes[0] ?? a0), ['decide A of 0'], `${size}`)
  }
})
