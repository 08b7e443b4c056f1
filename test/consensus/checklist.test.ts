// Checklist, locking and view change: what other engines got wrong, one test for each line.
import fc from 'fast-check'
import t from 'tap'
import { engineOf } from '../../consensus/engines.ts'
import type { ViewChange } from '../../consensus/message.ts'
import { verifyMessage } from '../../consensus/verify.ts'
import { type Plan, run } from './cluster.ts'
import {
  blocks,
  commit,
  configFor,
  contextFor,
  due,
  executed,
  height,
  justify,
  type Name,
  prePrepare,
  prepare,
  prepared,
  signed,
  talk,
  timeout,
  viewChange,
} from './conversation.ts'

const n = 4

t.test('view-changes of another height or chain justify nothing', async (t) => {
  const changes = [0, 2, 3].map((signer) => viewChange(signer, 1))
  const verdict = (of: typeof changes) =>
    verifyMessage(contextFor(n), prePrepare({ n, view: 1, name: 'B' }, justify(of))).ok
  t.ok(verdict(changes))
  const vote = { kind: 'view-change', height: height + 1, view: 1, prepared: null } as const
  const elsewhere = { ...signed({ ...vote, signer: 0 }), certificate: null }
  t.notOk(verdict([elsewhere, ...changes.slice(1)]))
})

t.test('a block that is proposed again is the same, byte for byte, in whatever view', async (t) => {
  const replica = talk({ self: 1 })
  replica.say(prePrepare({ n, view: 0, name: 'A' }))
  replica.say(executed(0, 'A'))
  for (const other of [0, 2]) replica.say(prepare(other, 0, 'A'))
  replica.say(timeout(0))
  replica.say(viewChange(0, 1))
  t.ok(replica.say(viewChange(2, 1)).includes('sign pre-prepare(1,A)'))
  const again = replica.entries().find(({ message }) => message.kind === 'pre-prepare')?.message
  t.match(again, blocks.A, 'id, header and transactions')
  t.ok(replica.entries().some(({ message }) => message.kind === 'prepare' && message.view === 1))
})

t.test('a replica that saw no prepare accepts a correct re-proposal', async (t) => {
  const replica = talk({ self: 3 })
  const certificate = prepared(n, 0, 'A', [0, 1, 2])
  const changes = [viewChange(0, 1), viewChange(1, 1, certificate), viewChange(2, 1)]
  t.strictSame(replica.say(prePrepare({ n, view: 1, name: 'A' }, justify(changes, certificate))), [
    'share transactions',
    'sign view-change(1,null)',
    'execute A again',
  ])
  t.strictSame(replica.say(executed(1, 'A')), ['sign prepare(1,A)'])
})

t.test(
  'a re-proposal is executed without the rules for fresh blocks: no clock can refuse it',
  async (t) => {
    const replica = talk({ self: 3 })
    const bound = prepared(n, 0, 'A', [0, 1, 2])
    const changes = [viewChange(0, 1), viewChange(1, 1, bound), viewChange(2, 1)]
    const words = replica.say(prePrepare({ n, view: 1, name: 'A' }, justify(changes, bound)))
    t.ok(words.includes('execute A again'))
    const fresh = talk({ self: 3 })
    const free = justify([0, 1, 2].map((signer) => viewChange(signer, 1)))
    t.ok(fresh.say(prePrepare({ n, view: 1, name: 'A' }, free)).includes('execute A fresh'))
  },
)

t.test('a quorum of prepares of an older view is taken late, and reported', async (t) => {
  const replica = talk({ self: 3 })
  replica.say(due)
  replica.say(timeout(0))
  for (const other of [0, 1]) replica.say(prepare(other, 0, 'A'))
  t.strictSame(replica.say(prepare(2, 0, 'A')), [], 'no commit below the view-change')
  t.equal(replica.state().prepared?.view, 0)
  for (const other of [0, 1]) replica.say(viewChange(other, 2))
  const report = replica.entries().at(-1)?.message
  t.match(report, {
    kind: 'view-change',
    view: 2,
    prepared: { view: 0, blockId: blocks.A.blockId },
  })
})

t.test(
  'a quorum of prepares of a newer view moves a replica there, and is committed in it',
  async (t) => {
    const replica = talk({ self: 3 })
    replica.say(prepare(0, 2, 'A'))
    t.match(replica.say(prepare(1, 2, 'A')), ['share transactions', 'sign view-change(2,null)'])
    t.strictSame(replica.say(prepare(2, 2, 'A')), ['sign commit(2,A)'])
  },
)

