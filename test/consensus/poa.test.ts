// PoA: what an authority does, as tables; what it refuses; and trace 7, where seals of different views must not be added.
import t from 'tap'
import type { PrePrepare } from '../../consensus/message.ts'
import { decide } from '../../consensus/pbft/normal-case.ts'
import type { State } from '../../consensus/state.ts'
import { verifyMessage } from '../../consensus/verify.ts'
import {
  blocks,
  commit,
  contextFor,
  due,
  executed,
  justify,
  prePrepare,
  prepare,
  resendTick,
  sealed,
  talk,
  timeout,
  viewChange,
} from './conversation.ts'
import { type Conversation, converse } from './table.ts'

const n = 3
const engine = 'poa'
const a0 = prePrepare({ n, view: 0, name: 'A' })

const conversations: readonly Conversation[] = [
  {
    name: 'a single authority seals at once: its own seal is a majority',
    n: 1,
    self: 0,
    lines: [
      { why: 'due', input: due, effects: ['propose in 0 share 1 without 0', 'timer 0 1000'] },
      {
        why: 'block and seal in one list, so that they share an fsync',
        input: { kind: 'proposal', view: 0, block: blocks.A },
        effects: ['sign pre-prepare(0,A)', 'sign prepare(0,A)', 'decide A of 0'],
      },
    ],
  },
  {
    name: 'the primary seals what it proposes, and one countersignature of three decides',
    self: 0,
    lines: [
      { why: 'due', input: due, effects: ['propose in 0 share 1 without 0', 'timer 0 1000'] },
      {
        why: 'its seal is its countersignature',
        input: { kind: 'proposal', view: 0, block: blocks.A },
        effects: ['sign pre-prepare(0,A)', 'sign prepare(0,A)'],
      },
      { why: 'two of three', input: prepare(2, 0, 'A'), effects: ['decide A of 0'] },
    ],
  },
  {
    name: 'a backup countersigns what it executed, and decides without a second phase',
    lines: [
      { why: 'proposal', input: a0, effects: ['execute A fresh', 'timer 0 1000'] },
      { why: 'a seal alone decides nothing', input: prepare(0, 0, 'A'), effects: [] },
      {
        why: 'the own seal is the second',
        input: executed(0, 'A'),
        effects: ['sign prepare(0,A)', 'decide A of 0'],
      },
    ],
  },
  {
    name: 'commits are no votes here',
    lines: [
      { why: 'nobody signs one', input: commit(0, 0, 'A'), effects: ['NO_SUCH_VOTE'] },
      { why: 'nor do they decide', input: commit(2, 0, 'A'), effects: ['NO_SUCH_VOTE'] },
    ],
  },
  {
    name: 'a view-change carries the own newest seal, and nothing below it is sealed any more',
    lines: [
      { why: 'proposal', input: a0, effects: ['execute A fresh', 'timer 0 1000'] },
      { why: 'countersigned', input: executed(0, 'A'), effects: ['sign prepare(0,A)'] },
      {
        why: 'nobody else is heard',
        input: timeout(0),
        effects: ['share transactions', 'sign view-change(1,0/A)'],
      },
      {
        why: 'as primary of view 1, with its own report and another: again A',
        input: viewChange(2, 1),
        effects: ['sign pre-prepare(1,A)', 'sign prepare(1,A)', 'timer 1 1500'],
      },
      {
        why: 'a seal of view 0 and one of view 1 are not two',
        input: prepare(0, 0, 'A'),
        effects: [],
      },
      { why: 'a second one of view 1', input: prepare(2, 1, 'A'), effects: ['decide A of 1'] },
    ],
  },
  {
    name: 'an execution that ends after the view-change leads to no seal',
    lines: [
      { why: 'proposal', input: a0, effects: ['execute A fresh', 'timer 0 1000'] },
      {
        why: 'left in time',
        input: timeout(0),
        effects: ['share transactions', 'sign view-change(1,null)'],
      },
      { why: 'too late', input: executed(0, 'A'), effects: [] },
    ],
  },
  {
    name: 'without any report the new primary is free',
    lines: [
      { why: 'due', input: due, effects: ['timer 0 1000'] },
      {
        why: 'timeout',
        input: timeout(0),
        effects: ['share transactions', 'sign view-change(1,null)'],
      },
      {
        why: 'a majority reports nothing',
        input: viewChange(2, 1),
        effects: ['propose in 1 share 0.5 without 0', 'timer 1 1500'],
      },
    ],
  },
  {
    name: 'the highest report binds the primary, once it holds the block',
    self: 2,
    lines: [
      {
        why: 'nobody lies, so that one other is followed',
        input: viewChange(1, 2, sealed(1, n, 1, 'B')),
        effects: [
          'share transactions',
          'sign view-change(2,null)',
          'fetch B from 1',
          'timer 2 2000',
        ],
      },
      {
        why: 'held',
        input: { kind: 'fetched', block: blocks.B },
        effects: ['sign pre-prepare(2,B)', 'execute B again'],
      },
      {
        why: 'and sealed as by everybody',
        input: executed(2, 'B'),
        effects: ['sign prepare(2,B)'],
      },
    ],
  },
  {
    name: 'seals that came late decide also in a higher view',
    lines: [
      { why: 'due', input: due, effects: ['timer 0 1000'] },
      {
        why: 'timeout',
        input: timeout(0),
        effects: ['share transactions', 'sign view-change(1,null)'],
      },
      { why: 'late', input: prepare(0, 0, 'A'), effects: [] },
      { why: 'a majority of view 0', input: prepare(2, 0, 'A'), effects: ['decide A of 0'] },
    ],
  },
  {
    name: 'the same key in two places shows: two seals of one view, or a seal that is denied',
    lines: [
      { why: 'a seal', input: prepare(2, 0, 'A'), effects: ['timer 0 1000'] },
      { why: 'another', input: prepare(2, 0, 'B'), effects: ['equivocation of 2'] },
      {
        why: 'a seal of view 1',
        input: prepare(0, 1, 'A'),
        effects: ['share transactions', 'sign view-change(1,null)', 'timer 1 1500'],
      },
      {
        why: 'denied',
        input: viewChange(0, 2),
        effects: ['amnesia of 0', 'sign view-change(2,null)', 'timer 2 2000'],
      },
    ],
  },
  {
    name: 'rule 7: repeats block and seal',
    self: 0,
    lines: [
      { why: 'due', input: due, effects: ['propose in 0 share 1 without 0', 'timer 0 1000'] },
      {
        why: 'sealed',
        input: { kind: 'proposal', view: 0, block: blocks.A },
        effects: ['sign pre-prepare(0,A)', 'sign prepare(0,A)'],
      },
      {
        why: 'every second',
        input: resendTick,
        effects: ['repeat pre-prepare(0,A) prepare(0,A)'],
      },
    ],
  },
]

