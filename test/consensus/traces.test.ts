// The conversations that a first design got wrong (consensus.md, Traces). 3 is in verify.test.ts; 7 is of the other engine, 9 of the mempool.
import t from 'tap'
import type { Resume } from '../../consensus/engine.ts'
import type { JournalEntry } from '../../consensus/journal-entry.ts'
import { type Lock, restore } from '../../consensus/restore.ts'
import type { State } from '../../consensus/state.ts'
import { verifyMessage } from '../../consensus/verify.ts'
import {
  blocks,
  commit,
  configFor,
  contextFor,
  due,
  executed,
  height,
  justify,
  prePrepare,
  prepare,
  prepared,
  resendTick,
  type Talk,
  talk,
  timeout,
  viewChange,
} from './conversation.ts'
import { memberOf, signAs, verifySimulated as verifySignature } from './validators.ts'

const n = 4
const emptyLock: Lock = { floor: 0, last: null, prepared: null }

/** As the node restarts: what journal and lock still hold. */
function restart(self: number, remains: { entries?: readonly JournalEntry[]; lock?: Lock }): Talk {
  const { entries = [], lock = emptyLock } = remains
  const sign = (digest: Uint8Array) => signAs(memberOf(self).publicKey, digest)
  const config = configFor(n, self)
  const restored = restore({ config, verifySignature, sign, entries, lock })
  t.ok(restored.ok && restored.resume !== null)
  const resume: Resume | null = restored.ok ? restored.resume : null
  return talk({ self, resume })
}

/** Replica `self` has committed A in view 0. */
function committed(self: number): Talk {
  const replica = talk({ self })
  replica.say(prePrepare({ n, view: 0, name: 'A' }))
  replica.say(executed(0, 'A'))
  for (const other of [0, 1, 2, 3].filter((index) => index !== self)) {
    replica.say(prepare(other, 0, 'A'))
  }
  return replica
}

t.test('trace 1: who committed A and restarts still holds the prepares under it', async (t) => {
  const entries = committed(2).entries()
  t.strictSame(
    entries.map(({ message }) => message.kind),
    ['prepare', 'commit'],
  )
  const again = restart(2, { entries })
  t.strictSame(again.begun, ['repeat prepare(0,A) commit(0,A)'], 'the same bytes again')
  again.say(due)
  t.strictSame(again.say(timeout(0)), ['share transactions', 'sign view-change(1,0/A)'])

  const primary = restart(1, { entries: committed(1).entries() })
  primary.say(due)
  primary.say(timeout(0))
  primary.say(viewChange(0, 1))
  t.strictSame(
    primary.say(viewChange(3, 1)),
    ['sign pre-prepare(1,A)', 'execute A again', 'timer 1 1500'],
    'and as primary it proposes A, whose body is in its journal',
  )
})

t.test('trace 2: late prepares of a left view lead to no commit', async (t) => {
  const replica = talk({ self: 2 })
  replica.say(prePrepare({ n, view: 0, name: 'A' }))
  replica.say(executed(0, 'A'))
  replica.say(timeout(0))
  const free = justify([0, 1, 2].map((signer) => viewChange(signer, 1)))
  t.strictSame(replica.say(prePrepare({ n, view: 1, name: 'B' }, free)), ['execute B fresh'])
  t.strictSame(replica.say(executed(1, 'B')), ['sign prepare(1,B)'])
  replica.say(prepare(0, 1, 'B'))
  t.strictSame(replica.say(prepare(1, 1, 'B')), ['sign commit(1,B)'])
  t.strictSame(replica.say(prepare(3, 0, 'A')), [], 'A has its quorum of view 0 now')
  t.equal(replica.state().prepared?.blockId, blocks.B.blockId, 'and the higher certificate stays')

  const slow = talk({ self: 3 })
  slow.say(due)
  slow.say(timeout(0))
  for (const other of [0, 1, 2]) t.strictSame(slow.say(prepare(other, 0, 'A')), [])
  t.equal(slow.state().prepared?.blockId, blocks.A.blockId, 'it only becomes the report')
  t.notOk(slow.entries().some(({ message }) => message.kind === 'commit'))
})

t.test('trace 4: an accepted proposal does not stop the timer', async (t) => {
  const replica = talk({ self: 1 })
  t.strictSame(replica.say(prePrepare({ n, view: 0, name: 'A' })), [
    'execute A fresh',
    'timer 0 1000',
  ])
  replica.say(executed(0, 'A'))
  t.strictSame(replica.say(prepare(2, 0, 'B')), [])
  t.strictSame(replica.say(timeout(0)), ['share transactions', 'sign view-change(1,null)'])
  const waiting = talk({ self: 1 })
  t.strictSame(waiting.say(prepare(2, 0, 'B')), [], 'one prepare may be a lie')
  t.strictSame(waiting.say(prepare(3, 0, 'B')), ['timer 0 1000'], 'f + 1 are not')
})

