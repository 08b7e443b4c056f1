// The skip record: who is due, who is skipped, for how long, and that it is fair.
import * as fc from 'fast-check'
import t from 'tap'
import { appList } from '../../../apps/index.ts'
import {
  advance,
  endSkip,
  firstRotation,
  SKIP_MAX,
  skipOf,
} from '../../../apps/registry/rotation.ts'
import type { Rotation } from '../../../apps/registry/state.ts'
import { faults } from '../../../vm/quorum.ts'
import type { Hex } from '../../../vm/types.ts'
import { createWorld } from '../world.ts'

const members = (count: number): readonly Hex[] =>
  Array.from({ length: count }, (_, index): Hex => `0x${String(index).padStart(64, '0')}`)

const engine = 'pbft'

type Chain = { readonly rotation: Rotation; readonly height: number; readonly dues: readonly Hex[] }

/** Blocks from `height` on, each proposed by whom `propose` names; who was due at each height. */
function run(
  set: readonly Hex[],
  blocks: { readonly count: number; readonly propose: (due: Hex, height: number) => Hex },
  start: Chain = { rotation: firstRotation(set), height: 1, dues: [] },
): Chain {
  let { rotation, height } = start
  const dues = [...start.dues]
  for (let made = 0; made < blocks.count; made++) {
    dues.push(rotation.due)
    rotation = advance(rotation, set, {
      height,
      proposer: blocks.propose(rotation.due, height),
      engine,
    })
    height += 1
  }
  return { rotation, height, dues }
}

/** As the engine does: the first alive one from the one that is due, in the order of the set. */
const firstAlive = (set: readonly Hex[], dead: ReadonlySet<Hex>) => (due: Hex) => {
  const start = set.indexOf(due)
  const order = [...set.slice(start), ...set.slice(0, start)]
  return order.find((member) => !dead.has(member)) ?? due
}

t.test('turns go round when nobody fails', async (t) => {
  const set = members(4)
  const { dues, rotation } = run(set, { count: 12, propose: (due) => due })
  t.strictSame(dues, [...set, ...set, ...set])
  t.strictSame(rotation.misses, [])
})

t.test(
  'a validator that is gone misses after 2n, 4n, 8n heights, and so on to the cap',
  async (t) => {
    const set = members(4)
    const [gone] = set as [Hex, ...Hex[]]
    const chain = run(set, { count: 6_000, propose: firstAlive(set, new Set([gone])) })
    const turns = chain.dues.flatMap((due, index) => (due === gone ? [index + 1] : []))
    const gaps = turns.slice(1).map((height, index) => height - (turns[index] ?? 0))
    // After a skip of k heights its turn comes within the next round of four.
    t.ok(gaps.length > 9)
    gaps.forEach((gap, index) => {
      const length = Math.min(8 * 2 ** index, SKIP_MAX)
      t.ok(gap > length && gap <= length + 4, `${gap} heights after miss ${index + 1}`)
    })
  },
)

t.test('its own block forgets what it missed, also in a higher view', async (t) => {
  const set = members(4)
  const [a, b] = set as [Hex, Hex, ...Hex[]]
  let rotation = advance(firstRotation(set), set, { height: 1, proposer: b, engine })
  t.strictSame(rotation.misses, [{ validator: a, length: 8, since: 1, until: 9, ready: false }])
  // b is due and does not come; a steps in.
  rotation = advance(rotation, set, { height: 2, proposer: a, engine })
  t.strictSame(rotation.misses, [{ validator: b, length: 8, since: 2, until: 10, ready: false }])
})

t.test('one more skip than f ends the oldest, whose next one still doubles', async (t) => {
  const set = members(4)
  const [a, b, c] = set as [Hex, Hex, Hex, Hex]
  let rotation = advance(firstRotation(set), set, { height: 1, proposer: c, engine })
  rotation = advance(rotation, set, { height: 2, proposer: c, engine })
  t.equal(rotation.due, c)
  t.strictSame(rotation.misses, [
    { validator: a, length: 8, since: 1, until: 2, ready: false },
    { validator: b, length: 8, since: 2, until: 10, ready: false },
  ])
  // c, d, then a again: it misses, which skips it for 16 heights and ends the skip of b.
  rotation = advance(rotation, set, { height: 3, proposer: c, engine })
  rotation = advance(rotation, set, { height: 4, proposer: rotation.due, engine })
  t.equal(rotation.due, a)
  rotation = advance(rotation, set, { height: 5, proposer: c, engine })
  t.strictSame(rotation.misses, [
    { validator: b, length: 8, since: 2, until: 5, ready: false },
    { validator: a, length: 16, since: 5, until: 21, ready: false },
  ])
})