converse(
  t,
  conversations.map((conversation) => ({ n, engine, ...conversation })),
)

/** What a peer makes of the proposal. */
function verdict(name: 'A' | 'B', justification: PrePrepare['justification']): string {
  const message = prePrepare({ n, view: 1, name }, justification)
  const verification = verifyMessage(contextFor(n, null, engine), message)
  return verification.ok ? 'ok' : verification.reason
}

t.test('a new primary shows a majority of view-changes, its own among them', async (t) => {
  const own = viewChange(1, 1)
  t.equal(verdict('A', justify([viewChange(0, 1), own])), 'ok')
  t.equal(verdict('A', justify([own])), 'UNJUSTIFIED', 'one of three')
  t.equal(verdict('A', justify([viewChange(0, 1), viewChange(2, 1)])), 'UNJUSTIFIED', 'not its own')
  t.equal(verdict('A', justify([own, viewChange(2, 2)])), 'UNJUSTIFIED', 'of another view')
})

t.test('the highest report binds, and is proven by the seal of who reports it', async (t) => {
  const seal = sealed(2, n, 0, 'A')
  const bound = [viewChange(1, 1), viewChange(2, 1, seal)]
  t.equal(verdict('A', justify(bound, seal)), 'ok')
  t.equal(verdict('B', justify(bound, seal)), 'UNJUSTIFIED', 'another block')
  t.equal(verdict('A', justify(bound)), 'UNJUSTIFIED', 'no seal')
  t.equal(verdict('A', justify(bound, sealed(0, n, 0, 'A'))), 'UNJUSTIFIED', 'another’s seal')
  t.equal(verdict('A', justify(bound, sealed(2, n, 0, 'B'))), 'UNJUSTIFIED', 'of another block')
  const context = contextFor(n, null, engine)
  const reporting = viewChange(2, 1, seal)
  t.ok(verifyMessage(context, reporting).ok)
  const borrowed = { ...reporting, certificate: sealed(0, n, 0, 'A') }
  t.match(verifyMessage(context, borrowed), { ok: false, reason: 'BAD_REPORT' })
})

