// The report for a person: the limit and every run in one table, the stages and the rest below.
import { table } from '../node/cli/output.ts'
import { type Cost, ceilingOf, type Report, type Run, ratioOf, unitOf } from './report.ts'
import { stageNames } from './stages.ts'
import { isHeld } from './sweep.ts'

function fixed(value: number | null, digits = 0): string {
  return value === null ? '-' : value.toFixed(digits)
}

function percentilesText({ p50, p95, p99 }: Run['latencyMs']): string {
  return `${fixed(p50)} / ${fixed(p95)} / ${fixed(p99)}`
}

function rejections(rejected: Readonly<Record<string, number>>): string {
  const each = Object.entries(rejected).map(([code, times]) => `${code} ${times}`)
  return each.length === 0 ? 'none' : each.join(', ')
}

function nameOf({ mix, validators, entry, offeredPerSecond, itemsPerTransaction }: Run): string {
  const each = itemsPerTransaction === 1 ? '' : ` of ${itemsPerTransaction}`
  const where = entry === 'one' ? ', one entry' : ''
  return `${mix}${each} × ${validators}${where}, ${fixed(offeredPerSecond, offeredPerSecond < 10 ? 1 : 0)}/s`
}

function mainRow(report: Report, run: Run): readonly string[] {
  const { latencyMs, cpuMicrosPerTxPerValidator: cpu, deliveredPerSecond } = run
  const items = deliveredPerSecond * run.itemsPerTransaction
  const units = cpu === null ? null : cpu / unitOf(report) / run.itemsPerTransaction
  const verdict = !run.counts ? 'does not count' : isHeld(run) ? 'held' : 'not held'
  return [
    nameOf(run),
    fixed(items, items < 10 ? 1 : 0),
    verdict,
    `${fixed((100 * deliveredPerSecond) / ceilingOf(report, run.validators), 1)} %`,
    percentilesText(latencyMs),
    fixed(cpu),
    fixed(units, 1),
    fixed(run.verificationMicros ?? null, 1),
    fixed(run.rssMb),
    fixed(run.blocksPerSecond, 1),
    fixed(run.otherCores, 2),
  ]
}

function mainTable(report: Report): string {
  const seen = new Set(report.runs.map(({ validators }) => validators))
  const sizes = seen.size === 0 ? [4] : [...seen]
  const limits = sizes.map((validators) => [
    `limit × ${validators}: signatures alone`,
    fixed(ceilingOf(report, validators)),
    '',
    '100 %',
    '',
    fixed(unitOf(report), 1),
    '1.0',
  ])
  return table(
    [
      'run, offered',
      'items/s',
      '',
      'of the limit',
      'p50 / p95 / p99 ms',
      'CPU us a tx',
      'units an item',
      'a check us',
      'RSS MB',
      'blocks/s',
      'other cores',
    ],
    [...limits, ...report.runs.map((run) => mainRow(report, run))],
  )
}

/** Microseconds per transaction and validator. */
function stageTable({ runs }: Report): string | undefined {
  const rows = runs.flatMap((run) => {
    const { stages } = run
    return stages === null ? [] : [[nameOf(run), ...stageNames.map((name) => fixed(stages[name]))]]
  })
  if (rows.length === 0) return undefined
  return table(['CPU us by stage', ...stageNames], rows)
}

function againstTable({ runs }: Report): string | undefined {
  const rows = runs.flatMap((run) => {
    const { against } = run
    if (against === undefined) return []
    const row = (name: string, cost: Cost, ratio: string): readonly string[] => [
      name,
      fixed(cost.cpuMicrosPerTx, 1),
      fixed(cost.mainMicrosPerTx, 1),
      fixed(cost.engineMicrosPerTx, 1),
      fixed(cost.rssMb),
      ratio,
    ]
    return [
      row(`${nameOf(run)}, the other checkout`, against.other, ''),
      row(`${nameOf(run)}, this one`, against.own, fixed(ratioOf(against), 3)),
    ]
  })
  if (rows.length === 0) return undefined
  return table(['CPU us a tx', 'all', 'main thread', 'engine', 'RSS MB', 'ratio'], rows)
}

