// Proofs of the replicated sharing bind everything: no part of a transaction, no fact and no place can be exchanged under one.
import t from 'tap'
import { repRespondSession } from '../../../../apps/vault/replicated/respond.ts'
import { queryTable, resultTable } from '../../../../apps/vault/state.ts'
import {
  buildComplainResponse,
  buildScalarSettle,
  combineScalars,
  sumClasses,
} from '../../../../client/vault/replicated/answer.ts'
import { buildRepComplainKey } from '../../../../client/vault/replicated/deal.ts'
import { assert } from '../../../../vm/assert.ts'
import { toHex } from '../../../../vm/bytes.ts'
import { checkBinding, checkForeign, checkGarbage, sampleOf, verdictOf } from '../binding.ts'
import { ask, invoiceOf, letAskBucket, letWrite, segmentOf } from '../cast.ts'
import { createWorld, entropyOf, idOf, must, suite, type TypeName } from '../world.ts'
import { repBatchOf } from './batches.ts'
import {
  dealRep,
  noncesOf,
  OWNER,
  prepareRep,
  recordComplaint,
  recordRep,
  repRecordOf,
  repRespondOf,
  repSeatOf,
  scalarRespondOf,
} from './scene.ts'

const { group } = suite

/** Every type with proofs, each once and valid, in two worlds that differ by the word of their deals. */
async function samplesOf(word: string, name: string) {
  const world = await createWorld()
  const { chainId } = world
  const of = (type: TypeName, payload: unknown) => sampleOf(world, type, payload)
  const next = prepareRep(world, { word: `${word} next` })
  const init = of('rep.init', next.init)
  must(world, 'rep.init', next.init, OWNER)
  const server = { chainId, account: idOf('server 1'), entropy: entropyOf(`${word} complaint`) }
  const complainKey = of(
    'rep.complainKey',
    buildRepComplainKey(group, repSeatOf(world, next, 1), { ...server, class: 1 }),
  )
  letWrite(world, name)
  const masked = dealRep(world, { word: `${word} masked` })
  const record = of('rep.record', repRecordOf(world, masked, invoiceOf(name, 9n, `${word} 9`)))
  const batched = [1n, 2n, 3n].map((amount) => invoiceOf(name, amount, `${word} batch ${amount}`))
  const batch = of('rep.recordBatch', repBatchOf(world, masked, batched))
  const given = { name, amounts: [1n, 2n, 3n] }
  const [first, ...more] = recordRep(world, masked, given)
  assert(first, 'records')
  const complaint = recordComplaint(world, masked, { id: first, index: 1, class: 1 })
  const target = segmentOf(name, 0)
  const consent = letAskBucket(world, masked.committee, name)
  const asked = { ...ask(world, masked, { target, consent }), records: [first, ...more] }
  const respond = of('rep.respond', repRespondOf(world, masked, { ...asked, index: 1 }))
  const scalar = dealRep(world, { word: `${word} scalar`, answers: 'scalar' })
  const records = recordRep(world, scalar, given)
  const other = letAskBucket(world, scalar.committee, name)
  const question = { ...ask(world, scalar, { target, consent: other }), records }
  const boxed = scalarRespondOf(world, scalar, { ...question, index: 1 })
  const respondScalar = of('rep.respondScalar', boxed)
  must(world, 'rep.respondScalar', boxed, 'server 1')
  must(
    world,
    'rep.respondScalar',
    scalarRespondOf(world, scalar, { ...question, index: 2 }),
    'server 2',
  )
  const [answer] = boxed.answers
  assert(answer, 'an answer')
  const { committee, epoch } = scalar
  const { query, answerSecret } = question
  const insurer = { chainId, account: idOf('payer a'), entropy: entropyOf(`${word} insurer`) }
  const complainResponse = of(
    'rep.complainResponse',
    buildComplainResponse(
      group,
      { ...answer, committee, epoch, query, index: 1 },
      { ...insurer, answerSecret, deposit: 1_000n },
    ),
  )
  const nonces = noncesOf(world, records)
  const sums = [...sumClasses(group, { committee, epoch, nonces }, scalar.secrets).values()]
  const { blinding } = combineScalars(group, sums, { offset: new Uint8Array(32) })
  const answerKey = queryTable.get(world.state(), query)?.answerKey
  assert(answerKey && resultTable.get(world.state(), query), 'the result')
  const settling = { ...insurer, query, answerKey, sum: 6n, blinding }
  const { payload: settle } = buildScalarSettle(group, settling)
  return {
    chainId,
    respond: repRespondOf(world, masked, { ...asked, index: 1 }),
    samples: [
      init,
      complainKey,
      record,
      batch,
      of('rep.complainRecord', complaint),
      respond,
      respondScalar,
      complainResponse,
      of('query.settle', settle),
    ],
  }
}

const { chainId, samples, respond } = await samplesOf('one', 'pat')
const { samples: others } = await samplesOf('two', 'sam')

for (const [place, sample] of samples.entries()) {
  const tried = { chainId, sample, other: others[place] }
  const { name } = sample.tx
  t.test(`${name}: nothing can be exchanged under its proofs`, async (t) => checkBinding(t, tried))
  t.test(`${name}: a proof of another object does not fit`, async (t) => checkForeign(t, tried))
  t.test(`${name}: malformed proofs and points are refusals`, async (t) => checkGarbage(t, tried))
}

t.test('the answers of one response cannot be exchanged with each other', async (t) => {
  const sample = samples.find(({ tx }) => tx.name === 'rep.respond')
  assert(sample, 'the response')
  const [first, second] = respond.answers
  assert(first && second, 'two answers')
  const swapped = [
    { ...first, proof: second.proof },
    { ...second, proof: first.proof },
  ]
  const renamed = [
    { ...second, class: first.class },
    { ...first, class: second.class },
  ]
  for (const answers of [swapped, renamed]) {
    const { payload: codec } = sample.tx
    const payload = codec.fromCbor(codec.toCbor({ ...respond, answers } as never))
    t.strictSame(verdictOf(chainId, { ...sample, payload }), { ok: false, code: 'PROOF_ANSWER' })
  }
  const sessions = [1, 2].map((held) => toHex(repRespondSession(chainId, respond, held)))
  t.equal(new Set(sessions).size, 2)
})
