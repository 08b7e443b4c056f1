// Two checkouts in one network: every second validator runs the other one. What both cost in the same minute, for the same
// transactions, is a comparison that the hours of a shared machine do not touch.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ProbeFigures } from './probe.ts'
import type { Against, Cost } from './report.ts'

/** The program of a checkout; undefined if the folder is none. */
export function programIn(folder: string): string | undefined {
  const program = resolve(folder, 'node/cli/main.ts')
  return existsSync(program) ? program : undefined
}

/** Whether the validator at this place runs the other checkout. */
export function isOther(place: number): boolean {
  return place % 2 === 1
}

function meanCost(probes: readonly ProbeFigures[], delivered: number): Cost {
  const mean = (pick: (figures: ProbeFigures) => number): number =>
    probes.reduce((sum, figures) => sum + pick(figures), 0) / probes.length
  return {
    cpuMicrosPerTx: mean(({ cpuMicros }) => cpuMicros) / delivered,
    mainMicrosPerTx: mean(({ mainMicros }) => mainMicros) / delivered,
    engineMicrosPerTx: mean(({ engineMicros }) => engineMicros) / delivered,
    rssMb: mean(({ residentBytes }) => residentBytes) / 2 ** 20,
  }
}

/** `delivered` is above 0. */
export function compareCheckouts(probes: readonly ProbeFigures[], delivered: number): Against {
  const own = probes.filter((_, place) => !isOther(place))
  const other = probes.filter((_, place) => isOther(place))
  return { own: meanCost(own, delivered), other: meanCost(other, delivered) }
}
