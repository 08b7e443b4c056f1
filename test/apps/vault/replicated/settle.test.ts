// Sums of replicated records are settled by the same policies, whichever way they were answered.
import t from 'tap'
import { askedSharesTable, queryTable, resultTable } from '../../../../apps/vault/state.ts'
import { buildSettle } from '../../../../client/vault/query.ts'
import {
  buildScalarSettle,
  combineScalars,
  sumClasses,
} from '../../../../client/vault/replicated/answer.ts'
import { assert } from '../../../../vm/assert.ts'
import { ask, letAskBucket, letWrite, readSum, segmentOf } from '../cast.ts'
import { agree } from '../policies.ts'
import { createWorld, entropyOf, idOf, must, suite } from '../world.ts'
import { dealRep, noncesOf, recordRep, repRespond, scalarRespondOf } from './scene.ts'

const { group } = suite

for (const payout of ['plain', 'committed'] as const)
  for (const answers of ['masked', 'scalar'] as const)
    t.test(`a ${payout} payout of ${answers} answers`, async (t) => {
      const world = await createWorld()
      const committee = dealRep(world, { answers })
      letWrite(world, 'pat')
      const records = recordRep(world, committee, { name: 'pat', amounts: [100n, 50n, 53n] })
      const consent = letAskBucket(world, committee.committee, 'pat')
      const question = ask(world, committee, { target: segmentOf('pat', 0), consent })
      const { query, answerSecret } = question
      for (const index of [1, 2]) {
        const answer = { query, records, index }
        if (answers === 'masked') t.equal(repRespond(world, committee, answer).code, '')
        else {
          const payload = scalarRespondOf(world, committee, answer)
          must(world, 'rep.respondScalar', payload, `server ${index}`)
        }
      }
      const account = agree(world, { payout })
      const result = resultTable.get(world.state(), query)
      const asked = queryTable.get(world.state(), query)
      const shares = askedSharesTable.get(world.state(), query)
      assert(result && asked && shares, 'a result')
      const { committee: id, epoch } = committee
      const place = { committee: id, epoch, nonces: noncesOf(world, records) }
      const sums = [...sumClasses(group, place, committee.secrets).values()]
      const opened = combineScalars(group, sums, shares)
      t.equal(opened.sum, 203n)
      const settling = {
        chainId: world.chainId,
        account: idOf('payer a'),
        query,
        entropy: entropyOf('settle'),
        paying: { tools: { group, range: suite }, account },
      }
      const { payload, next } =
        answers === 'masked'
          ? buildSettle(group, {
              ...settling,
              result,
              answerSecret,
              sum: readSum(world, question) ?? 0n,
            })
          : buildScalarSettle(group, { ...settling, ...opened, answerKey: asked.answerKey })
      t.equal(world.send('query.settle', payload, 'payer a').code, '')
      t.equal(next?.sum.amount, 203n)
      t.equal(world.balance('pat'), payout === 'plain' ? 82n : 0n, 'floor(0.8 · 103)')
      t.equal(next?.promised.amount, payout === 'plain' ? 0n : 82n)
    })
