// What a run shows: the table of sums, the figures, the network, and what to try next; people read stderr, programs stdout.
import pc from 'picocolors'
import type { JsonValue } from '../../vm/codec.ts'
import type { Dataset } from '../synthea/dataset.ts'
import { networkPaths } from '../testnet/layout.ts'
import type { JobResult } from './job.ts'
import { percentile, type Standing } from './measure.ts'
import { decimal } from './money.ts'
import type { RunningValidator } from './network.ts'
import type { DevOptions } from './options.ts'
import { isMatch, type Outcome, type PairName } from './outcome.ts'
import type { NetworkPlan } from './plan.ts'
import type { Progress } from './progress.ts'
import type { Sight } from './seen.ts'
import { tableOf } from './table.ts'

export type Figures = JobResult & {
  readonly dataset: Dataset
  readonly validators: readonly RunningValidator[]
  readonly nodes: readonly Standing[]
  readonly sights: readonly Sight[]
  readonly wallSeconds: number
}

/** Rows of the table that a terminal shows. */
const ROWS_MAX = 200

function sumsTable({ dataset, outcome }: Pick<Figures, 'dataset' | 'outcome'>): string {
  const payers = new Map(dataset.payers.map(({ id, name }) => [id, name]))
  const named = ({ patient, payer, invoices }: PairName) => [
    patient.slice(0, 8),
    payers.get(payer) ?? payer,
    `${invoices}`,
  ]
  const rows = outcome.sums.slice(0, ROWS_MAX).map((sum) => {
    const verdict = isMatch(sum) ? 'equal' : pc.red('DIFFERS')
    return [...named(sum), decimal(sum.minorUnits), decimal(sum.plainMinorUnits), verdict]
  })
  return tableOf(
    [
      ['patient', 'left'],
      ['payer', 'left'],
      ['invoices', 'right'],
      ['private sum', 'right'],
      ['plain sum', 'right'],
      ['', 'left'],
    ],
    rows,
  )
}

function sightsTable(sights: readonly Sight[]): string {
  return tableOf(
    [
      ['who', 'left'],
      ['amounts read', 'right'],
      ['sums read', 'right'],
      ['and besides', 'left'],
    ],
    sights.map(({ party, amounts, sums, besides }) => [party, `${amounts}`, `${sums}`, besides]),
  )
}

function troubles({ sums, unanswered }: Outcome): readonly string[] {
  const pair = ({ patient, payer }: PairName) => `patient ${patient}, payer ${payer}`
  return [
    ...sums
      .filter((sum) => !isMatch(sum))
      .map(
        (sum) =>
          `DIFFERS: ${pair(sum)}: ${decimal(sum.minorUnits)}, not ${decimal(sum.plainMinorUnits)}`,
      ),
    ...unanswered.map((one) => `UNANSWERED: ${pair(one)}: ${one.why}`),
  ]
}

/** 0 if there was nothing to measure. */
function ratio(part: number, whole: number): number {
  return whole <= 0 ? 0 : part / whole
}

type Measured = {
  readonly recordsPerSecond: number
  readonly transactionsPerSecond: number
  readonly latencyMs: { readonly p50: number; readonly p95: number }
  readonly cpuMicrosPerTxPerValidator: number
}

function measured(figures: Figures): Measured {
  const { latenciesMs, newRecords, importSeconds, jobSeconds, validators, work } = figures
  return {
    recordsPerSecond: ratio(newRecords, importSeconds),
    transactionsPerSecond: ratio(work.transactions, jobSeconds),
    latencyMs: { p50: percentile(latenciesMs, 0.5), p95: percentile(latenciesMs, 0.95) },
    cpuMicrosPerTxPerValidator: ratio(work.cpuSeconds * 1e6, work.transactions) / validators.length,
  }
}

function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits))
}

