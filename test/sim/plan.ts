// What a seed chooses: which faults there are in a run, how strong, and when. Each run has its own few (swarm testing).
import { type Extras, noExtras } from './extras.ts'
import type { Random } from './random.ts'

/** Something that happens once, when the chain comes to a height. */
export type Episode =
  | { readonly kind: 'crash'; readonly count: number; readonly downMs: number }
  /** Of everybody, as soon as somebody has left a view. */
  | { readonly kind: 'crash in a view change'; readonly downMs: number }
  | { readonly kind: 'pause'; readonly count: number; readonly forMs: number }
  | { readonly kind: 'partition'; readonly forMs: number }
  | { readonly kind: 'isolate'; readonly forMs: number }
  | { readonly kind: 'one-way cut'; readonly forMs: number }
  | { readonly kind: 'broken connections'; readonly share: number; readonly forMs: number }
  | { readonly kind: 'storm'; readonly forMs: number }
  | { readonly kind: 'slow disks'; readonly forMs: number }
  | { readonly kind: 'full disk'; readonly share: number; readonly forMs: number }
  | { readonly kind: 'failing disk'; readonly share: number; readonly forMs: number }
  | { readonly kind: 'wiped store'; readonly downMs: number }
  | { readonly kind: 'wiped journal'; readonly downMs: number }
  | { readonly kind: 'damaged journal'; readonly downMs: number }
  | { readonly kind: 'damaged lock slot'; readonly downMs: number }
  | { readonly kind: 'damaged store'; readonly downMs: number }
  | { readonly kind: 'lost vote lock'; readonly downMs: number }

export type Planned = { readonly atHeight: number; readonly episode: Episode }

export type Plan = {
  readonly validators: number
  readonly heights: number
  /** The places of validators whose keys an adversary has. */
  readonly byzantine: readonly number[]
  readonly background: {
    readonly loss: number
    readonly repeat: number
    readonly stragglers: number
    readonly delayMaxMs: number
  }
  readonly clients: { readonly count: number; readonly pauseMs: number }
  /** By machine; a few are far off. */
  readonly clocks: readonly { readonly skewMs: number; readonly rate: number }[]
  readonly episodes: readonly Planned[]
  readonly extras: Extras
}

type Draw = (random: Random) => Episode

const short = (random: Random) => random.between(20, 1_500)
const long = (random: Random) => random.between(300, 8_000)

/** Faults after which every node is as honest as before. */
const harmless: readonly Draw[] = [
  (random) => ({ kind: 'crash', count: 1, downMs: short(random) }),
  (random) => ({ kind: 'crash', count: random.between(1, 3), downMs: long(random) }),
  (random) => ({ kind: 'crash', count: 99, downMs: short(random) }),
  (random) => ({ kind: 'pause', count: random.between(1, 2), forMs: long(random) }),
  (random) => ({ kind: 'partition', forMs: long(random) }),
  (random) => ({ kind: 'isolate', forMs: long(random) }),
  (random) => ({ kind: 'one-way cut', forMs: long(random) }),
  (random) => ({ kind: 'broken connections', share: random.fraction(), forMs: short(random) }),
  (random) => ({ kind: 'storm', forMs: short(random) }),
  (random) => ({ kind: 'slow disks', forMs: short(random) }),
  (random) => ({ kind: 'damaged lock slot', downMs: short(random) }),
  (random) => ({ kind: 'full disk', share: random.fraction(), forMs: short(random) }),
  (random) => ({ kind: 'failing disk', share: 0.2 * random.fraction(), forMs: short(random) }),
]

/**
 * What needs others that have the chain, or the bytes of the block that this one had prepared: it happens when they do
 * (`holdings.ts`), for beside a validator that lies it is a fault more than anybody bears.
 */
const costly: readonly Draw[] = [
  (random) => ({ kind: 'wiped store', downMs: short(random) }),
  (random) => ({ kind: 'damaged store', downMs: short(random) }),
  (random) => ({ kind: 'wiped journal', downMs: short(random) }),
  (random) => ({ kind: 'damaged journal', downMs: short(random) }),
]

export type PlanOptions = {
  readonly validators: number
  readonly heights: number
}

/** The last heights belong to the calm. */
const CALM_HEIGHTS = 3

function faultyOf(validators: number): number {
  return Math.floor((validators - 1) / 3)
}

/** Of a clock that is kept. */
const SKEW_MAX_MS = 400

function drawClocks(validators: number, farOff: number, random: Random): Plan['clocks'] {
  return Array.from({ length: validators }, (_, index) => {
    if (index === farOff) {
      return { skewMs: random.pick([-1, 1]) * random.between(5_000, 600_000), rate: 1 }
    }
    return {
      skewMs: random.between(-SKEW_MAX_MS, SKEW_MAX_MS),
      rate: 0.97 + random.fraction() * 0.06,
    }
  })
}