t.test('trace 5: a replica whose timer started early does not run ahead', async (t) => {
  const early = talk({ self: 2 })
  early.say(due)
  t.strictSame(early.say(timeout(0)), ['share transactions', 'sign view-change(1,null)'])
  t.strictSame(early.say(timeout(1)), [], 'no timer of view 1 runs: nobody is seen there')
  t.strictSame(early.say(viewChange(0, 1)), [])
  t.strictSame(early.say(viewChange(3, 1)), ['timer 1 1500'], 'q are')
})

t.test('trace 6: one liar drags nobody, and nobody is too far away to be followed', async (t) => {
  const replica = talk({ self: 2 })
  t.strictSame(replica.say(viewChange(3, 2 ** 31)), [])
  t.strictSame(replica.say(commit(3, 2 ** 40, 'A')), [])
  t.equal(replica.state().view, 0)
  t.match(replica.say(viewChange(0, 5_000)), ['share transactions', 'sign view-change(5000,null)'])
  t.equal(replica.state().view, 5_000)
})

t.test(
  'trace 8: what a broken stream lost is repeated, or answered by who has decided',
  async (t) => {
    const behind = committed(3)
    t.strictSame(behind.say(resendTick), ['repeat prepare(0,A) commit(0,A)'])
    t.strictSame(behind.say({ kind: 'connected', peer: 1 }), ['send 1 prepare(0,A) commit(0,A)'])
    const ahead = committed(1)
    ahead.say(commit(0, 0, 'A'))
    t.strictSame(ahead.say(commit(2, 0, 'A')), ['decide A of 0'])
    t.strictSame(ahead.say(prepare(3, 0, 'A')), [`answer 3 about ${height}`])
  },
)

t.test('trace 10: bodies come from any signer of a prepare', async (t) => {
  const replica = talk({ self: 1 })
  replica.say(prePrepare({ n, view: 0, name: 'A' }))
  t.strictSame(replica.say(resendTick), ['fetch A from 0'])
  replica.say(prepare(3, 0, 'A'))
  t.strictSame(replica.say(resendTick), ['fetch A from 0,3'])

  const primary = talk({ self: 1 })
  primary.say(due)
  primary.say(timeout(0))
  primary.say(viewChange(0, 1))
  const reporting = viewChange(3, 1, prepared(n, 0, 'A', [0, 2, 3]))
  t.strictSame(primary.say(reporting), ['fetch A from 0,2,3', 'timer 1 1500'])
  t.strictSame(primary.say({ kind: 'fetched', block: blocks.A }), [
    'sign pre-prepare(1,A)',
    'execute A again',
  ])
})

t.test(
  'trace 11: a lock alone is enough to vote safely, for it holds the certificate',
  async (t) => {
    const { blockId } = blocks.A
    const certificate = prepared(n, 0, 'A')
    const last = { kind: 'commit', height, view: 0, blockId } as const
    const wiped = restart(2, { lock: { floor: 0, last, prepared: certificate } })
    t.strictSame(wiped.begun, ['repeat commit(0,A)'], 'the vote of the lock, signed again')
    t.strictSame(
      wiped.say(prePrepare({ n, view: 0, name: 'B' })),
      ['timer 0 1000'],
      'no second prepare',
    )
    t.strictSame(wiped.say(timeout(0)), ['share transactions', 'sign view-change(1,0/A)'])
  },
)

t.test(
  'trace 12: a restarted replica repeats its view-change with the certificate that it reports',
  async (t) => {
    const leaving = committed(2)
    leaving.say(timeout(0))
    const entries = leaving.entries()
    t.equal(entries.at(-1)?.certificate?.blockId, blocks.A.blockId)
    const again = restart(2, { entries: entries.slice(-1) })
    t.strictSame(again.begun, ['repeat view-change(1,0/A)'])
    const [change] = keptChanges(again.state())
    t.ok(change)
    if (change !== null && change !== undefined) t.ok(verifyMessage(contextFor(n), change).ok)

    const last = {
      kind: 'view-change',
      height,
      view: 1,
      prepared: { view: 0, blockId: blocks.A.blockId },
    } as const
    const wiped = restart(2, { lock: { floor: 0, last, prepared: prepared(n, 0, 'A') } })
    t.strictSame(wiped.begun, ['repeat view-change(1,0/A)'], 'also from the lock alone')
  },
)

function keptChanges(state: State) {
  return state.kept.map((kept) => kept['view-change']).filter((change) => change !== null)
}
