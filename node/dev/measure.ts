// What a run costs: latencies, CPU time of the validators, bytes on disk, and where all of them stand.
import type { Digest, Height } from '../../vm/types.ts'
import { homePaths } from '../home.ts'
import { bytesIn } from './bytes-in.ts'
import { metricsOf, sumOf } from './exposed.ts'
import type { RunningValidator } from './network.ts'

/** The value below which the given part of all values lies; 0 if there are none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
}

export type Work = {
  /** CPU seconds of all validators since their start. */
  readonly cpuSeconds: number
  /** Transactions that the busiest of them committed since its start. */
  readonly transactions: number
  /** Bytes of the data folder of the first. */
  readonly bytes: number
}

/** What the validators have done so far; one that is stopped adds nothing. */
export async function workOf(validators: readonly RunningValidator[]): Promise<Work> {
  const texts = await Promise.all(validators.map(({ rpcUrl }) => metricsOf(rpcUrl).catch(() => '')))
  const cpu = texts.map((text) => sumOf(text, 'epione_process_cpu_seconds_total'))
  const committed = texts.map((text) => sumOf(text, 'epione_consensus_transactions_total'))
  const [first] = validators
  return {
    cpuSeconds: cpu.reduce((sum, seconds) => sum + seconds, 0),
    transactions: Math.max(...committed),
    bytes: first === undefined ? 0 : await bytesIn(homePaths(first.home).data),
  }
}

export type Standing = { readonly height: Height; readonly stateRoot: Digest }

async function isRunning({ client }: RunningValidator): Promise<boolean> {
  return client.head().then(
    () => true,
    () => false,
  )
}

/** Height and state root of every running validator at one height that all of them have reached. */
export async function standings(
  validators: readonly RunningValidator[],
): Promise<readonly Standing[]> {
  const answers = await Promise.all(validators.map(isRunning))
  const running = validators.filter((_, index) => answers[index])
  const heads = await Promise.all(running.map(({ client }) => client.head()))
  const height = Math.max(...heads.map((head) => head.height))
  return Promise.all(
    running.map(async ({ client }) => {
      await client.head({ minHeight: height })
      const { header } = await client.header(height)
      return { height, stateRoot: header.stateRoot }
    }),
  )
}
