// Handing a key over: old records stay readable, answers of two epochs never combine, duties end when they should.
import t from 'tap'
import { respondSession } from '../../../apps/vault/query-respond.ts'
import { responseStatement } from '../../../apps/vault/statements.ts'
import { buildResponse } from '../../../client/vault/query.ts'
import { assert } from '../../../vm/assert.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import { encrypt, unmask } from '../../../vm/crypto/commitment.ts'
import type { Point } from '../../../vm/crypto/group.ts'
import { lagrangeAtZero } from '../../../vm/crypto/shamir.ts'
import { verifyLinear } from '../../../vm/crypto/sigma.ts'
import { createWorld, entropyOf, idOf, suite } from '../vault/world.ts'
import { epochOf, inForce, keysetOf, memberNames, type Standing, windows } from './cast.ts'
import { handOver, make } from './conversation.ts'

const { group } = suite
const chainId = idOf('chain')
const y = 987_654n
const Y = group.multiplyBase(y)

function pointOf(bytes: Uint8Array | undefined): Point {
  const point = group.decode(bytes ?? new Uint8Array())
  assert(point, 'a point')
  return point
}

/** A server's answer about ΣR as the vault's servers make it, with the share of this epoch. */
function answerOf(made: Standing, index: number, R: Point) {
  const share = made.shares.get(index)?.[0]
  assert(share, 'the seat has a share')
  return buildResponse(group, {
    chainId,
    account: idOf(made.names[index - 1] ?? ''),
    committee: made.keyset,
    epoch: made.epoch,
    index,
    share,
    query: idOf('query'),
    ephemeral: group.encode(R),
    answerKey: group.encode(Y),
    entropy: entropyOf(`answer ${made.epoch} ${index}`),
  })
}

type Answer = ReturnType<typeof answerOf>

/** Whether an answer passes as one of an epoch. */
function passes(answer: Answer, made: Standing, R: Point): boolean {
  const K = pointOf(made.committee?.keys[0]?.memberKeys[answer.index - 1])
  const points = { K, S: R, Y, E1: pointOf(answer.first), E2: pointOf(answer.second) }
  const session = respondSession(chainId, { ...answer, epoch: made.epoch })
  const statement = responseStatement(session, points)
  return verifyLinear({ ...statement, group, proof: answer.proof, form: 'short' })
}

/** What the answers decrypt to. */
function combine(answers: readonly Answer[], C: Point): Point {
  const lambdas = lagrangeAtZero(
    group,
    answers.map(({ index }) => index),
  )
  const E1 = answers.map(({ first }) => pointOf(first))
  const E2 = answers.map(({ second }) => pointOf(second))
  const masked = group.add(C, group.negate(group.combine(E2, lambdas)))
  return unmask(group, group.order - y, { R: group.combine(E1, lambdas), C: masked })
}

t.test('a record of the first epoch is read in the second and the third', async (t) => {
  const world = await createWorld()
  const first = make(world, { members: memberNames(5), threshold: 3 })
  const K = pointOf(first.committee?.keys[0]?.commitments[0])
  const { R, C } = encrypt(group, K, { amount: 4_200n, r: 31_337n })
  const expected = group.multiply(basesOf(group).H, 4_200n)
  const second = handOver(world, first, { members: memberNames(5), threshold: 3 })
  const third = handOver(world, second, { members: memberNames(4, 8), threshold: 2 })
  for (const made of [first, second, third]) {
    const indices = [...made.shares.keys()].slice(-made.threshold)
    const answers = indices.map((index) => answerOf(made, index, R))
    for (const answer of answers) t.ok(passes(answer, made, R))
    t.ok(group.equal(combine(answers, C), expected), `epoch ${made.epoch}`)
  }
})

