// Tables of what is said to a replica and what it does: rules 7 and 8, sync, observers, evidence.
import t from 'tap'
import {
  blocks,
  commit,
  due,
  executed,
  prePrepare,
  prepare,
  prepared,
  resendTick,
  talk,
  timeout,
  viewChange,
} from './conversation.ts'
import { type Conversation, converse } from './table.ts'

const n = 4
const a0 = prePrepare({ n, view: 0, name: 'A' })
const _nulls = [0, 2, 3].map((signer) => viewChange(signer, 1))

const conversations: readonly Conversation[] = [
  {
    name: 'rule 7: repeats itself on connections and every second, answers when decided',
    lines: [
      { why: 'nothing signed', input: resendTick, effects: [] },
      { why: 'nothing signed', input: { kind: 'connected', peer: 3 }, effects: [] },
      { why: 'begin', input: a0, effects: ['execute A fresh', 'timer 0 1000'] },
      { why: 'vote', input: executed(0, 'A'), effects: ['sign prepare(0,A)'] },
      { why: 'every second', input: resendTick, effects: ['repeat prepare(0,A)'] },
      {
        why: 'new stream',
        input: { kind: 'connected', peer: 3 },
        effects: ['send 3 prepare(0,A)'],
      },
      {
        why: 'older height',
        input: { kind: 'stale', from: 2, height: 3 },
        effects: ['answer 2 about 3'],
      },
      {
        why: 'once a second for each peer',
        input: { kind: 'stale', from: 2, height: 3 },
        effects: [],
      },
      {
        why: 'another peer',
        input: { kind: 'stale', from: 0, height: 1 },
        effects: ['answer 0 about 1'],
      },
      { why: 'decide', input: commit(0, 0, 'A'), effects: [] },
      { why: 'decide', input: commit(2, 0, 'A'), effects: [] },
      { why: 'decide, not having committed', input: commit(3, 0, 'A'), effects: ['decide A of 0'] },
      {
        why: 'a message of the decided height',
        input: prepare(3, 0, 'A'),
        effects: ['answer 3 about 4'],
      },
      { why: 'the same peer', input: prepare(3, 0, 'A'), effects: [] },
      { why: 'no more repeats', input: resendTick, effects: [] },
    ],
  },
  {
    name: 'rule 8: a primary fetches a reported block before the report counts',
    lines: [
      { why: 'leave view 0', input: due, effects: ['timer 0 1000'] },
      {
        why: 'timeout',
        input: timeout(0),
        effects: ['share transactions', 'sign view-change(1,null)'],
      },
      { why: 'a null report', input: viewChange(0, 1), effects: [] },
      {
        why: 'a report of a block that is not here',
        input: viewChange(2, 1, prepared(n, 0, 'A', [0, 2, 3])),
        effects: ['fetch A from 0,2,3', 'timer 1 1500'],
      },
      {
        why: 'asked again',
        input: resendTick,
        effects: ['repeat view-change(1,null)', 'fetch A from 0,2,3'],
      },
      {
        why: 'the block is here: proposed again, byte for byte, and executed',
        input: { kind: 'fetched', block: blocks.A },
        effects: ['sign pre-prepare(1,A)', 'execute A again'],
      },
      { why: 'and prepared', input: executed(1, 'A'), effects: ['sign prepare(1,A)'] },
    ],
  },
  {
    name: 'rule 8: a primary does not wait for a block if q others count',
    lines: [
      { why: 'leave view 0', input: due, effects: ['timer 0 1000'] },
      {
        why: 'timeout',
        input: timeout(0),
        effects: ['share transactions', 'sign view-change(1,null)'],
      },
      {
        why: 'a report of a block that is not here',
        input: viewChange(2, 1, prepared(n, 0, 'A', [0, 2, 3])),
        effects: ['fetch A from 0,2,3'],
      },
      { why: 'two null reports', input: viewChange(0, 1), effects: ['timer 1 1500'] },
      { why: 'three', input: viewChange(3, 1), effects: ['propose in 1 share 0.5 without 0'] },
    ],
  },
  {
    name: 'views above 0 propose smaller blocks, from view 4 on empty ones',
    self: 0,
    lines: [
      { why: 'jump', input: viewChange(2, 4), effects: [] },
      {
        why: 'to view 4',
        input: viewChange(3, 4),
        effects: [
          'share transactions',
          'sign view-change(4,null)',
          'timer 4 3000',
          'propose in 4 share 0 without 0',
        ],
      },
    ],
  },
  {
    name: 'sync ends a height without a decision',
    lines: [
      { why: 'begin', input: a0, effects: ['execute A fresh', 'timer 0 1000'] },
      { why: 'elsewhere', input: { kind: 'synced' }, effects: [] },
      { why: 'late', input: executed(0, 'A'), effects: [] },
      { why: 'late', input: timeout(0), effects: [] },
      {
        why: 'who is behind is answered',
        input: prepare(2, 0, 'A'),
        effects: ['answer 2 about 4'],
      },
    ],
  },
  {
    name: 'an observer signs nothing and still learns the decision',
    self: null,
    lines: [
      { why: 'due', input: due, effects: [] },
      { why: 'proposal', input: a0, effects: [] },
      { why: 'prepare', input: prepare(0, 0, 'A'), effects: [] },
      { why: 'prepare', input: prepare(2, 0, 'A'), effects: [] },
      { why: 'prepare', input: prepare(3, 0, 'A'), effects: [] },
      { why: 'commit', input: commit(0, 0, 'A'), effects: [] },
      { why: 'commit', input: commit(2, 0, 'A'), effects: [] },
      { why: 'commit', input: commit(3, 0, 'A'), effects: ['decide A of 0'] },
    ],
  },
  {
    name: 'evidence is reported: two bodies in one place, or a commit that its signer denies',
    lines: [
      { why: 'a prepare', input: prepare(2, 0, 'A'), effects: [] },
      { why: 'another', input: prepare(2, 0, 'B'), effects: ['equivocation of 2'] },
      { why: 'repeated bytes are no fault', input: prepare(2, 0, 'A'), effects: ['drop'] },
      { why: 'a commit', input: commit(3, 2, 'A'), effects: [] },
      { why: 'denied', input: viewChange(3, 3), effects: ['amnesia of 3'] },
    ],
  },
]

converse(t, conversations)

t.test('the answers to a peer go on from height to height', async (t) => {
  const replica = talk()
  replica.say({ kind: 'stale', from: 2, height: 3 })
  t.equal(replica.state().answeredMs.size, 1)
  replica.wait(999)
  t.strictSame(replica.say({ kind: 'stale', from: 2, height: 3 }), [])
  replica.wait(1)
  t.strictSame(replica.say({ kind: 'stale', from: 2, height: 3 }), ['answer 2 about 3'])
})
