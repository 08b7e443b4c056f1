// Whole networks in virtual time: no seed may fork, vote twice, lose what was acknowledged or stay stuck.
import t from 'tap'
import { installNativeSha256 } from '../../node/crypto/sha256.ts'
import { real } from './signatures.ts'
import { simulate, simulateSeed } from './simulation.ts'

installNativeSha256()

/** How many seeds of 20 heights with this many validators. */
const CAMPAIGN = [
  { validators: 1, seeds: 10 },
  { validators: 4, seeds: 12 },
  { validators: 7, seeds: 2 },
] as const

for (const { validators, seeds } of CAMPAIGN) {
  t.test(
    `${validators} validators decide 20 heights whatever happens, ${seeds} times`,
    async (t) => {
      for (let seed = 1; seed <= seeds; seed++) {
        const { failure, heights } = await simulateSeed({ seed, validators, heights: 20 })
        if (failure !== null) t.fail(`seed ${seed}: ${failure.checker}: ${failure.text}`)
        else if (heights < 20) t.fail(`seed ${seed}: ${heights} heights`)
      }
    },
  )
}

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
