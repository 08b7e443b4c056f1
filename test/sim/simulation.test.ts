// One seed decides everything: the same seed is the same run, with real signatures too.
import t from 'tap'
import { installNativeSha256 } from '../../node/crypto/sha256.ts'
import { real } from './signatures.ts'
import { simulate } from './simulation.ts'

installNativeSha256()

t.test('the same seed is the same run, event by event', async (t) => {
  for (const seed of [3, 14, 159]) {
    const options = { seed, validators: 4, heights: 20 }
    const { traceHash, faults } = await simulate(options)
    const again = await simulate(options)
    t.equal(again.traceHash, traceHash, `seed ${seed}`)
    t.strictSame(again.faults, faults)
  }
  const [one, two] = await Promise.all(
    [3, 14].map((seed) => simulate({ seed, validators: 4, heights: 5 })),
  )
  t.not(one?.traceHash, two?.traceHash)
})

t.test('real signatures decide the same, event by event', async (t) => {
  const options = { seed: 5, validators: 4, heights: 20 }
  const [quick, slow] = [await simulate(options), await simulate({ ...options, signatures: real })]
  t.equal(slow.shape, quick.shape)
  t.ok(slow.heights >= 20)
})
