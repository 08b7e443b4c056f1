// Beside a validator that lies nobody loses what the others cannot make up for: such a loss waits until they can, and then happens.
import t from 'tap'
import { installNativeSha256 } from '../../node/crypto/sha256.ts'
import { silent } from './actors/silent.ts'
import { noExtras } from './extras.ts'
import type { Plan } from './plan.ts'
import { simulate } from './simulation.ts'

installNativeSha256()

const HEIGHTS = 20
const LOSSES = HEIGHTS - 3

/** At every height, while so many frames get lost that heights take several views. */
const losing: readonly { readonly kind: 'wiped store' | 'wiped journal'; readonly seed: number }[] =
  [
    // Without waiting: the only correct holder of a block, who had voted at the next height, loses it.
    { kind: 'wiped store', seed: 56 },
    { kind: 'wiped journal', seed: 1 },
  ]

for (const { kind, seed } of losing) {
  t.test(`${kind} at every height, beside one who says nothing`, async (t) => {
    const replan = (plan: Plan): Plan => ({
      ...plan,
      byzantine: [0],
      background: { loss: 0.25, repeat: 0.05, stragglers: 0.02, delayMaxMs: 20 },
      clients: { count: 1, pauseMs: 10 },
      clocks: plan.clocks.map(() => ({ skewMs: 0, rate: 1 })),
      episodes: Array.from({ length: LOSSES }, (_, height) => ({
        atHeight: height + 1,
        episode: { kind, downMs: 50 },
      })),
      extras: noExtras,
    })
    const { failure, faults, heights } = await simulate({
      ...{ seed, replan, validators: 4, heights: HEIGHTS, actors: [silent] },
    })
    t.equal(failure, null)
    t.ok(heights >= HEIGHTS)
    t.equal(faults[kind], LOSSES)
    if (kind === 'wiped store') t.ok((faults['loss put off'] ?? 0) > 0)
  })
}
