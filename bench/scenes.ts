// What one rate does not show: five times the knee and what comes after, and ten minutes on end.
import { setTimeout as sleep } from 'node:timers/promises'
import { percentilesOf } from '../node/load/percentiles.ts'
import type { BenchNetwork } from './network.ts'
import type { Overload, Soak } from './report.ts'
import type { Parts } from './session.ts'
import { type Phase, prepareWork, type Work } from './work.ts'

const OVERLOAD = 5
/** How long the usual rate is offered after it, as a part of it. */
const AFTER_SHARE = 0.5
const DRAIN_MS = 60_000
const SAMPLE_MS = 5_000

/** Latency is back to normal when a second's median is at most this many times the usual one. */
const NORMAL = 2

async function residentMb(network: BenchNetwork): Promise<number> {
  const counters = await network.counters()
  return Math.max(...counters.map(({ residentBytes }) => residentBytes)) / 2 ** 20
}

/** The largest validator's memory, every few seconds until the work is done. */
async function watched(network: BenchNetwork, done: Promise<unknown>): Promise<readonly number[]> {
  const samples: number[] = []
  let open = true
  const ended = done.finally(() => {
    open = false
  })
  while (open) {
    samples.push(await residentMb(network))
    await Promise.race([ended, sleep(SAMPLE_MS)])
  }
  await ended
  return samples
}

/** Seconds from the end of the overload to the first one whose transactions were seen as fast as usual; null if none was. */
export function recovery(
  seen: readonly (readonly [dueMs: number, tookMs: number])[],
  usualMs: number,
): number | null {
  const seconds = new Map<number, number[]>()
  for (const [dueMs, tookMs] of seen) {
    const second = Math.floor(dueMs / 1_000)
    seconds.set(second, [...(seconds.get(second) ?? []), tookMs])
  }
  for (const second of [...seconds.keys()].toSorted((left, right) => left - right)) {
    const { p50 } = percentilesOf(seconds.get(second) ?? [])
    if (p50 !== null && p50 <= NORMAL * usualMs) return second
  }
  return null
}

function workOf({ network, mixture }: Parts, phases: readonly Phase[]): Promise<Work> {
  return prepareWork({ phases, nodes: network.urls.length }, mixture.make)
}

/** `usual`: the rate that is held with ease, and the median latency there. */
export async function measureOverload(
  parts: Parts,
  plan: {
    readonly knee: number
    readonly seconds: number
    readonly usual: { readonly rate: number; readonly p50Ms: number }
  },
): Promise<Overload> {
  const { knee, seconds, usual } = plan
  const { network, generator } = parts
  const rate = OVERLOAD * knee
  const work = await workOf(parts, [
    { rate, seconds },
    { rate: usual.rate, seconds: AFTER_SHARE * seconds },
  ])
  const startMs = performance.now()
  const offering = generator.offer(work)
  const committed = sleep(1_000 * seconds).then(offering.book.delivered)
  const memory = await watched(network, Promise.race([offering.sent, network.lost]))
  const delivered = await committed
  const drained = await generator.drain(offering, DRAIN_MS)
  const endMs = startMs + 1_000 * seconds
  return {
    offeredPerSecond: rate,
    seconds,
    deliveredPerSecond: delivered / seconds,
    shareOfKnee: delivered / seconds / knee,
    rejected: Object.fromEntries([...offering.refused, ...offering.book.refused]),
    rssMbMax: Math.max(...memory),
    recoveredAfterSeconds: recovery(offering.book.seenSince(endMs), usual.p50Ms),
    drained,
  }
}

/** One window after the other: what is signed before the first of many would expire before the last. */
export async function measureSoak(
  parts: Parts,
  plan: { readonly rate: number; readonly seconds: number; readonly windows: number },
): Promise<Soak> {
  const { rate, seconds, windows } = plan
  const { network, generator } = parts
  const seen: number[] = []
  let delivered = 0
  let drained = true
  const load = async (): Promise<void> => {
    for (let window = 0; window < windows; window++) {
      const offering = generator.offer(await workOf(parts, [{ rate, seconds }]))
      await Promise.race([offering.sent, network.lost])
      drained = (await generator.drain(offering, DRAIN_MS)) && drained
      delivered += offering.book.delivered()
      for (const ms of offering.book.times().seen) seen.push(ms)
    }
  }
  const rssMb = [...(await watched(network, load()))]
  const latencyMs = percentilesOf(seen)
  return {
    offeredPerSecond: rate,
    seconds: windows * seconds,
    delivered,
    latencyMs,
    rssMb,
    drained,
  }
}
