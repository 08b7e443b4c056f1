// Proofs of disputes, policies and payouts bind everything: no part, no fact and no place can be exchanged under one.
import t from 'tap'
import { recordId } from '../../../apps/vault/ids.ts'
import { checkBinding, checkForeign, checkGarbage, sampleOf, verdictOf } from './binding.ts'
import { letAskBucket, letWrite } from './cast.ts'
import { deal } from './dealing.ts'
import { agree, nextSegment, settleOf, termsOf } from './policies.ts'
import { disputeOf, toldRecordOf } from './receipts.ts'
import { createWorld, must, type TypeName } from './world.ts'

/** Every type once and valid, in two worlds that differ in amounts and terms. */
async function samplesOf(word: string, amount: bigint) {
  const world = await createWorld()
  const of = (type: TypeName, payload: unknown) => sampleOf(world, type, payload)
  const ready = deal(world, { word })
  letWrite(world, 'pat')
  const record = toldRecordOf(world, ready, { name: 'pat', amount, told: amount + 1n })
  must(world, 'vault.record', record, 'hospital desk')
  const dispute = disputeOf(world, { id: recordId(record), box: record.box, name: 'pat' })
  const consent = letAskBucket(world, ready.committee, 'pat')
  const asked = { consent, amounts: [amount, 100n, 20n] }
  const first = nextSegment(world, ready, { ...asked, segment: 0 })
  const plain = settleOf(world, first, agree(world, { rate: Number(amount) }))
  const settled = of('query.settle', plain.payload)
  const committed = { version: 2, payout: 'committed', rate: Number(amount) } as const
  const hidden = settleOf(world, first, agree(world, committed))
  return {
    chainId: world.chainId,
    samples: [
      of('receipt.dispute', dispute),
      of('policy.agree', termsOf(world, { version: 3, rate: Number(amount) })),
      settled,
      of('query.settle', hidden.payload),
    ],
  }
}

const { chainId, samples } = await samplesOf('one', 50n)
const { samples: others } = await samplesOf('two', 60n)

for (const [place, sample] of samples.entries()) {
  const tried = { chainId, sample, other: others[place] }
  const name = `${sample.tx.name} ${place}`
  t.test(`${name}: nothing can be exchanged under its proofs`, async (t) => checkBinding(t, tried))
  t.test(`${name}: a proof of another object does not fit`, async (t) => checkForeign(t, tried))
  t.test(`${name}: malformed proofs and points are refusals`, async (t) => checkGarbage(t, tried))
}

t.test('a range proof of another settlement does not fit', async (t) => {
  for (const [place, sample] of samples.entries()) {
    if (sample.tx.name !== 'query.settle') continue
    const [mine, theirs] = [sample, others[place]].map(
      (of) => of && (of.tx.payload.toJson(of.payload) as { readonly payout: object }),
    )
    if (!(mine && theirs)) throw new Error('two settlements')
    const { rangeProof } = theirs.payout as { readonly rangeProof: string }
    const forged = { ...mine, payout: { ...mine.payout, rangeProof } }
    const payload = sample.tx.payload.fromJson(forged)
    t.same(verdictOf(chainId, { ...sample, payload }), { ok: false, code: 'PROOF_PAYOUT' })
  }
})
