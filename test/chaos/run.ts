// One run: a network under load and faults from a seed, and the verdict on what its clients saw.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { networkPaths } from '../../node/testnet/layout.ts'
import { createRandom } from '../sim/random.ts'
import { commitFault, type Scene } from './faults.ts'
import { gapsBetween } from './follow.ts'
import { createHistory, type History } from './history.ts'
import { type Load, startLoad } from './load.ts'
import { type ChaosNetwork, createNetwork } from './network.ts'
import { startReaders } from './readers.ts'
import { untilRecovered } from './recovery.ts'
import { createSchedule, type Fault, type FaultKind } from './schedule.ts'
import { createSmallDisk } from './small-disk.ts'
import { judge } from './verdict.ts'
import { keepJournals } from './votes.ts'

export type ChaosPlan = {
  readonly home: string
  readonly seed: number
  readonly minutes: number
  /** Transactions per second. */
  readonly rate: number
  /** The folder stays also when nothing is wrong. */
  readonly keep: boolean
  readonly say: (line: string) => void
  /** Ends the faults early. */
  readonly signal: AbortSignal
  /** Instead of all kinds that the seed brings. */
  readonly next?: () => Fault | undefined
}

export type ChaosReport = {
  readonly minutes: number
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
  readonly acknowledged: number
  readonly lost: number
  readonly duplicated: number
  readonly doubleVotes: number
  readonly forks: number
  /** Without news of a block, while a quorum was up and connected. */
  readonly longestGapMs: number
  /** Of each fault, from its end until every node is at the head of a chain that goes on. */
  readonly recoveriesMs: readonly number[]
}

export type ChaosOutcome = {
  readonly report: ChaosReport
  /** What must not be; empty when all is well. */
  readonly wrong: readonly string[]
}

/** A node that has lost everything fetches the whole chain. */
const RECOVERY_MS = 120_000
const DRAIN_MS = 60_000
const WARM_MS = 2_000
/** These take the quorum away. */
const quorumless: ReadonlySet<FaultKind> = new Set(['kill-all', 'split'])

/** Validators that ended by themselves have been complained about; the run goes on with them. */
async function reviveAll({ validators }: ChaosNetwork): Promise<void> {
  await Promise.all(validators.map((one) => (one.isUp() ? undefined : one.start())))
}

type Faulted = { readonly counts: Map<FaultKind, number>; readonly recoveriesMs: number[] }

async function wreakHavoc(
  plan: ChaosPlan,
  scene: Scene,
  gaps: { readonly excuse: (fromMs: number, toMs: number) => void },
): Promise<Faulted> {
  const { network, history } = scene
  const { say, signal, seed, minutes } = plan
  const next = plan.next ?? createSchedule(createRandom(seed), network.validators.length)
  const counts = new Map<FaultKind, number>()
  const recoveriesMs: number[] = []
  const untilMs = performance.now() + minutes * 60_000
  while (performance.now() < untilMs && !signal.aborted) {
    const fault = next()
    if (fault === undefined) break
    await sleep(fault.restMs)
    history.write({ fault })
    counts.set(fault.kind, (counts.get(fault.kind) ?? 0) + 1)
    const startMs = performance.now()
    await commitFault(scene, fault)
    const healedMs = performance.now()
    await reviveAll(network)
    const tookMs = await untilRecovered(network.validators, RECOVERY_MS)
    const name = fault.kind === 'full-disk' ? 'insurer' : network.validators[fault.victim]?.name
    const what = `${fault.kind} (${name}, ${fault.lengthMs} ms, ${fault.amountMs} ms)`
    if (tookMs === undefined) history.complain(`no recovery from ${what}`)
    else recoveriesMs.push(Math.round(tookMs))
    if (quorumless.has(fault.kind)) gaps.excuse(startMs, healedMs + (tookMs ?? 0))
    history.write({ recoveredMs: tookMs })
    say(`${what}: recovered in ${((tookMs ?? Number.NaN) / 1_000).toFixed(1)} s`)
  }
  return { counts, recoveriesMs }
}

/** The longest silence that no lack of a quorum excuses. */
function longestGap(
  load: Load,
  span: { readonly fromMs: number; readonly toMs: number },
  excused: readonly { readonly fromMs: number; readonly toMs: number }[],
): number {
  const gaps = gapsBetween(load.followed.firstMs, span).filter(
    ({ atMs, lengthMs }) =>
      !excused.some(({ fromMs, toMs }) => atMs < toMs && atMs + lengthMs > fromMs),
  )
  return Math.round(Math.max(0, ...gaps.map(({ lengthMs }) => lengthMs)))
}

async function carryOut(plan: ChaosPlan, scene: Scene): Promise<ChaosOutcome> {
  const { network, history } = scene
  const nodes = network.validators
  const { say, seed, rate } = plan
  await Promise.all(nodes.map((one) => one.start()))
  const load = startLoad({ ...network, nodes, rate, history })
  const random = createRandom(seed + 1)
  const readers = startReaders({ nodes, payers: network.payers, history, random })
  await sleep(WARM_MS)
  const fromMs = performance.now()
  const excused: { readonly fromMs: number; readonly toMs: number }[] = []
  const { counts, recoveriesMs } = await wreakHavoc(plan, scene, {
    excuse: (from, to) => excused.push({ fromMs: from, toMs: to }),
  })
  const toMs = performance.now()
  await load.drain(DRAIN_MS)
  say(`${history.acknowledged.size} of ${history.submitted()} submissions acknowledged`)
  if (load.refused.size > 0) say(`refused: ${JSON.stringify(Object.fromEntries(load.refused))}`)
  await readers.stop()
  await load.stop()
  const verdict = await judge(network, history, network.stop)
  say(`${verdict.height} blocks and ${verdict.votes} votes looked at`)
  const { lost, duplicated, doubleVotes, forks } = verdict
  const report = {
    minutes: plan.minutes,
    faults: Object.fromEntries(counts),
    acknowledged: history.acknowledged.size,
    ...{ lost, duplicated, doubleVotes, forks },
    longestGapMs: longestGap(load, { fromMs, toMs }, excused),
    recoveriesMs,
  }
  return { report, wrong: history.wrong.other }
}

async function open(plan: ChaosPlan, history: History): Promise<Scene> {
  const { home, seed } = plan
  const insurer = networkPaths(home).validator('insurer')
  const smallDisk = await createSmallDisk({ home: insurer, folder: home })
  const onLost: Parameters<typeof createNetwork>[0]['onLost'] = (name, { code, signal }) =>
    history.complain(`${name} ended by itself with ${signal ?? code}`)
  const network = await createNetwork({ home, seed, relayed: true, onLost })
  const { relays } = network
  if (relays === undefined) throw new Error('faults need relays')
  return { network, relays, history, smallDisk, keeper: keepJournals(network.validators) }
}

/** Nothing is left behind of a run that ends well; of another the folder, which holds all logs and the history. */
export async function runChaos(plan: ChaosPlan): Promise<ChaosOutcome> {
  const history = createHistory(join(plan.home, 'history.jsonl'))
  const scene = await open(plan, history)
  const { network, smallDisk, keeper } = scene
  let isDone = false
  try {
    const outcome = await carryOut(plan, scene)
    isDone = outcome.wrong.length === 0 && !plan.keep
    return outcome
  } finally {
    keeper.stop()
    await network.stop()
    await history.close()
    await smallDisk.end(isDone ? 'drop' : 'keep')
    if (isDone) await network.remove()
  }
}
