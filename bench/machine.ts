// The machine that a report is about.
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import type { Report } from './report.ts'

export function machine(): Report['machine'] {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    load: loadavg()[0] ?? 0,
  }
}
