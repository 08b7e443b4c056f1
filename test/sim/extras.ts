// What some seeds have beside the usual faults: another engine, changes of the validators, states in place of blocks, a rough sea.
import type { EngineKind } from '../../vm/quorum.ts'
import type { Variant } from './chain.ts'
import type { NodeSettings } from './ground.ts'
import type { Random } from './random.ts'
import type { SetChange, SetChangePorts } from './set-changes.ts'

export type Extras = {
  readonly engine: EngineKind
  readonly changes: SetChangePorts['wanted']
  /** Who is a little behind fetches a state. */
  readonly isStateQuick: boolean
  /** Nothing happens for so long that old blocks are forgotten. */
  readonly hasNight: boolean
  /** Frames get lost so often that heights take several views, and everybody crashes in the middle of them. */
  readonly isRough: boolean
}

export const noExtras: Extras = {
  engine: 'pbft',
  changes: [],
  isStateQuick: false,
  hasNight: false,
  isRough: false,
}

const orders: readonly (readonly SetChange[])[] = [
  ['add', 'rotate', 'remove'],
  ['rotate', 'add', 'remove'],
  ['add', 'remove', 'rotate'],
  ['rotate'],
]

function drawChanges(heights: number, random: Random): Extras['changes'] {
  return random.pick(orders).map((change, turn) => ({
    atHeight: turn === 0 ? random.between(0, Math.ceil(heights / 4)) : 0,
    change,
  }))
}

export type ExtrasOptions = {
  readonly heights: number
  /** Undefined: as the seed chooses. */
  readonly engine: EngineKind | undefined
}

export function drawExtras({ heights, engine }: ExtrasOptions, random: Random): Extras {
  const extras = drawAny(heights, random)
  return { ...extras, engine: engine ?? extras.engine }
}

function drawAny(heights: number, random: Random): Extras {
  const way = random.below(50)
  const withChanges = { ...noExtras, changes: drawChanges(heights, random) }
  if (way < 5) return { ...noExtras, isRough: true }
  if (way < 9) return withChanges
  if (way < 11) return { ...noExtras, isStateQuick: true }
  if (way < 13) return { ...withChanges, isStateQuick: true }
  if (way < 15) return { ...noExtras, isStateQuick: true, hasNight: true }
  if (way < 17) return { ...noExtras, engine: 'poa' }
  if (way < 18) return { ...withChanges, engine: 'poa' }
  return noExtras
}

/** Shorter, so that what is over can be forgotten within a night. */
const nightly = { windowMs: 60_000, heartbeatMs: 60_000 }

export function variantOf({ engine, hasNight }: Extras): Variant {
  return {
    ...(engine === 'pbft' ? {} : { engine }),
    ...(hasNight ? { parameters: nightly } : {}),
  }
}

/** Half of the nodes keep every block. */
const KEEP_BLOCKS = 8

export function settingsOf({ isStateQuick, hasNight }: Extras): NodeSettings {
  return {
    ...(isStateQuick ? { sync: { snapshotEmpty: 3, snapshotBehind: 6 } } : {}),
    ...(hasNight ? { keepBlocks: (index) => (index % 2 === 0 ? KEEP_BLOCKS : undefined) } : {}),
  }
}

/** The night begins with enough blocks that can be forgotten, and lasts until they are: the window, and ten minutes for joiners. */
export const EVENING = 26
export const NIGHT_MS = 720_000
const HEIGHTS_WITH_NIGHT = 46
export function heightsWith({ hasNight }: Extras, heights: number): number {
  return hasNight ? Math.max(heights, HEIGHTS_WITH_NIGHT) : heights
}