t.test('validator-ready ends a skip, and the next miss doubles', async (t) => {
  const set = members(4)
  const [a, b] = set as [Hex, Hex, ...Hex[]]
  let rotation = advance(firstRotation(set), set, { height: 1, proposer: b, engine })
  t.ok(skipOf(rotation, a, 2))
  rotation = endSkip(rotation, a, 2)
  t.equal(skipOf(rotation, a, 3), undefined)
  const later = run(
    set,
    { count: 8, propose: firstAlive(set, new Set([a])) },
    { rotation, height: 2, dues: [] },
  )
  t.match(later.rotation.misses, [{ validator: a, length: 16 }])
})

t.test('with fewer than four validators nobody is skipped', async (t) => {
  for (const count of [1, 2, 3]) {
    const set = members(count)
    const gone = new Set(count === 1 ? [] : set.slice(0, 1))
    const { dues } = run(set, { count: 12, propose: firstAlive(set, gone) })
    t.strictSame(
      dues,
      dues.map((_, index) => set[index % count]),
    )
  }
})

const history = fc.record({
  count: fc.integer({ min: 1, max: 10 }),
  /** Who proposes: how far behind the one that is due; and who says that it is ready, if anybody. */
  blocks: fc.array(fc.record({ shift: fc.nat({ max: 9 }), ready: fc.option(fc.nat({ max: 9 })) }), {
    maxLength: 150,
  }),
})

t.test(
  'in every history at most f are skipped, no proposer is, and no skipped one is due',
  async (t) => {
    await fc.assert(
      fc.property(history, ({ count, blocks }) => {
        const set = members(count)
        let rotation = firstRotation(set)
        blocks.forEach(({ shift, ready }, index) => {
          const height = index + 1
          const proposer = set[(set.indexOf(rotation.due) + shift) % count] as Hex
          if (ready !== null) rotation = endSkip(rotation, set[ready % count] as Hex, height)
          rotation = advance(rotation, set, { height, proposer, engine })
          const skipped = set.filter((member) => skipOf(rotation, member, height + 1))
          if (skipped.length > faults(count, engine)) throw new Error('more than f are skipped')
          if (skipped.includes(proposer)) throw new Error('a proposer is skipped')
          if (skipped.includes(rotation.due)) throw new Error('a skipped one is due')
          if (rotation.misses.length > count) throw new Error('the record grows')
          if (rotation.misses.some(({ length }) => length > SKIP_MAX))
            throw new Error('over the cap')
        })
      }),
    )
    t.pass()
  },
)

t.test(
  'whatever came before, those that work get equal turns once the others are skipped',
  async (t) => {
    await fc.assert(
      fc.property(history, ({ count, blocks }) => {
        const set = members(count)
        const shifts = blocks.map(({ shift }) => shift)
        const before = run(set, {
          count: shifts.length,
          propose: (due, height) =>
            set[(set.indexOf(due) + (shifts[height - 1] ?? 0)) % count] as Hex,
        })
        const rounds = 5
        const after = run(
          set,
          { count: count * rounds, propose: (due) => due },
          { ...before, dues: [] },
        )
        const turns = set.map((member) => after.dues.filter((due) => due === member).length)
        const skips = set.map(
          (member) => skipOf(before.rotation, member, before.height) !== undefined,
        )
        const working = turns.filter((_, index) => !skips[index])
        if (Math.max(...working) - Math.min(...working) > 1) throw new Error(`unfair: ${turns}`)
        const latecomers = turns.filter((_, index) => skips[index])
        if (latecomers.some((number) => number > Math.max(...working))) throw new Error('favoured')
      }),
    )
    t.pass()
  },
)

t.test('the executor writes the record through the identity port', async (t) => {
  const world = await createWorld()
  const { identity } = appList
  const set = identity.validators(world.state).map(({ account }) => account)
  t.equal(identity.firstPrimary(world.state, 1), 0)
  const block = { engine: 'pbft', height: 1, timeMs: 1, proposer: set[1] as Hex } as const
  identity.endBlock(world.state, block)
  t.equal(identity.firstPrimary(world.state, 2), 1)
  identity.endBlock(world.state, { ...block, height: 2 })
  t.equal(identity.firstPrimary(world.state, 3), 2)

  world.at({ height: 3 })
  const name = ['authority-1', 'authority-2', 'hospital', 'insurer'].find(
    (validator) => world.id(`${validator}-validator`) === set[0],
  )
  t.equal(world.act('registry.validator-ready', {}, `${name}-validator`).code, '')
  t.equal(world.act('registry.validator-ready', {}, `${name}-validator`).code, 'NOT_SKIPPED')
})