export function drawPlan({ validators, heights }: PlanOptions, random: Random): Plan {
  const most = faultyOf(validators)
  // One budget for all that counts as a fault of a validator: an adversary, a clock that is far off, a lost vote lock.
  const way = random.below(4)
  const byzantine = way < 2 ? random.shuffle(range(validators)).slice(0, most) : []
  const farOff = way === 2 && most > 0 ? random.below(validators) : -1
  const lostLock = way === 3 && most > 0
  const kinds = [...harmless, ...(most > 0 ? costly : [])].filter(() => random.chance(0.4))
  const last = Math.max(1, heights - CALM_HEIGHTS)
  const count = kinds.length === 0 ? 0 : random.between(1, Math.max(2, Math.ceil(heights / 10)))
  const episodes = Array.from({ length: count }, () => ({
    atHeight: random.between(1, last),
    episode: random.pick(kinds)(random),
  }))
  if (lostLock)
    episodes.push({
      atHeight: random.between(1, last),
      episode: { kind: 'lost vote lock', downMs: short(random) },
    })
  return {
    ...{ validators, heights, byzantine },
    background: {
      loss: random.chance(0.5) ? random.fraction() * 0.05 : 0,
      repeat: random.chance(0.5) ? random.fraction() * 0.1 : 0,
      stragglers: random.chance(0.3) ? random.fraction() * 0.02 : 0,
      delayMaxMs: random.pick([2, 5, 20]),
    },
    clients: { count: random.pick([1, 1, 2, 4]), pauseMs: random.pick([1, 10, 40]) },
    clocks: drawClocks(validators, farOff, random),
    episodes: episodes.toSorted((left, right) => left.atHeight - right.atHeight),
    extras: noExtras,
  }
}

function range(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index)
}

/** What leaves votes in some journals, certificates at some nodes, and nothing at others. */
const roughly: readonly Draw[] = [
  () => ({ kind: 'crash in a view change', downMs: ROUGH_DOWN_MS }),
  () => ({ kind: 'crash in a view change', downMs: ROUGH_DOWN_MS }),
  () => ({ kind: 'crash', count: 99, downMs: ROUGH_DOWN_MS }),
  () => ({ kind: 'wiped journal', downMs: ROUGH_DOWN_MS }),
  () => ({ kind: 'damaged lock slot', downMs: ROUGH_DOWN_MS }),
  () => ({ kind: 'wiped store', downMs: ROUGH_DOWN_MS }),
]
const ROUGH_DOWN_MS = 50

/** Heights take several views, and at most of them everybody crashes. */
function roughen(plan: Plan, random: Random): Plan {
  const harms = plan.validators > 3 ? roughly : roughly.slice(0, 3)
  // An attacker needs time for what it is about to do.
  const every = plan.byzantine.length > 0 ? 3 : 1
  const heights = range(Math.max(1, plan.heights - CALM_HEIGHTS))
  return {
    ...plan,
    background: { loss: 0.25, repeat: 0.05, stragglers: 0.02, delayMaxMs: 20 },
    clients: { count: 1, pauseMs: 10 },
    episodes: heights
      .filter((height) => height % every === 0)
      .map((atHeight) => ({ atHeight, episode: random.pick(harms)(random) })),
  }
}

/** In the morning one comes with an empty folder, and the first blocks are not to be had from all. */
const morning = { atHeight: 40, episode: { kind: 'wiped store', downMs: 200 } } as const

/**
 * What the second engine bears: nobody lies, and no clock does. A primary seals its own proposal at once, and the next one is bound
 * by that seal: the others wait for their clocks, and then take the block of a clock that is minutes ahead all the same.
 */
function crashesOnly({ clocks }: Plan): Pick<Plan, 'byzantine' | 'clocks'> {
  const near = clocks.map((clock) =>
    Math.abs(clock.skewMs) > SKEW_MAX_MS ? { ...clock, skewMs: 0 } : clock,
  )
  return { byzantine: [], clocks: near }
}

export function withExtras(plan: Plan, extras: Extras, random: Random): Plan {
  const { hasNight, engine } = extras
  const isMorning = hasNight && plan.validators > 1
  const episodes = isMorning ? [...plan.episodes, morning] : plan.episodes
  // Nobody would leave clocks that run differently alone for a night.
  const clocks = hasNight ? plan.clocks.map((clock) => ({ ...clock, rate: 1 })) : plan.clocks
  const calm = { ...plan, extras, episodes, clocks }
  const whole = extras.isRough ? roughen(calm, random) : calm
  return engine === 'poa' ? { ...whole, ...crashesOnly(whole) } : whole
}
