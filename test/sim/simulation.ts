// One run: a seed's validators, faults, actors and clients until the heights are decided and everything is calm.

import type { EngineKind } from '../../vm/quorum.ts'
import type { Actor } from './actors/actor.ts'
import { allActors } from './actors/all.ts'
import { chooseActors, employ } from './actors/employ.ts'
import { allAttackers } from './attackers/all.ts'
import { chainOf } from './chain.ts'
import { allCheckers } from './checkers/all.ts'
import type { Checker } from './checkers/checker.ts'
import { type Clients, startClients } from './clients.ts'
import { drawExtras, EVENING, heightsWith, NIGHT_MS, settingsOf, variantOf } from './extras.ts'
import { createFaults, type Faults } from './faults.ts'
import { gather } from './gather.ts'
import { createHoldings } from './holdings.ts'
import { operate } from './operator.ts'
import { drawPlan, type Plan, withExtras } from './plan.ts'
import { createRandom } from './random.ts'
import { startSetChanges } from './set-changes.ts'
import { real, type Signatures, standIn } from './signatures.ts'
import type { Watch } from './watch.ts'
import { createWorld, type Machine, type World } from './world.ts'

export type SimulationOptions = {
  readonly seed: number
  readonly validators: number
  readonly heights: number
  /** Chosen by the seed if not given. */
  readonly engine?: EngineKind | undefined
  readonly signatures?: Signatures
  readonly print?: ((line: string) => void) | undefined
  /** All if not given. */
  readonly checkers?: readonly Checker[]
  /** The adversaries; chosen by the seed if not given. */
  readonly actors?: readonly Actor[]
  /** Changes what the seed has planned. */
  readonly replan?: (plan: Plan) => Plan
}

export type Outcome = {
  readonly seed: number
  /** The lowest at an honest node in the end. */
  readonly heights: number
  readonly traceHash: string
  /** Without what depends on the bytes of signatures. */
  readonly shape: string
  readonly faults: Readonly<Record<string, number>>
  /** The name of the checker that found something, and what; null if all is well. */
  readonly failure: { readonly checker: string; readonly text: string } | null
  /** Honest nodes that gave evidence against an adversary, and that dropped one. */
  readonly evidence: number
  readonly penalties: number
  readonly events: number
  readonly virtualMs: number
}

/** The bad time ends at the latest then. */
const BAD_MAX_MS = 240_000
/** Time for all to catch up, and again to decide two more heights. */
const CALM_MAX_MS = 120_000
/** Machines are switched on one after the other. */
const START_MAX_MS = 200

/** Heights by process, of those who are honest; what was seen of the others. */
function createRecord() {
  const heights = new Map<number, number>()
  return {
    evidence: 0,
    penalties: 0,
    highest: 0,
    lowest: () => Math.min(...heights.values()),
    forget: (process: number) => void heights.delete(process),
    set(process: number, height: number): void {
      heights.set(process, height)
      this.highest = Math.max(this.highest, height)
    },
  }
}

type Records = ReturnType<typeof createRecord>

/** What everybody is told of: the trace, the faults that wait for a height, the clients. */
function recorder(
  world: World,
  record: Records,
  parts: { faults?: Faults; clients?: Clients; watch?: Watch },
): Partial<Watch> {
  const forgetful = new Set<number>()
  return {
    onStart: ({ process, ledger }) => record.set(process, ledger.head().header.height),
    onFailure: ({ process, scope }, error) => {
      // Its disk was gone in the middle of something: so it is when the power goes.
      if (!scope.isAlive()) return
      const machine = world.machines.find((one) => one.process === process)
      if (machine === undefined || operate(world, machine, error)) return
      const text = error instanceof Error ? error.stack : error
      world.find('no-crash', `process ${process}: ${text}`)
    },
    onAdopt: ({ process, ledger }) => {
      const { height } = ledger.head().header
      world.trace.fault('state fetched')
      world.trace.note('state', process, height)
      record.set(process, height)
    },
    onView: ({ process }, view) => {
      world.trace.note('view', process, view)
      if (view > 0) parts.faults?.onViewChange()
    },
    onEvidence: () => {
      record.evidence += 1
    },
    onPenalty: () => {
      record.penalties += 1
    },
    onCommit: (node, { executed }) => {
      const { header, id, transactions } = executed
      if (node.ledger.lowest() > 1 && !forgetful.has(node.process)) {
        forgetful.add(node.process)
        world.trace.fault('without its first blocks')
      }
      world.trace.note('block', node.process, header.height)
      world.trace.id(id)
      record.set(node.process, header.height)
      const ids = transactions.map(({ transaction }) => transaction.id)
      for (const one of parts.clients?.onCommit(ids) ?? []) parts.watch?.onAcknowledged(node, one)
      parts.faults?.onHeight(record.highest)
    },
  }
}