function detailTable({ runs }: Report): string | undefined {
  if (runs.length === 0) return undefined
  return table(
    [
      'bytes per tx',
      'tx',
      'wire',
      'written',
      'kept',
      'accepted p50 / p95 / p99 ms',
      'committed p50 / p95 / p99 ms',
      'loop p99 ms',
      'gc',
      'views',
      'generator cores',
      'rejected',
    ],
    runs.map((run) => [
      nameOf(run),
      fixed(run.bytesPerTransaction),
      fixed(run.sentBytesPerTxPerValidator),
      fixed(run.writtenBytesPerTxPerValidator),
      fixed(run.keptBytesPerTx),
      percentilesText(run.acceptedMs),
      percentilesText(run.committedMs),
      fixed(run.loopDelayP99Ms),
      `${fixed(100 * run.gcShare, 1)} %`,
      String(run.viewChanges),
      fixed(run.generatorCores, 2),
      rejections(run.rejected),
    ]),
  )
}

/** What is no run at one rate. */
function sceneLines(report: Report): readonly string[] {
  const { overload, soak, stateTree, failed = [] } = report
  const lines: string[] = []
  if (overload !== undefined) {
    const { offeredPerSecond: rate, seconds, shareOfKnee, rssMbMax, rejected } = overload
    const after = overload.recoveredAfterSeconds
    lines.push(
      `overload, ${fixed(rate)}/s for ${fixed(seconds)} s: ${fixed(100 * shareOfKnee)} % of the knee delivered, ${rejections(rejected)}, RSS up to ${fixed(rssMbMax)} MB, latency as usual ${after === null ? 'never again' : `after ${after} s`}`,
    )
  }
  if (soak !== undefined) {
    const { rssMb, latencyMs } = soak
    const [first = 0] = rssMb
    lines.push(
      `soak, ${fixed(soak.offeredPerSecond)}/s for ${fixed(soak.seconds)} s: ${soak.delivered} delivered, p50 / p95 ${fixed(latencyMs.p50)} / ${fixed(latencyMs.p95)} ms, RSS ${fixed(first)} at first, ${fixed(Math.max(...rssMb))} at most, ${fixed(rssMb.at(-1) ?? 0)} MB at last`,
    )
  }
  if (stateTree !== undefined) {
    const { keys, updatesPerSecond, cpuMicrosPerUpdate: cpu } = stateTree
    const { proofMicros, proofBytes, startMicrosPerKey } = stateTree
    lines.push(
      `state tree among ${keys} keys: ${fixed(updatesPerSecond)} updates per second, ${fixed(cpu, 1)} us or ${fixed(cpu / unitOf(report), 2)} units of CPU each, hashing and synced storage included`,
    )
    if (proofMicros !== undefined && proofBytes !== undefined && startMicrosPerKey !== undefined)
      lines.push(
        `  a proof in ${fixed(proofMicros)} us, of ${proofBytes} bytes at most; a start takes ${fixed(startMicrosPerKey, 1)} us for each key`,
      )
  }
  lines.push(...failed.map(({ part, reason }) => `${part} ended early: ${reason}`))
  return lines
}

/** What each step of the vault must cost, and does. */
function vaultTable({ vault }: Report): string | undefined {
  if (vault === undefined) return undefined
  return table(
    ['vault on one core', 'must', 'measured', '', ''],
    vault.map(({ step, must, measured, of }) => [
      step,
      fixed(must),
      fixed(measured),
      of,
      must === null ? '' : measured <= must ? 'reached' : 'not reached',
    ]),
  )
}

/** The goal of batches is a multiple of what single transfers come to. */
function batchLines({ runs, knee }: Report): readonly string[] {
  const held = runs.filter((run) => run.mix === 'batch' && isHeld(run))
  if (held.length === 0 || knee.transfer === null) return []
  const items = Math.max(...held.map((run) => run.deliveredPerSecond * run.itemsPerTransaction))
  return [`batches: ${fixed(items)} items/s, ${fixed(items / knee.transfer, 1)} times that`]
}

export function reportText(report: Report): string {
  const { machine, knee } = report
  const { transfer } = knee
  const share =
    transfer === null ? '' : `, ${fixed((100 * transfer) / ceilingOf(report, 4), 1)} % of the limit`
  return [
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, Node ${machine.node}, load before ${fixed(machine.load, 1)}`,
    mainTable(report),
    ...[againstTable, stageTable, detailTable, vaultTable].flatMap((make) => make(report) ?? []),
    ...sceneLines(report),
    `knee of transfers: ${transfer === null ? 'none held' : `${fixed(transfer)}/s${share}`}`,
    ...batchLines(report),
  ].join('\n\n')
}
