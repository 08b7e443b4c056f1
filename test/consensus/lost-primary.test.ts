// A primary whose connection is gone is left after an eighth of the base timeout; one that is back, or was never there, is not.
import t from 'tap'
import { pbft } from '../../consensus/pbft/engine.ts'
import { configFor, due, executed, prePrepare, talk, timeout, viewChange } from './conversation.ts'
import { type Conversation, converse } from './table.ts'

const n = 4
const a0 = prePrepare({ n, view: 0, name: 'A' })
const gone = (peer: number) => ({ kind: 'disconnected', peer }) as const
const back = (peer: number) => ({ kind: 'connected', peer }) as const

const conversations: readonly Conversation[] = [
  {
    name: 'the connection ends while the primary is waited for',
    lines: [
      { why: 'a block is due', input: due, effects: ['timer 0 1000'] },
      { why: 'another peer', input: gone(2), effects: [] },
      { why: 'the primary', input: gone(0), effects: ['timer 0 125'] },
      { why: 'no news', input: gone(0), effects: [] },
      { why: 'it is back in time', input: back(0), effects: ['timer 0 1000'] },
      { why: 'gone again', input: gone(0), effects: ['timer 0 125'] },
      {
        why: 'the view is left by the same rule as any other',
        input: timeout(0),
        effects: ['share transactions', 'sign view-change(1,null)'],
      },
    ],
  },
  {
    name: 'the connection ended before a block is due',
    lines: [
      { why: 'nothing is expected yet', input: gone(0), effects: [] },
      { why: 'a block is due', input: due, effects: ['timer 0 125'] },
    ],
  },
  {
    name: 'a primary that died after its proposal is not waited for either',
    lines: [
      { why: 'a proposal', input: a0, effects: ['execute A fresh', 'timer 0 1000'] },
      { why: 'prepared here', input: executed(0, 'A'), effects: ['sign prepare(0,A)'] },
      { why: 'the primary dies', input: gone(0), effects: ['timer 0 125'] },
    ],
  },
  {
    name: 'the primary of a higher view is gone',
    self: 3,
    lines: [
      { why: 'primary of view 1', input: gone(1), effects: [] },
      { why: 'another view', input: due, effects: ['timer 0 1000'] },
      {
        why: 'leave',
        input: timeout(0),
        effects: ['share transactions', 'sign view-change(1,null)'],
      },
      { why: 'two are there', input: viewChange(0, 1), effects: [] },
      { why: 'a quorum is there', input: viewChange(2, 1), effects: ['timer 1 125'] },
    ],
  },
]

converse(t, conversations)

t.test('a primary that comes and goes cannot hold its view beyond the usual time', async (t) => {
  const replica = talk({ n, self: 1 })
  t.strictSame(replica.say(due), ['timer 0 1000'])
  for (let passed = 100; passed <= 900; passed += 200) {
    replica.wait(100)
    t.strictSame(replica.say(gone(0)), [`timer 0 ${Math.min(125, 1_000 - passed)}`])
    replica.wait(100)
    t.strictSame(replica.say(back(0)), [`timer 0 ${900 - passed}`], `after ${passed + 100} ms`)
  }
  t.strictSame(replica.say(timeout(0)), ['share transactions', 'sign view-change(1,null)'])
})

t.test('what is known of links goes on from height to height, for members alone', async (t) => {
  const before = talk({ n, self: 1 })
  before.say(gone(0))
  before.say(gone(3))
  const config = { ...configFor(3, 1), height: 5 }
  const { state } = pbft.start({ config, nowMs: 0, resume: null, previous: before.state() })
  const [first] = config.validators
  t.same([...state.lost], [first?.account])
  const restarted = pbft.start({ config, nowMs: 0, resume: null, previous: null })
  t.equal(restarted.state.lost.size, 0, 'a new process has met nobody yet')
})
