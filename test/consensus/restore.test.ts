// Which remains a restarted replica may go on with.
import t from 'tap'
import type { JournalEntry } from '../../consensus/journal-entry.ts'
import type { Message } from '../../consensus/message.ts'
import { type Lock, type Restored, restore } from '../../consensus/restore.ts'
import { restoreMessage } from '../../consensus/verify.ts'
import type { Vote } from '../../vm/vote.ts'
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
  talk,
  viewChange,
} from './conversation.ts'
import { memberOf, signAs, verifySimulated as verifySignature } from './validators.ts'

const n = 4
const self = 1
const empty: Lock = { floor: 0, last: null, prepared: null }

function from(lock: Lock, entries: readonly JournalEntry[] = []): Restored {
  const sign = (digest: Uint8Array) => signAs(memberOf(self).publicKey, digest)
  return restore({ config: configFor(n, self), verifySignature, sign, entries, lock })
}

function resumed(lock: Lock, entries: readonly JournalEntry[] = []) {
  const restored = from(lock, entries)
  t.ok(restored.ok)
  const resume = restored.ok ? restored.resume : null
  t.ok(resume)
  return { resume, replica: talk({ self, resume }) }
}

function entryOf(message: Message, rest: Partial<JournalEntry> = {}): JournalEntry {
  return { message, certificate: null, block: null, ...rest }
}

function locked(vote: Vote, certificate: Lock['prepared'] = null): Lock {
  return { floor: 0, last: vote, prepared: certificate }
}

const { blockId } = blocks.A
const certificate = prepared(n, 0, 'A')

t.test('a replica that signed nothing at the height starts anew', async (t) => {
  t.same(from(empty), { ok: true, resume: null })
  const before = { kind: 'commit', height: height - 1, view: 3, blockId } as const
  t.same(
    from(locked(before, certificate)),
    { ok: true, resume: null },
    'the lock is of the height before',
  )
})

t.test('a chain behind its lock signs nothing until it has caught up', async (t) => {
  const later = { kind: 'prepare', height: height + 1, view: 0, blockId } as const
  t.same(from(locked(later)), { ok: false, reason: 'LOCK_AHEAD' })
  t.same(from({ ...empty, floor: height }), { ok: false, reason: 'LOCK_AHEAD' })
  t.same(from({ ...empty, floor: height - 1 }), { ok: true, resume: null })
})

t.test('a journaled vote counts as signed, whether the lock heard of it or not', async (t) => {
  const entries = [entryOf(prepare(self, 0, 'A'), { block: blocks.A })]
  const { resume, replica } = resumed(empty, entries)
  t.same(resume?.promised, { view: 0, kind: 'prepare' })
  t.same(resume?.blocks, [blocks.A])
  t.strictSame(replica.begun, ['repeat prepare(0,A)'])
  t.strictSame(replica.say(prePrepare({ n, view: 0, name: 'B' })), ['timer 0 1000'], 'no other')
})

t.test('the newest of each kind is repeated, from the highest view signed', async (t) => {
  const entries = [
    entryOf(prepare(self, 0, 'A'), { block: blocks.A }),
    entryOf(commit(self, 0, 'A'), { certificate }),
    entryOf(viewChange(self, 1, certificate), { certificate }),
    entryOf(viewChange(self, 2, certificate), { certificate }),
  ]
  const { resume, replica } = resumed(empty, entries)
  t.equal(replica.state().view, 2)
  t.same(resume?.prepared, certificate)
  t.strictSame(replica.begun, ['repeat view-change(2,0/A) prepare(0,A) commit(0,A)'])
})

t.test('a lock of each kind without its journal', async (t) => {
  const at = { height, view: 1 } as const
  const vote = resumed(locked({ kind: 'prepare', ...at, blockId })).replica
  t.strictSame(vote.begun, ['repeat prepare(1,A)'])
  const change = resumed(locked({ kind: 'view-change', ...at, prepared: null })).replica
  t.strictSame(change.begun, ['repeat view-change(1,null)'])
  const proposal = resumed(locked({ kind: 'pre-prepare', ...at, blockId })).replica
  t.strictSame(proposal.begun, [], 'its attachments are gone')
  proposal.say(viewChange(0, 1))
  proposal.say(viewChange(2, 1))
  t.strictSame(proposal.say(viewChange(3, 1)), [], 'and it bars a second one')
})

t.test('an own pre-prepare that was journaled is repeated and voted on', async (t) => {
  const free = justify([0, 2, 3].map((signer) => viewChange(signer, 1)))
  const proposal = prePrepare({ n, view: 1, name: 'A' }, free)
  const { replica } = resumed(empty, [entryOf(proposal)])
  t.strictSame(replica.begun, ['repeat pre-prepare(1,A)', 'execute A fresh'])
  t.strictSame(replica.say(executed(1, 'A')), ['sign prepare(1,A)'])
})

t.test('an observer resumes nothing', async (t) => {
  const sign = () => new Uint8Array(64)
  const config = configFor(n, null)
  const lock = locked({ kind: 'prepare', height: height + 9, view: 0, blockId })
  t.same(restore({ config, verifySignature, sign, entries: [], lock }), { ok: true, resume: null })
  t.strictSame(talk({ self: null }).say(due), [])
})

t.test('an older own message that is fed back late does not replace a newer one', async (t) => {
  const replica = talk({ self })
  replica.say(due)
  replica.say({ kind: 'timeout', timer: 'view', view: 0 })
  const [late] = replica.entries()
  for (const other of [0, 2]) replica.say(viewChange(other, 2))
  t.ok(late)
  if (late === undefined) return
  const context = contextFor(n, self)
  replica.say({ kind: 'signed', message: restoreMessage(context, late.message) })
  t.strictSame(replica.say({ kind: 'connected', peer: 0 }), ['send 0 view-change(2,null)'])
})
