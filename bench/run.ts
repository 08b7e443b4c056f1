// One run: prepare, warm up, offer through the window, and add up what everybody measured.
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile, percentilesOf } from '../node/load/percentiles.ts'
import { compareCheckouts } from './against.ts'
import type { Counters } from './exposed.ts'
import type { Generator, Offering } from './generator.ts'
import type { Mixture } from './mixes.ts'
import type { BenchNetwork } from './network.ts'
import type { ProbeFigures, Profile } from './probe.ts'
import type { Entry, Run } from './report.ts'
import { watchVerification } from './signatures.ts'
import { type Stage, type Stages, stageNames, stagesOf } from './stages.ts'
import { prepareWork, type Work } from './work.ts'

export type RunPlan = {
  readonly mixture: Mixture
  readonly rate: number
  readonly seconds: number
  readonly warmupSeconds: number
  readonly entry: Entry
  readonly profileEveryMicros: number | undefined
  readonly against?: string | undefined
}

/** How long what was taken may need to come into blocks after the window. */
const DRAIN_MS = 20_000
/** The same load goes on so long after the window, under a profile. */
const PROFILE_SECONDS = 8
const SETTLE_MS = 3_000

type Window = {
  readonly offering: Offering
  readonly work: Work
  readonly delivered: number
  readonly probes: readonly ProbeFigures[]
  /** Of each validator; undefined without a profile. */
  readonly profiles: readonly Profile[] | undefined
  readonly verificationMicros: number | undefined
  readonly generatorMicros: number
  /** Of the whole machine, ours included. */
  readonly busyMicros: number
  readonly lengthMs: number
  readonly drained: boolean
  readonly before: readonly Counters[]
  readonly after: readonly Counters[]
  readonly keptBytes: number
}

/** Time that the cores of this machine were busy, since it started. */
function busyMicros(): number {
  const each = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq)
  return each.reduce((sum, ms) => sum + ms, 0) * 1_000
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** The counters when the slowest validator has executed what the fastest has, or does not within a while. */
async function settledCounters(network: BenchNetwork): Promise<readonly Counters[]> {
  const untilMs = performance.now() + SETTLE_MS
  for (;;) {
    const counters = await network.counters()
    const executed = counters.map((one) => one.executed)
    if (new Set(executed).size === 1 || performance.now() > untilMs) return counters
    await sleep(100)
  }
}

type RunParts = { readonly network: BenchNetwork; readonly generator: Generator }

/** The load of so many seconds. */
function workOf({ network }: RunParts, plan: RunPlan, seconds: number): Promise<Work> {
  const nodes = plan.entry === 'one' ? 1 : network.urls.length
  return prepareWork({ phases: [{ rate: plan.rate, seconds }], nodes }, plan.mixture.make)
}

/** Offers it and waits until all has left. */
async function offer({ network, generator }: RunParts, work: Work): Promise<Offering> {
  const offering = generator.offer(work)
  await Promise.race([offering.sent, network.lost])
  return offering
}

/** Not in the window: a profile costs a validator a twentieth of its time, and starting one half a second. */
async function takeProfiles(
  parts: RunParts,
  plan: RunPlan,
): Promise<readonly Profile[] | undefined> {
  const { network, generator } = parts
  if (plan.profileEveryMicros === undefined) return undefined
  const work = await workOf(parts, plan, Math.min(plan.seconds, PROFILE_SECONDS))
  await network.startProfile(plan.profileEveryMicros)
  const offering = await offer(parts, work)
  const profiles = await network.stopProfile()
  await generator.drain(offering, DRAIN_MS)
  return profiles
}

async function openWindow(
  { network, generator }: RunParts,
  plan: RunPlan,
  work: Work,
): Promise<Omit<Window, 'profiles'>> {
  const diskBefore = await network.diskBytes()
  const before = await network.counters()
  await network.begin()
  const own = process.cpuUsage()
  const busyBefore = busyMicros()
  const startMs = performance.now()
  const offering = generator.offer(work)
  const verification = watchVerification()
  const windowMs = plan.seconds * 1_000
  const ended = new Promise((resolve) => setTimeout(resolve, windowMs))
  await Promise.race([Promise.all([offering.sent, ended]), network.lost])
  const { user, system } = process.cpuUsage(own)
  const delivered = offering.book.delivered()
  const verificationMicros = verification()
  const lengthMs = performance.now() - startMs
  const busyAfter = busyMicros()
  const probes = await network.end()
  const drained = await generator.drain(offering, DRAIN_MS)
  return {
    ...{ offering, work, delivered, probes, drained, before, lengthMs, verificationMicros },
    generatorMicros: user + system,
    busyMicros: busyAfter - busyBefore,
    after: await settledCounters(network),
    keptBytes: (await network.diskBytes()) - diskBefore,
  }
}

