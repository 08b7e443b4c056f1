// The plan of a whole measurement: the limit first, then every run, then the knee.
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { say } from '../node/cli/output.ts'
import { createTransferFactory } from '../node/load/transfers.ts'
import { createGenerator } from './generator.ts'
import { startBenchNetwork } from './network.ts'
import type { BenchOptions } from './options.ts'
import type { Report, Run } from './report.ts'
import { measureRun } from './run.ts'
import { measureVerification } from './signatures.ts'
import { kneeOf, nextRate } from './sweep.ts'

const RUNS_MAX = 8
/** A sweep begins no run that may end after this. */
const SWEEP_MS = 14 * 60_000
const VALID_MS = 300_000
const PROFILE_EVERY_MICROS = 5_000
/** Where a sweep begins, as a part of what the signatures alone would allow. */
const FIRST_SHARE = 0.12

function machine(): Report['machine'] {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    load: loadavg()[0] ?? 0,
  }
}

export async function measure(options: BenchOptions): Promise<Report> {
  const startMs = performance.now()
  const here = machine()
  const verificationsPerSecond = 1e6 / measureVerification()
  const { validators, accounts, seconds, warmup, entry, mix } = options
  const network = await startBenchNetwork({ validators, accounts })
  const runs: Run[] = []
  try {
    const generator = await createGenerator(network.urls)
    const transfer = createTransferFactory(network.chainId, network.payers)
    const runAt = async (rate: number): Promise<void> => {
      const run = await measureRun(
        { network, generator },
        {
          ...{ mix, rate, seconds, entry, itemsPerTransaction: 1 },
          warmupSeconds: warmup,
          profileEveryMicros: options.profile ? PROFILE_EVERY_MICROS : undefined,
          make: () => transfer(Date.now() + VALID_MS),
        },
      )
      runs.push(run)
      const { deliveredPerSecond, latencyMs, cpuMicrosPerTxPerValidator: cpu } = run
      say(
        `${rate}/s offered, ${deliveredPerSecond.toFixed(0)}/s delivered, p50 ${latencyMs.p50?.toFixed(0)} ms, ${cpu?.toFixed(0)} us`,
      )
    }
    if (!options.sweep) for (const rate of options.rates) await runAt(rate)
    else {
      const first = (FIRST_SHARE * here.cores * verificationsPerSecond) / validators
      let longestMs = 0
      while (runs.length < RUNS_MAX && performance.now() - startMs + longestMs < SWEEP_MS) {
        const rate = nextRate(runs, first)
        if (rate === undefined) break
        const runMs = performance.now()
        await runAt(rate)
        longestMs = Math.max(longestMs, performance.now() - runMs)
      }
    }
    generator.close()
  } finally {
    await network.stop()
  }
  return {
    machine: here,
    limit: { verificationsPerSecond },
    runs,
    knee: { transfer: kneeOf(runs) },
  }
}
