// A network with its generator and one mix, run after run; a new one when a run has left too much behind.
import { say } from '../node/cli/output.ts'
import { createGenerator, type Generator } from './generator.ts'
import { createMixture, type Mixture } from './mixes.ts'
import { type BenchNetwork, startBenchNetwork } from './network.ts'
import type { Entry, Mix, Run } from './report.ts'
import { measureRun } from './run.ts'

export type SessionPlan = {
  readonly mix: Mix
  readonly items?: number | undefined
  readonly validators: number
  readonly entry: Entry
  readonly accounts: number
  readonly warmupSeconds: number
  readonly profileEveryMicros: number | undefined
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
  const { latencyMs, cpuMicrosPerTxPerValidator: cpu } = run
  const each = (value: number | null) => (value === null ? '-' : value.toFixed(0))
  return [
    `${run.mix} × ${run.validators}: ${run.offeredPerSecond.toPrecision(4)}/s offered`,
    `${run.deliveredPerSecond.toPrecision(4)}/s delivered`,
    `p50 / p95 ${each(latencyMs.p50)} / ${each(latencyMs.p95)} ms`,
    `${each(cpu)} us`,
  ].join(', ')
}

export function createSession(plan: SessionPlan): Session {
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
      const run = await measureRun(others, { ...plan, ...offered, mixture })
      say(told(run))
      if (!run.drained) await close()
      return run
    },
  }
}
