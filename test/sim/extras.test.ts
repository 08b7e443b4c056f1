// What only some seeds have does happen when it is asked for, and every checker holds: changes of the set, states, a night, PoA.
import t from 'tap'
import { installNativeSha256 } from '../../node/crypto/sha256.ts'
import { drawExtras, type Extras, noExtras } from './extras.ts'
import type { Plan } from './plan.ts'
import { createRandom } from './random.ts'
import { simulate } from './simulation.ts'

installNativeSha256()

const changes = (['add', 'rotate', 'remove'] as const).map((change) => ({ atHeight: 0, change }))
const wiped = { atHeight: 12, episode: { kind: 'wiped store', downMs: 100 } } as const
const full = { kind: 'full disk', share: 1, forMs: 500 } as const
const failing = { kind: 'failing disk', share: 0.3, forMs: 500 } as const
const atAll = (episode: typeof full | typeof failing): Plan['episodes'] =>
  [2, 4, 6, 8].map((atHeight) => ({ atHeight, episode }))

type Case = {
  readonly why: string
  readonly extras?: Partial<Extras>
  readonly episodes?: Plan['episodes']
  readonly heights?: number
  /** Faults that must have been counted. */
  readonly happens: readonly string[]
}

const cases: readonly Case[] = [
  {
    why: 'a joiner gets a seat, a seat other keys, and a validator leaves',
    extras: { changes },
    heights: 60,
    happens: ['validators: add', 'validators: rotate', 'validators: remove', 'retired'],
  },
  {
    why: 'the same with the second engine',
    extras: { changes, engine: 'poa' },
    heights: 60,
    happens: ['validators: add', 'validators: rotate', 'validators: remove', 'retired'],
  },
  {
    why: 'who comes with an empty folder fetches a state',
    extras: { isStateQuick: true },
    episodes: [wiped],
    happens: ['state fetched'],
  },
  {
    why: 'a joiner fetches a state and gets a seat',
    extras: { isStateQuick: true, changes: [{ atHeight: 12, change: 'add' }] },
    heights: 40,
    happens: ['state fetched', 'validators: add'],
  },
  {
    why: 'after a night some have forgotten the first blocks, and a late one joins',
    extras: { isStateQuick: true, hasNight: true },
    episodes: [{ ...wiped, atHeight: 40 }],
    heights: 46,
    happens: ['without its first blocks', 'state fetched'],
  },
  {
    why: 'a node whose disk is full stops, and comes back',
    episodes: atAll(full),
    happens: ['stopped by its disk', 'ENOSPC at a write'],
  },
  {
    why: 'a node whose disk fails stops, and comes back',
    episodes: atAll(failing),
    happens: ['stopped by its disk'],
  },
]

const SEEDS = [1, 2, 3]

for (const { why, extras = {}, episodes = [], heights = 20, happens } of cases) {
  t.test(why, async (t) => {
    const counted = new Set<string>()
    for (const seed of SEEDS) {
      const { failure, faults } = await simulate({
        ...{ seed, heights, validators: 4, actors: [] },
        replan: (plan) => ({
          ...plan,
          ...{ byzantine: [], episodes, extras: { ...noExtras, ...extras } },
          clocks: plan.clocks.map(() => ({ skewMs: 0, rate: 1 })),
        }),
      })
      t.equal(failure, null, `seed ${seed}`)
      for (const kind of Object.keys(faults)) counted.add(kind)
    }
    for (const kind of happens) t.ok(counted.has(kind), kind)
  })
}

t.test('all of it is chosen by some of a hundred seeds', async (t) => {
  const drawn = Array.from({ length: 100 }, (_, seed) =>
    drawExtras({ heights: 20, engine: undefined }, createRandom(seed + 0xe874a5)),
  )
  const isChosen = (test: (one: Extras) => boolean) => drawn.filter(test).length
  t.ok(isChosen(({ isRough }) => isRough) >= 5)
  t.ok(isChosen(({ changes }) => changes.length > 0) >= 5)
  t.ok(isChosen(({ isStateQuick }) => isStateQuick) >= 5)
  t.ok(isChosen(({ hasNight }) => hasNight) >= 1)
  t.ok(isChosen(({ engine }) => engine === 'poa') >= 2)
})
