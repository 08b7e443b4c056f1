// Ratios of a report to an earlier one: as measured, and in units of each report's own machine.
import { table } from '../node/cli/output.ts'
import { ceilingOf, type Report, type Run, unitOf } from './report.ts'

export type Ratio = {
  readonly what: string
  readonly before: number
  readonly after: number
  /** After by before. */
  readonly ratio: number
}

/** Runs are the same experiment if they offer the same, within a tenth. */
const SAME_RATE = 1.1

function partnerOf(run: Run, runs: readonly Run[]): Run | undefined {
  const distance = (other: Run) => Math.abs(Math.log(other.offeredPerSecond / run.offeredPerSecond))
  const alike = runs.filter(
    (other) =>
      other.mix === run.mix &&
      other.validators === run.validators &&
      other.entry === run.entry &&
      other.itemsPerTransaction === run.itemsPerTransaction &&
      distance(other) < Math.log(SAME_RATE),
  )
  return alike.toSorted((left, right) => distance(left) - distance(right))[0]
}

/** Only what both reports have. */
export function ratios(before: Report, after: Report): readonly Ratio[] {
  const found: Ratio[] = []
  const put = (what: string, old: number | null, now: number | null): void => {
    if (old === null || now === null || old === 0) return
    found.push({ what, before: old, after: now, ratio: now / old })
  }
  const shareOf = (report: Report) =>
    report.knee.transfer === null ? null : (100 * report.knee.transfer) / ceilingOf(report, 4)
  put(
    'limit, verifications/s',
    before.limit.verificationsPerSecond,
    after.limit.verificationsPerSecond,
  )
  put('knee of transfers, /s', before.knee.transfer, after.knee.transfer)
  put('knee of transfers, % of the limit', shareOf(before), shareOf(after))
  for (const run of after.runs) {
    const old = partnerOf(run, before.runs)
    if (old === undefined) continue
    const name = `${run.mix} × ${run.validators} at ${run.offeredPerSecond.toFixed(0)}/s:`
    const unitsOf = (report: Report, { cpuMicrosPerTxPerValidator: cpu }: Run) =>
      cpu === null ? null : cpu / unitOf(report)
    put(`${name} delivered/s`, old.deliveredPerSecond, run.deliveredPerSecond)
    put(`${name} p50 ms`, old.latencyMs.p50, run.latencyMs.p50)
    put(`${name} p95 ms`, old.latencyMs.p95, run.latencyMs.p95)
    put(`${name} CPU us`, old.cpuMicrosPerTxPerValidator, run.cpuMicrosPerTxPerValidator)
    put(`${name} CPU units`, unitsOf(before, old), unitsOf(after, run))
    put(`${name} RSS MB`, old.rssMb, run.rssMb)
  }
  return found
}

export function compareText(before: Report, after: Report): string {
  const rows = ratios(before, after).map(({ what, before: old, after: now, ratio }) => [
    what,
    old.toPrecision(4),
    now.toPrecision(4),
    ratio.toFixed(2),
  ])
  return table(['compared', 'before', 'now', 'now / before'], rows)
}
