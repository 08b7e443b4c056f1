// One run: a bad time of a seed's own kind, then calm, in which every correct replica must decide again.

import { faults } from '../../vm/quorum.ts'
import type { ReplicaIndex } from '../../vm/types.ts'
import { createAdversary } from './byzantine.ts'
import { createCheckers } from './checkers.ts'
import { createClock } from './clock.ts'
import { type Disk, emptyDisk } from './disk.ts'
import { createProcess } from './process.ts'
import { createRandom, type Random } from './random.ts'
import { Violation } from './violation.ts'
import { createWorld, type World } from './world.ts'

export type Outcome = {
  readonly traceHash: string
  /** Heights that every correct replica decided. */
  readonly heights: number
  readonly viewsMax: number
  readonly accused: number
  /** From healing until every correct replica had decided two more heights. */
  readonly calmMs: number
}

type Habit = 'silent' | 'twin' | 'liar' | 'mixed'

type Plan = {
  readonly n: number
  readonly byzantine: ReadonlyMap<ReplicaIndex, Habit>
  readonly badMs: number
  readonly crashes: number
  readonly partitions: number
  /** Loses its journal, but not its vote lock, when it crashes. */
  readonly forgetful: ReplicaIndex | undefined
}

/** Two heights with f Byzantine replicas still at work: some views of up to ten seconds. */
const calmMaxMs = 60_000
const habits: readonly Habit[] = ['silent', 'twin', 'liar', 'mixed']

/** Random weights for each run (swarm testing): some faults are absent in some runs, frequent in others. */
function planOf(random: Random): Plan {
  const n = random.pick([1, 4, 4, 4, 5, 7])
  const count = random.chance(0.6) ? faults(n, 'pbft') : 0
  const indices = random.shuffle(Array.from({ length: n }, (_, index) => index))
  const byzantine = new Map(indices.slice(0, count).map((index) => [index, random.pick(habits)]))
  const correct = indices.slice(count)
  return {
    n,
    byzantine,
    badMs: random.between(2_000, 12_000),
    crashes: random.below(6),
    partitions: random.below(4),
    forgetful: n >= 4 && random.chance(0.3) ? correct[0] : undefined,
  }
}

/** Throws a Violation that says what went wrong. */
export function runScenario(seed: number): Outcome {
  const random = createRandom(seed)
  const plan = planOf(random)
  const { n, byzantine } = plan
  const clock = createClock()
  const checkers = createCheckers(n, new Set(byzantine.keys()))
  const liars = [...byzantine].filter(([, habit]) => habit === 'liar' || habit === 'mixed')
  const adversary = createAdversary(
    n,
    liars.map(([index]) => index),
  )
  const options = {
    loss: random.fraction() * 0.3,
    repeat: random.fraction() * 0.3,
    delayMaxMs: random.pick([20, 100, 500, 3_000]),
    fsyncMs: random.pick([0, 5, 50]),
    mempoolShare: random.fraction(),
    announces: random.chance(0.3),
    calmLoss: random.pick([0, 0.1]),
  }
  const overhear = liars.length > 0 ? adversary.overhear : () => {}
  const world = createWorld({ clock, random, checkers, options, overhear })
  const disks = new Map<number, Disk>()
  const begin = (process: number): void => {
    const index = process % n
    const disk = disks.get(process) ?? emptyDisk()
    disks.set(process, disk)
    const invalidShare = byzantine.has(index) ? 0.3 : 0
    world.processes.set(process, createProcess({ world, index, process, disk, n, invalidShare }))
  }
  for (let index = 0; index < n; index++) {
    const habit = byzantine.get(index)
    if (habit !== 'silent' && habit !== 'liar') begin(index)
    if (habit === 'twin') begin(index + n)
  }
  planFaults(world, plan, begin, disks)
  if (liars.length > 0) planLies(world, plan.badMs, () => adversary.act(world))
  clock.runUntil(plan.badMs, () => false)

  const correct = Array.from({ length: n }, (_, index) => index).filter(
    (index) => !byzantine.has(index),
  )
  for (const index of correct) if (!world.processes.has(index)) begin(index)
  world.heal(random.chance(0.5))
  const heights = () => correct.map((index) => world.processes.get(index)?.height() ?? 0)
  const target = Math.max(...heights()) + 2
  const isLive = clock.runUntil(plan.badMs + calmMaxMs, () => Math.min(...heights()) >= target)
  if (!isLive) throw new Violation(`not live: heights ${heights()} of ${n}, wanted ${target}`)
  return {
    traceHash: world.traceHash(),
    heights: Math.min(...heights()) - 1,
    viewsMax: checkers.viewMax(),
    accused: checkers.accused().size,
    calmMs: clock.nowMs() - plan.badMs,
  }
}

function planFaults(
  world: World,
  plan: Plan,
  begin: (process: number) => void,
  disks: Map<number, Disk>,
): void {
  const { random, clock, processes, groups } = world
  for (let count = 0; count < plan.crashes; count++) {
    clock.after(random.below(plan.badMs), () => {
      if (processes.size === 0) return
      const process = random.pick([...processes.keys()])
      world.crash(process)
      const disk = disks.get(process)
      if (disk !== undefined && process === plan.forgetful) disk.journal = []
      clock.after(random.between(1, 3_000), () => {
        if (!processes.has(process)) begin(process)
      })
    })
  }
  for (let count = 0; count < plan.partitions; count++) {
    clock.after(random.below(plan.badMs), () => {
      for (let process = 0; process < 2 * plan.n; process++) groups.set(process, random.below(2))
      clock.after(random.between(100, 4_000), () => groups.clear())
    })
  }
}

/** Fast while things are bad, slower in the calm: f Byzantine replicas may go on for ever. */
function planLies({ random, clock }: World, badMs: number, act: () => void): void {
  const again = (): void => {
    act()
    clock.after(random.between(1, clock.nowMs() < badMs ? 100 : 1_000), again)
  }
  clock.after(1, again)
}

export type Equivocation = { readonly n: number; readonly twins: number }

/**
 * The directed equivocator: `twins` validators run twice, each copy with half of the correct ones, and the halves never
 * meet. True if two blocks were decided at one height.
 */
export function equivocate({ n, twins }: Equivocation, seed: number): boolean {
  const random = createRandom(seed)
  const clock = createClock()
  const byzantine = new Set(Array.from({ length: twins }, (_, index) => index))
  const checkers = createCheckers(n, byzantine)
  const options = {
    loss: 0,
    repeat: 0,
    delayMaxMs: 20,
    fsyncMs: 1,
    mempoolShare: 1,
    announces: false,
    calmLoss: 0,
  }
  const world = createWorld({ clock, random, checkers, options })
  for (let process = 0; process < n + twins; process++) {
    const index = process % n
    const half = process < twins ? 0 : process < n ? (process - twins) % 2 : 1
    world.groups.set(process, half)
    const disk = emptyDisk()
    const invalidShare = 0
    world.processes.set(process, createProcess({ world, index, process, disk, n, invalidShare }))
  }
  try {
    clock.runUntil(60_000, () => false)
    return false
  } catch (error) {
    if (error instanceof Violation && error.message.startsWith('fork')) return true
    throw error
  }
}