function addMachines(world: World, plan: Plan, watch: Watch): readonly Machine[] {
  world.onUnopened = (machine, error) => {
    if (operate(world, machine, error) || !machine.isHonest) return
    world.find('no-crash', `process ${machine.process} does not start: ${error}`)
  }
  const silent = gather([])
  return plan.clocks.map((clock, index) => {
    const isHonest = !plan.byzantine.includes(index)
    const machine = world.add({ process: index, index, isHonest, watch: isHonest ? watch : silent })
    Object.assign(machine.clockError, clock)
    world.timeline.after(world.random.below(START_MAX_MS), () => world.start(machine))
    return machine
  })
}

export async function simulate(options: SimulationOptions): Promise<Outcome> {
  const { seed, validators, signatures = standIn, print, checkers = allCheckers } = options
  const drawn = drawAll(options)
  const plan = options.replan?.(drawn) ?? drawn
  const world = createWorld({
    ...{ seed, signatures, print },
    chain: chainOf(validators, variantOf(plan.extras)),
    settings: settingsOf(plan.extras),
  })
  const record = createRecord()
  const parts: Parameters<typeof recorder>[2] = {}
  const byzantine = new Set(plan.byzantine)
  const made = checkers.map(({ name, create }) =>
    create({ world, byzantine, find: (text) => world.find(name, text) }),
  )
  const holdings = createHoldings(world, byzantine.size)
  world.mayLose = holdings.mayLose
  const watch = gather([...made, holdings.watch, recorder(world, record, parts)])
  const machines = addMachines(world, plan, watch)
  // In a rough sea attackers that know what they want; else anything at all.
  const crowd = plan.extras.isRough ? allAttackers : allActors
  employ(world, machines, options.actors ?? chooseActors(world.random, byzantine.size, crowd))
  const clients = startClients(world, {
    ...plan.clients,
    isHonest: ({ isHonest }) => isHonest,
  })
  startSetChanges({ ...{ world, watch }, wanted: plan.extras.changes, onRetired: record.forget })
  const faults = createFaults(world, plan)
  Object.assign(parts, { watch, clients, faults })
  await run({ world, plan, watch, faults, clients, record })
  return {
    seed,
    heights: record.lowest(),
    traceHash: world.trace.hash(),
    shape: world.trace.shape(),
    faults: Object.fromEntries(world.trace.faults()),
    failure: world.finding() ?? null,
    evidence: record.evidence,
    penalties: record.penalties,
    events: world.timeline.eventsRun(),
    virtualMs: world.timeline.nowMs(),
  }
}

function drawAll({ seed, validators, heights, engine }: SimulationOptions): Plan {
  const extras = drawExtras({ heights, engine }, createRandom(seed + 0xe874a5))
  const random = createRandom(seed + 0x5eed)
  return withExtras(
    drawPlan({ validators, heights: heightsWith(extras, heights) }, random),
    extras,
    random,
  )
}

type Run = {
  readonly world: World
  readonly plan: Plan
  readonly watch: Watch
  readonly faults: Faults
  readonly clients: Clients
  readonly record: Records
}

async function run({ world, plan, watch, faults, clients, record }: Run): Promise<void> {
  const { timeline } = world
  const until = (limitMs: number, enough: () => boolean): Promise<boolean> =>
    timeline.runUntil(timeline.nowMs() + limitMs, () => {
      watch.onEvent()
      return world.finding() !== undefined || enough()
    })
  if (plan.extras.hasNight) {
    await until(BAD_MAX_MS, () => record.highest >= EVENING)
    clients.rest(NIGHT_MS)
    await until(NIGHT_MS, () => false)
  }
  await until(BAD_MAX_MS, () => record.highest >= plan.heights - 2)
  if (world.finding() !== undefined) return
  world.trace.note('calm', 0)
  faults.end()
  const goal = Math.max(plan.heights, record.highest + 2)
  // Whoever was cut off is connected and has caught up; from here on views are counted.
  await until(CALM_MAX_MS, () => record.lowest() >= record.highest - 1)
  watch.onCalm()
  const isLive = await until(CALM_MAX_MS, () => record.lowest() >= goal)
  if (!isLive)
    world.find('liveness', `heights ${record.lowest()} to ${record.highest}, ${goal} was wanted`)
  if (world.finding() === undefined) await watch.onEnd()
}

/** Every so many seeds the signatures are real. */
const REAL_EVERY = 50

/** One seed; with real signatures beside those that stand for them, if it is its turn. */
export async function simulateSeed(
  options: Omit<SimulationOptions, 'signatures'>,
): Promise<Outcome> {
  const outcome = await simulate(options)
  if (options.seed % REAL_EVERY !== 0 || outcome.failure !== null) return outcome
  const again = await simulate({ ...options, signatures: real })
  if (again.shape === outcome.shape) return outcome
  const text = `${outcome.shape} became ${again.shape} with real signatures`
  return { ...outcome, failure: { checker: 'real-signatures', text } }
}
