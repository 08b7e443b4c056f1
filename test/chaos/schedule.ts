// Which faults come, in which order, to whom and for how long: all of it from one seed.
import type { Random } from '../sim/random.ts'

export const faultKinds = [
  'kill',
  'pause',
  'kill-all',
  'cut-one-way',
  'cut-both-ways',
  'split',
  'delay',
  'reset',
  'wipe-data',
  'wipe-data-and-journal',
  'wrong-clock',
  'full-disk',
] as const

export type FaultKind = (typeof faultKinds)[number]

export type Fault = {
  readonly kind: FaultKind
  /** Place of the validator that suffers; of `full-disk` it is whoever has the small disk. */
  readonly victim: number
  /** For how long. */
  readonly lengthMs: number
  /** Milliseconds of a delay, or of a clock's error. */
  readonly amountMs: number
  /** Quiet time before it. */
  readonly restMs: number
}

/** Longest of each kind; whoever is paused or cut off for longer than eight seconds also loses its connections. */
const lengthMaxMs: Readonly<Record<FaultKind, number>> = {
  kill: 5_000,
  pause: 11_000,
  'kill-all': 1_500,
  'cut-one-way': 11_000,
  'cut-both-ways': 11_000,
  split: 6_000,
  delay: 8_000,
  reset: 1_000,
  'wipe-data': 1_000,
  'wipe-data-and-journal': 1_000,
  'wrong-clock': 8_000,
  'full-disk': 2_000,
}

const REST_MAX_MS = 2_500

function amountOf(kind: FaultKind, random: Random): number {
  if (kind === 'delay') return random.between(50, 400)
  if (kind !== 'wrong-clock') return 0
  const sizeMs = random.pick([1_500, 5_000, 60_000, 600_000])
  return random.chance(0.5) ? sizeMs : -sizeMs
}

/** Every kind once in a random order, then kinds as they come. */
export function createSchedule(random: Random, validators: number): () => Fault {
  const first = [...random.shuffle(faultKinds)]
  return () => {
    const kind = first.shift() ?? random.pick(faultKinds)
    // Whoever joins by a snapshot has not the old blocks: one validator keeps them all, for the verdict.
    const keepers = kind === 'wipe-data' || kind === 'wipe-data-and-journal' ? 1 : 0
    return {
      kind,
      victim: random.between(keepers, validators - 1),
      lengthMs: random.between(200, lengthMaxMs[kind]),
      amountMs: amountOf(kind, random),
      restMs: random.between(200, REST_MAX_MS),
    }
  }
}
