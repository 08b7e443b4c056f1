// PoA: what an authority that restarts goes on with, from its journal or from its vote lock alone.
import t from 'tap'
import type { JournalEntry } from '../../consensus/journal-entry.ts'
import { type Lock, restore } from '../../consensus/restore.ts'
import { lockVote } from '../../node/vote-lock.ts'
import type { Vote } from '../../vm/vote.ts'
import {
  blocks,
  configFor,
  due,
  executed,
  height,
  prePrepare,
  sealed,
  type Talk,
  talk,
  timeout,
  viewChange,
} from './conversation.ts'
import { memberOf, signAs, verifySimulated as verifySignature } from './validators.ts'

const n = 3
const engine = 'poa'
const { blockId } = blocks.A
const emptyLock: Lock = { floor: 0, last: null, prepared: null }

function restart(remains: { entries?: readonly JournalEntry[]; lock?: Lock }, self = 1): Talk {
  const { entries = [], lock = emptyLock } = remains
  const sign = (digest: Uint8Array) => signAs(memberOf(self).publicKey, digest)
  const config = configFor(n, self, engine)
  const restored = restore({ config, verifySignature, sign, entries, lock })
  t.ok(restored.ok && restored.resume !== null)
  return talk({ n, self, engine, resume: restored.ok ? restored.resume : null })
}

/** An authority that countersigned A in view 0. */
function countersigned(self = 1): Talk {
  const replica = talk({ n, self, engine })
  replica.say(prePrepare({ n, view: 0, name: 'A' }))
  replica.say(executed(0, 'A'))
  return replica
}

t.test('block and seal are journaled before they leave', async (t) => {
  const primary = talk({ n, self: 0, engine })
  primary.say(due)
  primary.say({ kind: 'proposal', view: 0, block: blocks.A })
  t.strictSame(
    primary.entries().map(({ message, block }) => [message.kind, block?.blockId]),
    [
      ['pre-prepare', undefined],
      ['prepare', blockId],
    ],
  )
  const [entry] = countersigned().entries()
  t.strictSame(entry?.block, blocks.A, 'a countersignature rests on the block, too')
})

t.test(
  'an authority that restarts repeats its seal, and reports and proposes its block',
  async (t) => {
    const again = restart({ entries: countersigned().entries() })
    t.strictSame(again.begun, ['repeat prepare(0,A)', 'timer 0 1000'])
    t.strictSame(again.say(timeout(0)), ['share transactions', 'sign view-change(1,0/A)'])
    t.strictSame(
      again.say(viewChange(2, 1)),
      ['sign pre-prepare(1,A)', 'execute A again', 'timer 1 1500'],
      'its body was in the journal',
    )
  },
)

t.test('a view-change is repeated with the seal that it reports', async (t) => {
  const leaving = countersigned()
  leaving.say(timeout(0))
  const again = restart({ entries: leaving.entries().slice(-1) })
  t.strictSame(again.begun, ['repeat view-change(1,0/A)', 'fetch A from 0'])
  t.equal(again.state().prepared?.blockId, blockId)
})

t.test('the lock alone is enough: its last vote is the seal, or holds its report', async (t) => {
  const last = { kind: 'prepare', height, view: 0, blockId } as const
  const wiped = restart({ lock: { floor: 0, last, prepared: null } })
  t.strictSame(wiped.begun, ['repeat prepare(0,A)', 'timer 0 1000'], 'the same bytes again')
  t.strictSame(wiped.say(prePrepare({ n, view: 0, name: 'B' })), [], 'no other')
  t.strictSame(wiped.say(timeout(0)), [
    'share transactions',
    'sign view-change(1,0/A)',
    'fetch A from 0',
  ])

  const seal = sealed(1, n, 0, 'A')
  const change = { kind: 'view-change', height, view: 1, prepared: { view: 0, blockId } } as const
  const left = restart({ lock: { floor: 0, last: change, prepared: seal } })
  t.strictSame(left.begun, ['repeat view-change(1,0/A)', 'fetch A from 0'])

  const proposal = { kind: 'pre-prepare', height, view: 1, blockId } as const
  const proposed = restart({ lock: { floor: 0, last: proposal, prepared: seal } })
  proposed.say(viewChange(2, 2))
  t.same(proposed.entries().at(-1)?.message, viewChange(1, 2, seal), 'the seal under it is known')
})

function locked(before: Lock, vote: Vote, seal: Lock['prepared'] = null): Lock {
  const after = lockVote(before, vote, seal)
  if (typeof after === 'string') throw new Error(after)
  return after
}

t.test('the vote lock takes seals in their order, and what a view-change reports', async (t) => {
  const a = { kind: 'prepare', height, view: 0, blockId } as const
  const seal = sealed(1, n, 0, 'A')
  const first = locked(emptyLock, a)
  t.equal(lockVote(first, { ...a, blockId: blocks.B.blockId }, null), 'VOTE_DIFFERENT')
  const change = { kind: 'view-change', height, view: 2, prepared: { view: 0, blockId } } as const
  t.equal(lockVote(first, change, null), 'CERTIFICATE_MISSING')
  const left = locked(first, change, seal)
  t.equal(left.prepared, seal)
  t.equal(lockVote(left, { ...a, view: 1 }, null), 'VOTE_LOWER', 'nothing below the view-change')
})
