// Keys that are nothing: seats whose share is 0, by a dealer's polynomial or by members who collude.
import t from 'tap'
import { silenceTable } from '../../../apps/vault/state.ts'
import { polynomialOf } from '../../../client/committee/deal.ts'
import { assert } from '../../../vm/assert.ts'
import { toHex } from '../../../vm/bytes.ts'
import { modulo } from '../../../vm/crypto/integer.ts'
import { shareOf } from '../../../vm/crypto/shamir.ts'
import { dealPlanOf, keysetOf, memberNames } from '../committee/cast.ts'
import type { Script } from '../committee/conversation.ts'
import { chosen } from '../committee/spoiled.ts'
import { ask, letAskBucket, readSum, respond, responseOf, segmentOf } from './cast.ts'
import { deal, prepareDeal } from './dealing.ts'
import { begin, initKeysetOf, letAllWrite, makeKeyset, recordBy } from './keyset-scene.ts'
import { prepareReshare } from './reshare-scene.ts'
import { createWorld, idOf, must, suite, type World } from './world.ts'

const { group } = suite
const nothing = new Uint8Array(32)

/** The last of five dealers knows what the others dealt to its confederate in seat 1, and takes it back. */
function emptySeat(world: World): Script {
  const place = { keyset: keysetOf(), epoch: 1 }
  return {
    deals: {
      5: (plan) => {
        const known = memberNames(4).reduce((sum, name, i) => {
          const theirs = dealPlanOf(world, place, { name, index: i + 1 })
          return sum + shareOf(group, polynomialOf(group, theirs, 0), 1)
        }, 0n)
        return chosen(() => [modulo(-known - 11n, group.order), 5n, 6n])(plan)
      },
    },
  }
}

t.test(
  'colluders may empty a seat of theirs: it proves no answer and pays for its silence',
  async (t) => {
    const world = await createWorld()
    const made = makeKeyset(world, { purposes: ['vault'] }, emptySeat(world))
    const [empty] = made.committee?.keys[0]?.memberKeys ?? []
    assert(empty, 'a key of the first seat')
    t.equal(toHex(empty), toHex(nothing), 'the attack works')
    const taken = begin(world, made)
    letAllWrite(world, 'pat')
    recordBy(world, taken, { hospital: 'clinic', name: 'pat', amounts: [1n, 20n, 300n] })
    const consent = letAskBucket(world, taken.committee, 'pat')
    const question = ask(world, taken, { target: segmentOf('pat', 0), consent })
    const { query } = question
    const theirs = responseOf(world, taken, { query, index: 2 })
    const forged = { ...theirs, account: idOf('server 1'), index: 1 }
    t.equal(world.send('query.respond', forged, 'server 1').code, 'POINT_INVALID')
    for (const index of [2, 3]) t.equal(respond(world, taken, { query, index }).code, '')
    world.wait(60_001)
    must(world, 'query.timeout', { account: idOf('pat'), query }, 'pat')
    t.equal(silenceTable.get(world.state(), idOf('server 1')), 1)
    const again = ask(world, taken, { target: segmentOf('pat', 0), consent })
    for (const index of [3, 4, 5]) respond(world, taken, { query: again.query, index })
    t.equal(readSum(world, again), 321n, 'the others are enough')
  },
)

t.test('an empty seat does not count among those that a committee needs', async (t) => {
  const world = await createWorld()
  const script = { ...emptySeat(world), noAck: [3] }
  const made = makeKeyset(world, { purposes: ['vault'] }, script)
  t.equal(made.phase, 'active')
  const { payload } = initKeysetOf(made, {})
  const admins = ['hospital admin', 'clinic admin']
  t.equal(world.send('vault.initKeyset', payload, ...admins).code, 'KEYSET_WEAK')
})

t.test(
  'a dealer whose polynomial has a seat for a root deals nothing, at first or again',
  async (t) => {
    const world = await createWorld()
    const dealing = prepareDeal(world, { threshold: 2, word: 'rooted' })
    const ready = deal(world, { threshold: 2 })
    const { payload } = prepareReshare(world, ready, { servers: memberNames(4, 2), threshold: 2 })
    for (const [type, built] of [
      ['vault.init', dealing.init],
      ['vault.reshare', payload],
    ] as const) {
      const [constant] = built.commitments
      const point = constant && group.decode(constant)
      assert(constant && point, 'A_0')
      const send = (second: Uint8Array) =>
        world.send(type, { ...built, commitments: [constant, second] }, 'hospital desk').code
      t.equal(send(group.encode(group.negate(point))), 'POINT_INVALID', `${type}: K_1 is nothing`)
      t.equal(send(nothing), 'POINT_INVALID', `${type}: one share is the key itself`)
    }
  },
)