/** The mean of the validators, for each delivered transaction. */
function stagesPerTx({ probes, profiles, delivered }: Window): Stages | null {
  if (profiles === undefined) return null
  const each = probes.map((figures, index) => stagesOf(figures, profiles[index] ?? []))
  const means = stageNames.map((stage): [Stage, number] => [
    stage,
    mean(each.map((one) => one[stage])) / Math.max(1, delivered),
  ])
  return Object.fromEntries(means) as Record<Stage, number>
}

/** Refusals of all nodes to clients, and of blocks. */
function rejections({ refused, book }: Offering): Readonly<Record<string, number>> {
  return Object.fromEntries([...refused, ...book.refused])
}

function summary(window: Window, plan: RunPlan): Run {
  const { offering, work, delivered, probes, before, after } = window
  const { seconds, entry, mixture } = plan
  const { mix, itemsPerTransaction } = mixture
  const tx = Math.max(1, delivered)
  const times = offering.book.times()
  const grown = (pick: (counters: Counters) => number) =>
    after.map((now, index) => pick(now) - pick(before[index] ?? now))
  const verified = Math.min(...grown((one) => one.verified))
  const executed = Math.min(...grown((one) => one.executed))
  const ownMicros =
    window.generatorMicros + probes.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0)
  return {
    ...{ mix, validators: probes.length, entry, itemsPerTransaction, seconds, delivered },
    offered: work.ids.length,
    offeredPerSecond: work.ids.length / seconds,
    deliveredPerSecond: delivered / seconds,
    latencyMs: percentilesOf(times.seen),
    acceptedMs: percentilesOf(times.accepted),
    committedMs: percentilesOf(times.committed),
    cpuMicrosPerTxPerValidator:
      delivered === 0 ? null : mean(probes.map(({ cpuMicros }) => cpuMicros)) / delivered,
    verificationMicros: window.verificationMicros,
    against:
      plan.against === undefined || delivered === 0
        ? undefined
        : compareCheckouts(probes, delivered),
    rssMb: Math.max(...probes.map(({ residentBytes }) => residentBytes)) / 2 ** 20,
    stages: stagesPerTx(window),
    verifiedPerValidator: verified,
    executedPerValidator: executed,
    counts: mix === 'query' || Math.min(verified, executed) >= delivered,
    blocksPerSecond: Math.max(...grown((one) => one.blocks)) / seconds,
    bytesPerTransaction: work.bytesPerTransaction,
    sentBytesPerTxPerValidator: mean(grown((one) => one.sentBytes)) / tx,
    writtenBytesPerTxPerValidator: mean(probes.map(({ writtenBytes }) => writtenBytes)) / tx,
    keptBytesPerTx: window.keptBytes / tx,
    loopDelayP99Ms: Math.max(...probes.map(({ loopDelayP99Ms }) => loopDelayP99Ms)),
    gcShare: mean(probes.map(({ gcShare }) => gcShare)),
    viewChanges: Math.max(...grown((one) => one.viewChanges)),
    rejected: rejections(offering),
    drained: window.drained,
    generatorCores: window.generatorMicros / (window.lengthMs * 1_000),
    otherCores: Math.max(0, window.busyMicros - ownMicros) / (window.lengthMs * 1_000),
    generatorLateP99Ms: percentile(Float64Array.from(offering.lateMs).sort(), 0.99),
  }
}

export async function measureRun(parts: RunParts, plan: RunPlan): Promise<Run> {
  const work = await workOf(parts, plan, plan.seconds)
  if (plan.warmupSeconds > 0) {
    const warmup = await offer(parts, await workOf(parts, plan, plan.warmupSeconds))
    await parts.generator.drain(warmup, DRAIN_MS)
  }
  const window = await openWindow(parts, plan, work)
  // What has not come into blocks by now would be in the profile too.
  const profiles = window.drained ? await takeProfiles(parts, plan) : undefined
  return summary({ ...window, profiles }, plan)
}
