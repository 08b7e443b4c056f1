// A network with its generator and one mix, run after run; a new one when a run has left too much behind.
import { say } from '../node/cli/output.ts'
import { createGenerator, type Generator } from './generator.ts'
import { createMixture, type Mixture } from './mixes.ts'
import { type BenchNetwork, startBenchNetwork } from './network.ts'
import type { BenchOptions } from './options.ts'
import { type Entry, type Mix, type Run, ratioOf } from './report.ts'
import { measureRun } from './run.ts'
import { nextRate } from './sweep.ts'

/** Fewest accounts of batches: a payer and as many payees as a batch has items. */
const BATCH_ACCOUNTS = 1_001
const PROFILE_EVERY_MICROS = 5_000
/** A search begins no run that may end after this. */
const SEARCH_MS = 14 * 60_000

export type SessionPlan = {
  readonly mix: Mix
  readonly items?: number | undefined
  readonly validators: number
  readonly entry: Entry
  readonly accounts: number
  readonly warmupSeconds: number
  readonly profileEveryMicros: number | undefined
  /** The program of every second validator, where it is another one. */
  readonly against?: string | undefined
}

export type Parts = {
  readonly network: BenchNetwork
  readonly generator: Generator
  readonly mixture: Mixture
}

export type Session = {
  readonly run: (offered: { readonly rate: number; readonly seconds: number }) => Promise<Run>
  /** For what is no run: the parts, on a network that has nothing left to do. */
  readonly parts: () => Promise<Parts>
  readonly close: () => Promise<void>
}

function told(run: Run): string {
  const { latencyMs, cpuMicrosPerTxPerValidator: cpu, against } = run
  const each = (value: number | null) => (value === null ? '-' : value.toFixed(0))
  return [
    `${run.mix} × ${run.validators}: ${run.offeredPerSecond.toPrecision(4)}/s offered`,
    `${run.deliveredPerSecond.toPrecision(4)}/s delivered`,
    `p50 / p95 ${each(latencyMs.p50)} / ${each(latencyMs.p95)} ms`,
    `${each(cpu)} us`,
    ...(against === undefined ? [] : [`${ratioOf(against).toFixed(3)} of the other checkout`]),
  ].join(', ')
}

function createSession(plan: SessionPlan): Session {
  let parts: Parts | undefined
  const close = async (): Promise<void> => {
    parts?.generator.close()
    await parts?.network.stop()
    parts = undefined
  }
  const open = async (): Promise<Parts> => {
    const network = await startBenchNetwork(plan)
    try {
      const mixture = await createMixture(network, plan)
      return { network, generator: await createGenerator(network.urls), mixture }
    } catch (error) {
      await network.stop()
      throw error
    }
  }
  const ready = async (): Promise<Parts> => {
    parts ??= await open()
    return parts
  }
  return {
    parts: ready,
    close,
    run: async (offered) => {
      const { mixture, ...others } = await ready()
      say(
        `${plan.mix} × ${plan.validators}: ${offered.rate.toPrecision(4)}/s for ${offered.seconds} s ...`,
      )
      const run = await measureRun(others, { ...plan, ...offered, mixture })
      say(told(run))
      if (!run.drained) await close()
      return run
    },
  }
}

/** A session that is closed however the work ends. */
export async function withSession<T>(
  plan: SessionPlan,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = createSession(plan)
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

export function planOf(options: BenchOptions): SessionPlan {
  const { mix, items, validators, entry, against } = options
  const accounts = mix === 'batch' ? Math.max(BATCH_ACCOUNTS, options.accounts) : options.accounts
  const profileEveryMicros = options.profile ? PROFILE_EVERY_MICROS : undefined
  const warmupSeconds = options.warmup
  return { mix, items, validators, entry, accounts, profileEveryMicros, warmupSeconds, against }
}

type Search = { readonly first: number; readonly runsMax: number; readonly seconds: number }

/** Run after run at the rates that lead to the knee. */
export async function search(
  session: Session,
  { first, runsMax, seconds }: Search,
): Promise<Run[]> {
  const startMs = performance.now()
  const runs: Run[] = []
  let longestMs = 0
  while (runs.length < runsMax && performance.now() - startMs + longestMs < SEARCH_MS) {
    const rate = nextRate(runs, first)
    if (rate === undefined) break
    const beganMs = performance.now()
    runs.push(await session.run({ rate, seconds }))
    longestMs = Math.max(longestMs, performance.now() - beganMs)
  }
  return runs
}
