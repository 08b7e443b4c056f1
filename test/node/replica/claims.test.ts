// How far a peer is believed that lied, and how it is forgiven.
import t from 'tap'
import { type Clock, nodeClock } from '../../../node/clock.ts'
import { createClaims } from '../../../node/replica/claims.ts'
import { peerKeyOf } from '../../support/toy-validator.ts'

const [liar, honest] = [peerKeyOf(0), peerKeyOf(1)]

function scene() {
  let nowMs = 0
  const clock: Clock = { ...nodeClock, monotonicMs: () => nowMs }
  const claims = createClaims({ connected: () => [liar, honest], height: () => 0, clock })
  for (const peerKey of [liar, honest]) claims.set(peerKey, { lowest: 1, highest: 9 })
  return { claims, wait: (ms: number) => (nowMs += ms) }
}

t.test('who lies every other time is left alone ever longer', async (t) => {
  const { claims, wait } = scene()
  const rests: number[] = []
  for (let count = 0; count < 20; count++) {
    const restMs = claims.distrust(liar)
    t.notOk(claims.holders(1).includes(liar))
    wait(restMs)
    t.ok(claims.holders(1).includes(liar), 'its time is over')
    claims.trust(liar)
    rests.push(restMs)
  }
  t.ok((rests[3] ?? 0) > 20_000, `${rests}`)
  t.equal(rests.at(-1), 600_000, 'up to the longest')
})

t.test(
  'who was caught once and delivers is as good as anybody in the end, and meanwhile comes last',
  async (t) => {
    const { claims, wait } = scene()
    wait(claims.distrust(liar))
    claims.trust(liar)
    t.same(claims.holders(1), [honest, liar], 'believed, after the other')
    for (let count = 0; count < 6; count++) claims.trust(liar)
    t.same(claims.holders(1), [liar, honest], 'nothing is held against it')
    t.equal(claims.distrust(liar), 5_000)
  },
)

t.test('a delivery ends the rest of a distrust', async (t) => {
  const { claims } = scene()
  claims.distrust(liar)
  claims.trust(liar)
  t.ok(claims.holders(1).includes(liar))
})