/** Exactly this object is on stdout with --json. */
export function toJson(figures: Figures): JsonValue {
  const { dataset, outcome, validators, nodes, sights, wallSeconds } = figures
  const { recordsPerSecond, latencyMs, cpuMicrosPerTxPerValidator } = measured(figures)
  return {
    validators: validators.length,
    patients: dataset.patients.length,
    invoices: dataset.invoices.length,
    records: figures.records,
    sums: outcome.sums.map((sum) => ({ ...sum })),
    withheld: outcome.withheld.map((pair) => ({ ...pair })),
    wallSeconds: rounded(wallSeconds, 3),
    recordsPerSecond: rounded(recordsPerSecond),
    latencyMs: { p50: rounded(latencyMs.p50), p95: rounded(latencyMs.p95) },
    cpuMicrosPerTxPerValidator: rounded(cpuMicrosPerTxPerValidator),
    nodes: nodes.map((node) => ({ ...node })),
    sights: sights.map((sight) => ({ ...sight })),
  }
}

function figureLines(figures: Figures): readonly string[] {
  const { outcome, nodes, wallSeconds, dataset } = figures
  const { sums, withheld, unanswered } = outcome
  const seen = measured(figures)
  const matching = sums.filter(isMatch).length
  const roots = new Set(nodes.map(({ stateRoot }) => stateRoot)).size
  const perRecord = figures.newRecords === 0 ? undefined : figures.recordBytes / figures.newRecords
  return [
    `${matching} of ${sums.length} private sums match, ${withheld.length} withheld (sets too small), ${unanswered.length} unanswered`,
    `${dataset.invoices.length} invoices, ${rounded(seen.recordsPerSecond)} records/s, ${rounded(seen.transactionsPerSecond)} transactions/s`,
    `latency from submit to certified receipt: p50 ${rounded(seen.latencyMs.p50)} ms, p95 ${rounded(seen.latencyMs.p95)} ms`,
    `CPU per transaction and validator: ${rounded(seen.cpuMicrosPerTxPerValidator, 0)} µs`,
    ...(perRecord === undefined ? [] : [`bytes per record on disk: ${rounded(perRecord, 0)}`]),
    ...(roots === 1 ? [] : [pc.red('THE STATE ROOTS DIFFER')]),
    ...nodes.map(({ height, stateRoot }) => `block ${height}, state root ${stateRoot}`),
    `${rounded(wallSeconds)} s from the start to the last sum`,
  ]
}

export function reportJob(
  { json }: Pick<DevOptions, 'json'>,
  figures: Figures,
  { say }: Progress,
): void {
  // Ids of the CSV are shown on stdout, and with them the table; with --json they are in the object.
  if (!json) process.stdout.write(`${sumsTable(figures)}\n${sightsTable(figures.sights)}\n`)
  for (const line of troubles(figures.outcome)) say(pc.red(line))
  for (const line of figureLines(figures)) say(line)
}

export function describeSamples({ samples }: NetworkPlan, { say }: Progress): void {
  const warning = ' EVERYBODY KNOWS THESE KEYS: never use them anywhere else '
  say('')
  say(pc.inverse(pc.bold(pc.red(warning))))
  for (const { name, account, seed } of samples)
    say(`${name.padEnd(10)}  account ${account}\n            key     ${seed}`)
  say(pc.inverse(pc.bold(pc.red(warning))))
}

export function describeNetwork(
  { home, samples }: NetworkPlan,
  validators: readonly RunningValidator[],
  { say }: Progress,
): void {
  const url = validators[0]?.rpcUrl
  const [from, to] = samples
  const transfer = JSON.stringify({ to: to?.account, currency: 'USD', amount: '250', memo: null })
  const balance = JSON.stringify({ account: to?.account, currency: 'USD' })
  const key = `${networkPaths(home).client(from?.name ?? '')}/key.json`
  say('')
  for (const { name, rpcUrl } of validators) say(`${name.padEnd(12)} ${rpcUrl}`)
  say(`home         ${home}`)
  say('')
  say('Try next, in another terminal:')
  say(`  bin/epione tx bank.transfer '${transfer}' --key ${key} --url ${url}`)
  say(`  bin/epione query bank.balance '${balance}' --url ${url}`)
  say(`  bin/epione testnet status --home ${home}`)
  say('')
  say('Ctrl-C stops everything.')
}
