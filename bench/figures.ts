// What a run found: the shape of `runs[]` in the JSON.
import type { Percentiles } from '../node/load/percentiles.ts'
import type { Stages } from './stages.ts'

export type Mix = 'transfer' | 'record' | 'batch' | 'query'
export type Entry = 'one' | 'all'

export type Run = {
  readonly mix: Mix
  readonly validators: number
  readonly entry: Entry
  /** Transactions that were due in the window, and those of them that its end found in certified blocks. */
  readonly offered: number
  readonly delivered: number
  readonly seconds: number
  readonly offeredPerSecond: number
  readonly deliveredPerSecond: number
  /** Of one transaction: 1 but for batches. */
  readonly itemsPerTransaction: number
  /** From due to the news of the certified block at the node that took the transaction. */
  readonly latencyMs: Percentiles
  readonly acceptedMs: Percentiles
  /** To the first news of the block from any validator. */
  readonly committedMs: Percentiles
  readonly cpuMicrosPerTxPerValidator: number
  readonly rssMb: number
  /** Parts of cpuMicrosPerTxPerValidator; null without a profile. */
  readonly stages: Stages | null
  /** Least counts of a validator, from the begin until everything that was taken is in a block. */
  readonly verifiedPerValidator: number
  readonly executedPerValidator: number
  /** Whether every validator checked and executed what was delivered. */
  readonly counts: boolean
  readonly blocksPerSecond: number
  readonly bytesPerTransaction: number
  readonly sentBytesPerTxPerValidator: number
  readonly writtenBytesPerTxPerValidator: number
  readonly keptBytesPerTx: number
  readonly loopDelayP99Ms: number
  readonly gcShare: number
  readonly viewChanges: number
  readonly rejected: Readonly<Record<string, number>>
  /** Everything taken was in a block before the next run began. */
  readonly drained: boolean
  /** Cores that the generator took, and how late its requests left. */
  readonly generatorCores: number
  readonly generatorLateP99Ms: number | null
}