const next = { view: 1, name: 'B' } as const

/**
 * Trace 7: R0 seals A in view 0, R1 B in view 1, R2 A in view 2, R0 B in view 3. Each is cut off after its seal. Nobody broke a
 * rule: each primary heard of the highest report among a majority that holds its own.
 */
function trace7() {
  const [r0, r1, r2] = [0, 1, 2].map((self) => talk({ n, self, engine }))
  if (r0 === undefined || r1 === undefined || r2 === undefined) throw new Error('three')
  r0.say(due)
  const sealedA = r0.say({ kind: 'proposal', view: 0, block: blocks.A })
  r1.say(viewChange(2, 1))
  const sealedB = r1.say({ kind: 'proposal', ...next, block: blocks.B })
  r2.say(viewChange(0, 2, sealed(0, n, 0, 'A')))
  r2.say({ kind: 'fetched', block: blocks.A })
  const againA = r2.say(executed(2, 'A'))
  r0.say(viewChange(1, 3, sealed(1, n, 1, 'B')))
  r0.say({ kind: 'fetched', block: blocks.B })
  const againB = r0.say(executed(3, 'B'))
  return { seals: [sealedA, sealedB, againA, againB], replicas: [r0, r1, r2] }
}

/** The broken rule: seals are counted by block. */
function decidesAdding(state: State): ReadonlySet<string> {
  const seals = state.kept.flatMap(({ prepare }) => (prepare === null ? [] : [prepare.blockId]))
  return new Set(seals.filter((id) => seals.filter((other) => other === id).length >= 2))
}

t.test('trace 7: seals of different views are never added', async (t) => {
  const { seals } = trace7()
  t.strictSame(
    seals.map((words) => words.find((word) => word.startsWith('sign prepare'))),
    ['sign prepare(0,A)', 'sign prepare(1,B)', 'sign prepare(2,A)', 'sign prepare(3,B)'],
    'every seal of the trace is signed by the rules',
  )
  const early = talk({ n, self: null, engine })
  const late = talk({ n, self: null, engine })
  for (const seal of [prepare(0, 0, 'A'), prepare(2, 2, 'A')]) {
    t.strictSame(early.say(seal), [], 'A has a seal of view 0 and one of view 2')
  }
  for (const seal of [prepare(1, 1, 'B'), prepare(0, 3, 'B')]) {
    t.strictSame(late.say(seal), [], 'B has a seal of view 1 and one of view 3')
  }
  t.equal(decide(early.state()), null)
  t.equal(decide(late.state()), null)
  const forked = new Set([...decidesAdding(early.state()), ...decidesAdding(late.state())])
  t.equal(forked.size, 2, 'whoever adds them decides both')
})

t.test('one authority that lies forks the chain: PoA bears crashes only', async (t) => {
  const one = talk({ n, self: 1, engine })
  const other = talk({ n, self: 2, engine })
  one.say(a0)
  one.say(executed(0, 'A'))
  other.say(prePrepare({ n, view: 0, name: 'B' }))
  other.say(executed(0, 'B'))
  t.strictSame(one.say(prepare(0, 0, 'A')), ['decide A of 0'])
  t.strictSame(other.say(prepare(0, 0, 'B')), ['decide B of 0'])
  const faithful = talk({ n: 4, self: 1 })
  faithful.say(prePrepare({ n: 4, view: 0, name: 'A' }))
  faithful.say(executed(0, 'A'))
  t.strictSame(faithful.say(prepare(0, 0, 'A')), [], 'PBFT asks for a quorum that shares more')
})
