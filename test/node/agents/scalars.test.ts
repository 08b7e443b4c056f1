// A payer that reads scalars: right ones make the sum, a wrong one is complained about and asked for again.
import { type Test, test } from 'tap'
import { faultTable, queryTable, resultTable } from '../../../apps/vault/state.ts'
import { createSeedSigner } from '../../../client/signer.ts'
import type { Answered } from '../../../node/agents/payer/question.ts'
import { createSums } from '../../../node/agents/payer/sums.ts'
import type { Digest } from '../../../vm/types.ts'
import { ask, letAskBucket, letWrite, segmentOf } from '../../apps/vault/cast.ts'
import { dealRep, recordRep, scalarRespondOf } from '../../apps/vault/replicated/scene.ts'
import { createWorld, idOf, must, type World } from '../../apps/vault/world.ts'
import { contextFor, type Said } from './stage.ts'

const PAYER = 'payer a'

async function asked(t: Test) {
  const world = await createWorld()
  const ready = dealRep(world, { answers: 'scalar' })
  letWrite(world, 'pat')
  const records = recordRep(world, ready, { name: 'pat', amounts: [100n, 20n, 3n] })
  const consent = letAskBucket(world, ready.committee, 'pat')
  const question = ask(world, ready, { target: segmentOf('pat', 0), consent })
  const respond = (index: number, forge?: Parameters<typeof scalarRespondOf>[2]['forge']) => {
    const answer = { query: question.query, index, records, word: `answer ${world.blocks.length}` }
    const payload = scalarRespondOf(
      world,
      ready,
      forge === undefined ? answer : { ...answer, forge },
    )
    must(world, 'rep.respondScalar', payload, `server ${index}`)
  }
  const said: Said[] = []
  const context = await contextFor(t, world, { name: PAYER, said })
  const signer = createSeedSigner({ account: idOf(PAYER), seed: new Uint8Array(32).fill(3) })
  const { committee } = ready
  const sums = createSums({ context, signer, committee, fee: 0n })
  return { world, question, respond, said, sums }
}

function answered(
  world: World,
  question: { query: Digest; answerSecret: `0x${string}` },
): Answered {
  const { query, answerSecret } = question
  const found = queryTable.get(world.state(), query)
  const result = resultTable.get(world.state(), query)
  if (found === undefined || result === undefined) throw new Error('no result')
  return { query, answerSecret, asked: found, result }
}

test('the sum of right scalars is exact, and settled with a proof', async (t) => {
  const { world, question, respond, said, sums } = await asked(t)
  respond(1)
  respond(2)
  const sum = await sums.read(answered(world, question))
  t.equal(sum?.minorUnits, 123n)
  t.same(said, [])
  const act = sum?.settlement()
  const type = world.rules.types.get(act?.tag ?? 0)
  if (act === undefined || type === undefined) throw new Error('no settlement')
  must(world, 'query.settle', type.payload.fromCbor(act.payload), PAYER)
})

test('a wrong scalar is complained about, and the sum comes with the answer that replaces it', async (t) => {
  const { world, question, respond, said, sums } = await asked(t)
  respond(1, ({ f, g }) => ({ f: f + 1n, g }))
  respond(2)
  const reading = sums.read(answered(world, question))
  // Server 1 was alone with class 1; its wrong answer makes room for that of server 3.
  while (said.length < 1) await new Promise((resolve) => setImmediate(resolve))
  t.match(said[0], { type: 'rep.complainResponse', code: '' })
  while (said.length < 2) await new Promise((resolve) => setImmediate(resolve))
  respond(3)
  respond(2)
  const sum = await reading
  t.equal(sum?.minorUnits, 123n)
  t.ok(faultTable)
})
