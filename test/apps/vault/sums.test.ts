// The vault from deal to decrypted sum, and what a threshold of servers means.
import t from 'tap'
import { ask, letAskBucket, letWrite, readSum, recordAmounts, respond, segmentOf } from './cast.ts'
import { createWorld, deal } from './world.ts'

t.test('an insurer reads the sum that t servers let it read', async (t) => {
  const world = await createWorld()
  const ready = deal(world)
  letWrite(world, 'pat')
  recordAmounts(world, ready, { name: 'pat', amounts: [12_345n, 99n, 4_294_967_295n] })
  const consent = letAskBucket(world, ready.committee, 'pat')
  const question = ask(world, ready, { target: segmentOf('pat', 0), consent })
  t.equal(question.code, '')
  for (const index of [2, 5]) t.equal(respond(world, ready, { ...question, index }).code, '')
  t.equal(readSum(world, question), undefined)
  t.equal(respond(world, ready, { ...question, index: 1 }).code, '')
  t.equal(readSum(world, question), 12_345n + 99n + 4_294_967_295n)
})
