// Reports for tests of what is done with them.
import type { Report, Run } from '../../bench/report.ts'

const times = { p50: 50, p95: 95, p99: 99 }

export function aRun({
  offeredPerSecond,
  cpu,
  validators = 4,
}: {
  readonly offeredPerSecond: number
  readonly cpu: number
  readonly validators?: number
}): Run {
  return {
    mix: 'transfer',
    validators,
    entry: 'all',
    offered: 60 * offeredPerSecond,
    delivered: 60 * offeredPerSecond,
    seconds: 60,
    offeredPerSecond,
    deliveredPerSecond: offeredPerSecond,
    itemsPerTransaction: 1,
    latencyMs: times,
    acceptedMs: times,
    committedMs: times,
    cpuMicrosPerTxPerValidator: cpu,
    rssMb: 200,
    stages: null,
    verifiedPerValidator: 60 * offeredPerSecond,
    executedPerValidator: 60 * offeredPerSecond,
    counts: true,
    blocksPerSecond: 10,
    bytesPerTransaction: 250,
    sentBytesPerTxPerValidator: 250,
    writtenBytesPerTxPerValidator: 1_000,
    keptBytesPerTx: 900,
    loopDelayP99Ms: 20,
    gcShare: 0.02,
    viewChanges: 0,
    rejected: {},
    drained: true,
    generatorCores: 0.1,
    generatorLateP99Ms: 1,
    otherCores: 0,
  }
}

export function aReport({
  verificationsPerSecond,
  knee,
  runs,
}: {
  readonly verificationsPerSecond: number
  readonly knee: number | null
  readonly runs: readonly Run[]
}): Report {
  return {
    machine: { cpu: 'a machine', cores: 2, memoryGiB: 8, node: '24.0.0', load: 0 },
    limit: { verificationsPerSecond },
    runs: [...runs],
    knee: { transfer: knee },
  }
}