t.test('answers of two epochs do not combine, and none passes for one of the other', async (t) => {
  const world = await createWorld()
  const old = make(world, { members: memberNames(5), threshold: 3 })
  const next = handOver(world, old, { members: memberNames(5), threshold: 3 })
  const K = pointOf(old.committee?.keys[0]?.commitments[0])
  const { R, C } = encrypt(group, K, { amount: 4_200n, r: 31_337n })
  const expected = group.multiply(basesOf(group).H, 4_200n)
  for (const mixed of [
    [answerOf(old, 1, R), answerOf(old, 2, R), answerOf(next, 3, R)],
    [answerOf(old, 1, R), answerOf(next, 2, R), answerOf(next, 3, R)],
  ])
    t.notOk(group.equal(combine(mixed, C), expected))
  for (const index of [1, 2, 3, 4, 5]) {
    t.notOk(passes(answerOf(old, index, R), next, R), `old ${index} as new`)
    t.notOk(passes(answerOf(next, index, R), old, R), `new ${index} as old`)
  }
  // Whoever relabels its own answer proves it anew, but has no share of the other epoch.
  const relabelled = answerOf({ ...old, epoch: next.epoch }, 1, R)
  t.notOk(passes(relabelled, next, R))
})

t.test(
  'the old committee is in force until the hour that was set, also if all have acknowledged',
  async (t) => {
    const world = await createWorld()
    const old = make(world, { members: memberNames(3), threshold: 2 })
    let before: number | undefined
    const beforeEnd = () => {
      before = inForce(world, old.keyset)
    }
    const next = { members: memberNames(3, 6), threshold: 2, script: { beforeEnd } }
    const { shares } = handOver(world, old, next)
    t.equal(shares.size, 3, 'all have acknowledged')
    t.equal(before, 1)
    t.equal(inForce(world, old.keyset), 2)
  },
)

t.test('a new key is in force as soon as all have acknowledged, and not before', async (t) => {
  for (const noAck of [[], [2]]) {
    const world = await createWorld()
    let before: number | undefined
    const beforeEnd = () => {
      before = inForce(world, keysetOf())
    }
    const { keyset } = make(world, { members: memberNames(4), threshold: 3 }, { noAck, beforeEnd })
    t.equal(before, noAck.length === 0 ? 1 : undefined)
    t.equal(inForce(world, keyset), 1)
  }
})

t.test('windows end as soon as everybody has done its part', async (t) => {
  const world = await createWorld()
  const start = world.now()
  const made = make(world, { members: memberNames(3), threshold: 2 })
  const { run } = epochOf(world, made)
  t.ok(run.complaintsEndMs < start + windows.complaintMs + 100)
  t.equal(run.acksEndMs, run.complaintsEndMs + windows.ackMs)
})

t.test('queries show keysets, epochs, offers, dealings, faults', async (t) => {
  const world = await createWorld()
  const ask = async (name: string, parameters: object) => {
    const answer = await world.query(name, parameters)
    return answer.ok ? (answer.result as Record<string, unknown>) : answer.code
  }
  const unknown = { keyset: idOf('none') }
  t.equal(await ask('committee.keyset', unknown), 'KEYSET_UNKNOWN')
  t.equal(await ask('committee.epoch', { ...unknown, epoch: 1 }), 'KEYSET_UNKNOWN')
  const { keyset } = make(
    world,
    { members: memberNames(4), threshold: 3 },
    { accuse: [[4, 1]], noDeal: [3], noAck: [2] },
  )
  t.match(await ask('committee.keyset', { keyset }), { active: null, committee: null })
  t.match(await ask('committee.epoch', { keyset, epoch: 1 }), {
    phase: 'aborted',
    qualified: null,
    progress: { dealt: [1, 2, 4], opened: [1], culprits: [idOf('server 4')] },
  })
  const at = { keyset, epoch: 1 }
  t.match(await ask('committee.offer', { ...at, account: idOf('server 1') }), { found: {} })
  t.match(await ask('committee.offer', { ...at, account: idOf('server 9') }), { found: null })
  t.match(await ask('committee.dealing', { ...at, dealer: 2 }), {
    found: { account: idOf('server 2') },
  })
  t.match(await ask('committee.dealing', { ...at, dealer: 3 }), { found: null })
  const bar = (await ask('committee.bar', { keyset, account: idOf('server 4') })) as {
    fault: string
  }
  t.match(await ask('committee.fault', { fault: bar.fault }), {
    found: { kind: 'false-complaint', culprit: idOf('server 4'), index: 4 },
  })
  t.match(await ask('committee.bar', { keyset, account: idOf('server 1') }), { fault: null })
  t.match(await ask('committee.fault', { fault: idOf('none') }), { found: null })
})
