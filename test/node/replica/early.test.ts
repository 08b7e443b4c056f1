// Checklist: messages of heights that have not begun are bounded, whatever a peer sends and however far ahead.
import t from 'tap'
import { createEarlyMessages } from '../../../node/replica/frames.ts'
import { publicKeyOf } from '../../support/toy-chain.ts'
import { sign } from '../../support/toy-network.ts'

const blockId = `0x${'ab'.repeat(32)}` as const
const prepare = (height: number, view: number) =>
  sign(1, { kind: 'prepare', height, view, blockId, signer: 1 })
const commit = (height: number, view: number) =>
  sign(1, { kind: 'commit', height, view, blockId, signer: 1 })
const [peer, other] = ['peer-1', 'peer-2'].map(publicKeyOf)
if (peer === undefined || other === undefined) throw new Error('two peers')

t.test('one message of each kind is kept for a peer, the newest', async (t) => {
  const early = createEarlyMessages()
  for (let height = 2; height < 1_000; height++) early.keep(peer, prepare(height, 0))
  early.keep(peer, prepare(500, 7))
  early.keep(peer, commit(999, 1))
  early.keep(peer, commit(999, 0))
  t.strictSame(early.take(500), [], 'a lower height is gone')
  const taken = early.take(999)
  t.strictSame(
    taken.map(({ from, message }) => [from === peer, message.kind, message.view]),
    [
      [true, 'prepare', 0],
      [true, 'commit', 1],
    ],
  )
  t.strictSame(early.take(999), [], 'each once')
})

t.test('who claims a height far away pushes out nobody but itself', async (t) => {
  const early = createEarlyMessages()
  early.keep(other, prepare(2, 0))
  early.keep(peer, prepare(2 ** 40, 0))
  t.equal(early.take(2).length, 1)
  t.equal(early.take(3).length, 0)
  t.equal(early.take(2 ** 40).length, 1, 'and is heard when its height comes')
})
