// Proposer skip under faults: who is dead costs a few views and then none, who is alive keeps its turns, under either engine.
import fc from 'fast-check'
import t from 'tap'
import { advance, firstRotation, SKIP_MAX, skipOf } from '../../apps/registry/rotation.ts'
import { primaryOf } from '../../consensus/types.ts'
import { type EngineKind, faults } from '../../vm/quorum.ts'
import { configFor } from './conversation.ts'
import { memberOf } from './validators.ts'

type Chain = { readonly n: number; readonly engine: EngineKind; readonly heights: number }

/** Decides height after height in the first view whose primary is up, as the engine's views go; answers each one's view. */
function decideAll(
  { n, engine, heights }: Chain,
  isUp: (index: number, height: number) => boolean,
) {
  const set = Array.from({ length: n }, (_, index) => memberOf(index).account)
  let rotation = firstRotation(set)
  const views: number[] = []
  const proposers: number[] = []
  for (let height = 1; height <= heights; height++) {
    const firstPrimary = set.indexOf(rotation.due)
    const config = { ...configFor(n, null, engine), firstPrimary }
    let view = 0
    while (!isUp(primaryOf(config, view), height)) view += 1
    const index = primaryOf(config, view)
    views.push(view)
    proposers.push(index)
    const proposer = set[index]
    if (proposer === undefined) throw new RangeError('no such validator')
    rotation = advance(rotation, set, { engine, height, proposer })
  }
  return { views, proposers, rotation, set }
}

const chains: readonly Chain[] = [
  { n: 4, engine: 'pbft', heights: 3_000 },
  { n: 7, engine: 'pbft', heights: 3_000 },
  { n: 3, engine: 'poa', heights: 3_000 },
  { n: 5, engine: 'poa', heights: 3_000 },
]

t.test('f dead validators cost a view each time a skip ends, ever more rarely', async (t) => {
  for (const { n, engine, heights } of chains) {
    const f = faults(n, engine)
    const { views } = decideAll({ n, engine, heights }, (index) => index >= f)
    const late = views.filter((view) => view > 0).length
    const doublings = Math.ceil(Math.log2(SKIP_MAX / (2 * n))) + heights / SKIP_MAX + 3
    t.ok(late <= f * doublings, `${engine} ${n}: ${late} heights above view 0`)
    t.ok(late >= f, 'each was missed once')
  }
})

t.test('the living share the turns of the dead evenly', async (t) => {
  for (const { n, engine, heights } of chains) {
    const f = faults(n, engine)
    const { proposers } = decideAll({ n, engine, heights }, (index) => index >= f)
    const counts = Array.from(
      { length: n - f },
      (_, place) => proposers.filter((index) => index === place + f).length,
    )
    t.ok(Math.max(...counts) - Math.min(...counts) < 0.1 * heights, `${engine} ${n}: ${counts}`)
  }
})

t.test(
  'whoever fails whenever, at most f are skipped, and the one that is due is not',
  async () => {
    const outages = fc.array(
      fc.record({ index: fc.nat(6), from: fc.integer({ min: 1, max: 300 }), length: fc.nat(80) }),
      { maxLength: 6 },
    )
    const property = fc.property(fc.constantFrom(...chains), outages, ({ n, engine }, given) => {
      const down = (index: number, height: number) =>
        given.some(
          (one) => one.index === index && height >= one.from && height < one.from + one.length,
        )
      for (const heights of [50, 150, 300]) {
        // The last validator is always up, so that some view decides.
        const isUp = (index: number, height: number) => index === n - 1 || !down(index, height)
        const { rotation, set } = decideAll({ n, engine, heights }, isUp)
        const skipped = set.filter(
          (account) => skipOf(rotation, account, heights + 1) !== undefined,
        )
        if (skipped.length > faults(n, engine)) throw new Error(`${skipped.length} are skipped`)
        if (skipped.includes(rotation.due)) throw new Error('a skipped one is due')
      }
    })
    fc.assert(property, { numRuns: 100 })
  },
)
