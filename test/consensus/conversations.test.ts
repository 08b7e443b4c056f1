// Tables of what is said to a replica and what it does: the normal case and rules 2 to 6.
import t from 'tap'
import type { Message } from '../../consensus/message.ts'
import {
  blocks,
  commit,
  due,
  executed,
  justify,
  prePrepare,
  prepare,
  timeout,
  viewChange,
} from './conversation.ts'
import { type Conversation, converse } from './table.ts'

const n = 4
const a0 = prePrepare({ n, view: 0, name: 'A' })
const nulls = [0, 2, 3].map((signer) => viewChange(signer, 1))

const conversations: readonly Conversation[] = [
  {
    name: 'a backup in the normal case',
    lines: [
      {
        why: 'a proposal is executed first',
        input: a0,
        effects: ['execute A fresh', 'timer 0 1000'],
      },
      { why: 'equal roots: prepare', input: executed(0, 'A'), effects: ['sign prepare(0,A)'] },
      { why: 'two prepares are no quorum', input: prepare(0, 0, 'A'), effects: [] },
      { why: 'three are', input: prepare(2, 0, 'A'), effects: ['sign commit(0,A)'] },
      { why: 'two commits', input: commit(0, 0, 'A'), effects: [] },
      { why: 'the own commit counts', input: commit(3, 0, 'A'), effects: ['decide A of 0'] },
    ],
  },
  {
    name: 'a single validator decides with its own votes',
    n: 1,
    self: 0,
    lines: [
      {
        why: 'a block is due',
        input: due,
        effects: ['propose in 0 share 1 without 0', 'timer 0 1000'],
      },
      {
        why: 'its own votes are all there are',
        input: { kind: 'proposal', view: 0, block: blocks.A },
        effects: [
          'sign pre-prepare(0,A)',
          'sign prepare(0,A)',
          'sign commit(0,A)',
          'decide A of 0',
        ],
      },
    ],
  },
  {
    name: 'rule 2: a primary of view 0 waits until a block is due',
    self: 0,
    lines: [
      { why: 'prepares of others start no proposal', input: prepare(2, 0, 'A'), effects: [] },
      { why: 'due', input: due, effects: ['propose in 0 share 1 without 0', 'timer 0 1000'] },
      { why: 'due again changes nothing', input: due, effects: [] },
      {
        why: 'pre-prepare, and its own prepare beside it',
        input: { kind: 'proposal', view: 0, block: blocks.A },
        effects: ['sign pre-prepare(0,A)', 'sign prepare(0,A)'],
      },
      {
        why: 'a second answer is none',
        input: { kind: 'proposal', view: 0, block: blocks.B },
        effects: [],
      },
    ],
  },
  {
    name: 'rule 3: nothing below a view-change',
    lines: [
      { why: 'begin', input: a0, effects: ['execute A fresh', 'timer 0 1000'] },
      {
        why: 'the timer runs out before the execution ends',
        input: timeout(0),
        effects: ['share transactions', 'sign view-change(1,null)'],
      },
      { why: 'too late for a prepare', input: executed(0, 'A'), effects: [] },
      { why: 'prepares of view 0', input: prepare(0, 0, 'A'), effects: [] },
      { why: 'prepares of view 0', input: prepare(2, 0, 'A'), effects: [] },
      { why: 'a quorum of view 0 makes no commit', input: prepare(3, 0, 'A'), effects: [] },
      { why: 'two others in view 1: its timer may run', input: viewChange(2, 1), effects: [] },
      {
        why: 'and the primary of view 1 is free: the reports are null; the certificate stays its own',
        input: viewChange(3, 1),
        effects: ['propose in 1 share 0.5 without 2', 'timer 1 1500'],
      },
      { why: 'an old timer means nothing', input: timeout(0), effects: [] },
      {
        why: 'the late certificate is reported in the next view-change',
        input: timeout(1),
        effects: ['sign view-change(2,0/A)'],
      },
    ],
  },
  {
    name: 'rule 4: commits of any one view decide, also in a later view; different views are never added',
    lines: [
      { why: 'leave view 0', input: due, effects: ['timer 0 1000'] },
      {
        why: 'timeout',
        input: timeout(0),
        effects: ['share transactions', 'sign view-change(1,null)'],
      },
      { why: 'a commit of view 0', input: commit(0, 0, 'A'), effects: [] },
      { why: 'a commit of view 1', input: commit(2, 1, 'A'), effects: [] },
      { why: 'three commits, two views', input: commit(3, 0, 'A'), effects: [] },
      {
        why: 'the newer commit of 0 is of view 1',
        input: commit(0, 1, 'A'),
        effects: ['timer 1 1500'],
      },
      { why: 'three of view 1', input: commit(3, 1, 'A'), effects: ['decide A of 1'] },
    ],
  },
  {
    name: 'rule 4: late commits of a view that was left decide all the same',
    lines: [
      { why: 'leave view 0', input: due, effects: ['timer 0 1000'] },
      {
        why: 'timeout',
        input: timeout(0),
        effects: ['share transactions', 'sign view-change(1,null)'],
      },
      { why: 'late', input: commit(0, 0, 'A'), effects: [] },
      { why: 'late', input: commit(2, 0, 'A'), effects: [] },
      { why: 'q of view 0', input: commit(3, 0, 'A'), effects: ['decide A of 0'] },
    ],
  },
  {
    name: 'rule 5: f + 1 in higher views pull a replica to the (f + 1)-th highest',
    lines: [
      { why: 'one liar far away', input: viewChange(3, 2 ** 31), effects: [] },
      {
        why: 'a second one in view 2',
        input: viewChange(2, 2),
        effects: ['share transactions', 'sign view-change(2,null)', 'timer 2 2000'],
      },
      {
        why: 'an older view-change of the same validator is nothing',
        input: viewChange(2, 1),
        effects: ['drop'],
      },
    ],
  },
  {
    name: 'rule 5: a justified pre-prepare of a higher view moves a replica there, view-change first',
    self: 2,
    lines: [
      {
        why: 'view 1 by its proposal',
        input: prePrepare(
          { n, view: 1, name: 'B' },
          justify([0, 1, 3].map((signer) => viewChange(signer, 1))),
        ),
        effects: ['share transactions', 'sign view-change(1,null)', 'execute B fresh'],
      },
      { why: 'and votes in it', input: executed(1, 'B'), effects: ['sign prepare(1,B)'] },
      {
        why: 'its timer starts with q seen there: the primary, replica 0 and itself',
        input: prepare(0, 1, 'B'),
        effects: ['timer 1 1500'],
      },
      { why: 'q prepares', input: prepare(3, 1, 'B'), effects: ['sign commit(1,B)'] },
    ],
  },
  {
    name: 'rule 6: a proven invalid block ends the view at once',
    lines: [
      { why: 'begin', input: a0, effects: ['execute A fresh', 'timer 0 1000'] },
      {
        why: 'a root differs',
        input: executed(0, 'A', 'invalid'),
        effects: ['share transactions', 'sign view-change(1,null)'],
      },
      { why: 'the next block leaves out what failed', input: nulls[0] as Message, effects: [] },
      {
        why: 'half the budget in view 1',
        input: nulls[1] as Message,
        effects: ['propose in 1 share 0.5 without 2', 'timer 1 1500'],
      },
    ],
  },
  {
    name: 'rule 6: a copy whose bytes cannot be had takes no slot',
    lines: [
      { why: 'begin', input: a0, effects: ['execute A fresh', 'timer 0 1000'] },
      { why: 'a copy of what is kept', input: a0, effects: ['drop'] },
      { why: 'no bytes: no view-change', input: executed(0, 'A', 'unavailable'), effects: [] },
      { why: 'the next copy is taken', input: a0, effects: ['execute A fresh'] },
    ],
  },
]

converse(t, conversations)
