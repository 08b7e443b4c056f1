// The JSON of the benchmark: its schema and the types that follow from it.
import { z } from 'zod'
import { stageNames } from './stages.ts'

export const mixes = ['transfer', 'record', 'batch', 'query'] as const
export type Mix = (typeof mixes)[number]
export const entries = ['one', 'all'] as const
export type Entry = (typeof entries)[number]

const positive = z.number().nonnegative()
const count = z.int().nonnegative()
/** Null where nothing came back. */
const percentiles = z.object({
  p50: positive.nullable(),
  p95: positive.nullable(),
  p99: positive.nullable(),
})

/** Of one validator, mean of those that run the same checkout. */
const costSchema = z.object({
  cpuMicrosPerTx: positive,
  mainMicrosPerTx: positive,
  engineMicrosPerTx: positive,
  rssMb: positive,
})
export type Cost = z.infer<typeof costSchema>

/** This checkout, and the one that every second validator ran. */
const againstSchema = z.object({ own: costSchema, other: costSchema })
export type Against = z.infer<typeof againstSchema>

/** CPU of a transaction in this checkout, by that in the other. */
export function ratioOf({ own, other }: Against): number {
  return own.cpuMicrosPerTx / other.cpuMicrosPerTx
}

export const runSchema = z.object({
  mix: z.enum(mixes),
  validators: count,
  entry: z.enum(entries),
  /** Transactions (of a query run: queries) that were due in the window. */
  offered: count,
  /** Those of them that stood in certified blocks, not refused, when the window ended. */
  delivered: count,
  seconds: positive,
  offeredPerSecond: positive,
  deliveredPerSecond: positive,
  /** 1 but for batches. */
  itemsPerTransaction: count,
  /** From due to the news of the certified block at the node that took the transaction. */
  latencyMs: percentiles,
  /** To the answer of that node, durable or not. */
  acceptedMs: percentiles,
  /** To the first news of the block from any validator. */
  committedMs: percentiles,
  /** User and system time of the whole process over the window by what was delivered in it; mean of the validators. */
  cpuMicrosPerTxPerValidator: positive.nullable(),
  /** One libsodium verification meanwhile, beside the validators; the machine may be slower than when the limit was measured. */
  verificationMicros: positive.optional(),
  /** With --against alone. */
  against: againstSchema.optional(),
  /** Of the validator with most. */
  rssMb: positive,
  /** Parts of cpuMicrosPerTxPerValidator; null without a profile. */
  stages: z.record(z.enum(stageNames), positive).nullable(),
  /** Of the validator with least, until everything that was taken stands in a block. */
  verifiedPerValidator: count,
  executedPerValidator: count,
  /** Whether both are at least what was delivered; if not, the run is none. */
  counts: z.boolean(),
  blocksPerSecond: positive,
  bytesPerTransaction: positive,
  sentBytesPerTxPerValidator: positive,
  writtenBytesPerTxPerValidator: positive,
  /** Growth of one validator's folder. */
  keptBytesPerTx: z.number(),
  /** Of the slowest validator. */
  loopDelayP99Ms: positive,
  /** Part of the main threads' busy time. */
  gcShare: positive,
  /** Of the validator that saw most. */
  viewChanges: count,
  /** By code: refused by a node, or in a block. */
  rejected: z.record(z.string(), count),
  /** Whether everything that was taken came into a block before the next run. */
  drained: z.boolean(),
  generatorCores: positive,
  /** By how much requests left late. */
  generatorLateP99Ms: positive.nullable(),
  /** Cores that programs had which are no part of the benchmark. */
  otherCores: positive,
})
export type Run = z.infer<typeof runSchema>

/** Five times the knee, and the usual rate after it. */
const overloadSchema = z.object({
  offeredPerSecond: positive,
  seconds: positive,
  deliveredPerSecond: positive,
  shareOfKnee: positive,
  rejected: z.record(z.string(), count),
  rssMbMax: positive,
  /** Until a second whose median latency is at most twice the usual; null if there was none. */
  recoveredAfterSeconds: positive.nullable(),
  drained: z.boolean(),
})
export type Overload = z.infer<typeof overloadSchema>

const soakSchema = z.object({
  offeredPerSecond: positive,
  seconds: positive,
  delivered: count,
  latencyMs: percentiles,
  /** Of the largest validator, every five seconds. */
  rssMb: z.array(positive),
  drained: z.boolean(),
})
export type Soak = z.infer<typeof soakSchema>

/** One thread alone, without a network. */
const aloneSchema = z.object({
  madeAlonePerSecond: positive,
  checkedAlonePerSecond: positive,
  madeInBatchPerSecond: positive,
  checkedInBatchPerSecond: positive,
  bytesAlone: positive,
  bytesInBatch: positive,
})

/** One step of the vault on one core, or the size of one of its transactions. */
const vaultFigureSchema = z.object({
  step: z.string(),
  /** Null where nothing is demanded. */
  must: positive.nullable(),
  measured: positive,
  /** A unit is one verification of `limit`. */
  of: z.enum(['units', 'bytes']),
})
export type VaultFigure = z.infer<typeof vaultFigureSchema>

export const reportSchema = z.object({
  machine: z.object({
    cpu: z.string(),
    cores: count,
    memoryGiB: positive,
    node: z.string(),
    /** Processes that wanted to run in the minute before. */
    load: positive,
  }),
  limit: z.object({
    /** Libsodium's Ed25519 by one thread on one core, just before the runs. */
    verificationsPerSecond: positive,
  }),
  runs: z.array(runSchema),
  /** The highest delivered rate of a transfer run on four validators that held, null if none did. */
  knee: z.object({ transfer: positive.nullable() }),
  /** With --all only. Parts that ended early, for what reason. */
  failed: z.array(z.object({ part: z.string(), reason: z.string() })).optional(),
  overload: overloadSchema.optional(),
  soak: soakSchema.optional(),
  records: aloneSchema.optional(),
  vault: z.array(vaultFigureSchema).optional(),
  /** Updates of the state tree, hashing and synced storage included. */
  stateTree: z
    .object({
      keys: count,
      updatesPerSecond: positive,
      cpuMicrosPerUpdate: positive,
      proofMicros: positive.optional(),
      proofBytes: positive.optional(),
      startMicrosPerKey: positive.optional(),
    })
    .optional(),
})
export type Report = z.infer<typeof reportSchema>

/** Transactions per second if all cores did nothing but check each signature once for each validator. */
export function ceilingOf({ machine, limit }: Report, validators: number): number {
  return (machine.cores * limit.verificationsPerSecond) / validators
}

/** Microseconds of one verification: the unit. */
export function unitOf({ limit }: Report): number {
  return 1e6 / limit.verificationsPerSecond
}
