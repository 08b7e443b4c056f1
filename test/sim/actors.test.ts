// Every adversary alone: honest validators go on, find it out where it can be found out, and accuse nobody else.
import t from 'tap'
import { installNativeSha256 } from '../../node/crypto/sha256.ts'
import { allActors } from './actors/all.ts'
import { noExtras } from './extras.ts'
import { simulate } from './simulation.ts'

installNativeSha256()

const SEEDS = [1, 2]
const HEIGHTS = 10
const wiped = { kind: 'wiped store', downMs: 300 } as const

for (const actor of allActors) {
  t.test(`${actor.name}: ${actor.expectation}`, async (t) => {
    const isLate = actor.atSync === true || actor.atState === true
    let misdeeds = 0
    let evidence = 0
    let penalties = 0
    for (const seed of SEEDS) {
      const outcome = await simulate({
        ...{ seed, heights: HEIGHTS, actors: [actor, actor] },
        validators: isLate ? 7 : 4,
        replan: (plan) => ({
          ...plan,
          extras: { ...noExtras, isStateQuick: actor.atState === true },
          byzantine: isLate ? [seed % 4, 5 - seed] : [seed % 4],
          episodes: isLate ? [5, 7].map((atHeight) => ({ atHeight, episode: wiped })) : [],
        }),
      })
      const { failure } = outcome
      if (failure !== null) t.fail(`seed ${seed}: ${failure.checker}: ${failure.text}`)
      t.ok(outcome.heights >= HEIGHTS, `seed ${seed}: ${outcome.heights} heights`)
      misdeeds += outcome.faults['misdeed'] ?? 0
      evidence += outcome.evidence
      penalties += outcome.penalties
    }
    t.ok(misdeeds > 0, `${misdeeds} misdeeds`)
    if (actor.expectation === 'evidence') t.ok(evidence > 0, `evidence ${evidence} times`)
    else t.equal(evidence, 0, 'nothing that could be held against it')
    if (actor.expectation === 'dropped') t.ok(penalties > 0, `dropped ${penalties} times`)
    if (actor.expectation === 'ignored') t.equal(penalties, 0, 'nobody drops it')
  })
}