t.test('an idle replica sets no view timer, and a height begins with none', async (t) => {
  const replica = talk({ self: 1 })
  t.strictSame(replica.begun, [])
  replica.wait(3_600_000)
  t.strictSame(replica.say({ kind: 'timeout', timer: 'resend' }), [])
  t.strictSame(replica.say(timeout(0)), [], 'a timer that was never set')
  t.strictSame(replica.say(due), ['timer 0 1000'], 'only a block that is due starts it, whole')
})

t.test('nothing of a height goes on into the next but links and answers', async (t) => {
  const before = talk({ self: 1 })
  before.say(prePrepare({ n, view: 0, name: 'A' }))
  before.say(timeout(0))
  before.say(viewChange(2, 1))
  const pbft = engineOf('pbft')
  const config = { ...configFor(n, 1), height: height + 1 }
  const next = { config, nowMs: 0, resume: null }
  const after = pbft.start({ ...next, previous: before.state() }).state
  t.same(after, pbft.start({ ...next, previous: null }).state)
})

t.test(
  'a decision that comes while a view is being left ends the height, and nothing more is signed',
  async (t) => {
    const replica = talk({ self: 1 })
    replica.say(prePrepare({ n, view: 0, name: 'A' }))
    replica.say(executed(0, 'A'))
    for (const other of [0, 2]) replica.say(prepare(other, 0, 'A'))
    replica.say(timeout(0))
    replica.say(commit(0, 0, 'A'))
    t.strictSame(replica.say(commit(2, 0, 'A')), ['decide A of 0'], 'with its own commit of view 0')
    const { length } = replica.entries()
    for (const input of [timeout(1), due, executed(0, 'A'), viewChange(3, 1)]) replica.say(input)
    t.equal(replica.entries().length, length)
  },
)

const reportable = fc.record({
  view: fc.constantFrom(-1, -1, 0, 1, 2),
  name: fc.constantFrom<Name>('A', 'B'),
})

t.test(
  'whatever q of four report, the primary has an answer that every backup accepts',
  async () => {
    const reports = fc.array(reportable, { minLength: 3, maxLength: 3 })
    const property = fc.property(reports, fc.boolean(), (given, isFirst) => {
      const primary = talk({ self: 3 })
      for (const name of ['A', 'B'] as const) primary.say({ kind: 'fetched', block: blocks[name] })
      // One block for each view, as f liars alone cannot prepare two: the name is that of the view's first report.
      const names = new Map<number, Name>()
      for (const { view, name } of given) if (!names.has(view)) names.set(view, name)
      const changes = given.map(({ view }, signer): ViewChange => {
        const certificate = view < 0 ? null : prepared(n, view, names.get(view) ?? 'A')
        return viewChange(signer, 3, certificate)
      })
      const said = (isFirst ? changes : changes.toReversed()).flatMap((change) =>
        primary.say(change),
      )
      // Who heard of no report from a quorum is free, whatever comes later.
      if (said.some((word) => word.startsWith('propose in 3'))) {
        primary.say({ kind: 'proposal', view: 3, block: blocks.C })
      }
      const sent = primary.entries().find(({ message }) => message.kind === 'pre-prepare')?.message
      if (sent === undefined) throw new Error(`no answer: ${said.join(', ')}`)
      const verification = verifyMessage(contextFor(n, 0), sent)
      if (!verification.ok) throw new Error(verification.reason)
    })
    fc.assert(property, { numRuns: 300 })
  },
)

t.test(
  'a rival report of the highest view is left out of the quorum, not proposed over',
  async (t) => {
    const primary = talk({ self: 1 })
    primary.say({ kind: 'fetched', block: blocks.A })
    primary.say({ kind: 'fetched', block: blocks.B })
    primary.say(viewChange(0, 5, prepared(n, 4, 'A')))
    t.notOk(
      primary.say(viewChange(2, 5, prepared(n, 4, 'B'))).some((word) => /pre-prepare/.test(word)),
    )
    t.ok(primary.say(viewChange(3, 5)).includes('sign pre-prepare(5,A)'))
    const sent = primary.entries().find(({ message }) => message.kind === 'pre-prepare')?.message
    t.ok(sent !== undefined && verifyMessage(contextFor(n, 0), sent).ok)
  },
)

t.test('one replica that heard nothing comes back: no view is left for ever', async (t) => {
  for (let seed = 1; seed <= 60; seed++) {
    const plan: Plan = { n, kind: 'pbft', engine: engineOf('pbft'), seed, steps: 250, down: 0 }
    const { live, fork, broken } = run({ ...plan, deaf: seed % n })
    if (!live || fork || broken.length > 0) t.fail(`seed ${seed}`, { live, fork, broken })
  }
  t.pass('sixty times')
})
