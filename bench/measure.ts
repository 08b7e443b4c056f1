// The plan of a whole measurement: the limit first, then every run, then the knee, then the rest if asked for.
import { say } from '../node/cli/output.ts'
import { describeError } from '../node/errors.ts'
import { machine } from './machine.ts'
import { firstShare } from './mixes.ts'
import type { BenchOptions } from './options.ts'
import { measurePart } from './parts.ts'
import type { Report, Run } from './report.ts'
import { planOf, search, withSession } from './session.ts'
import { measureVerification } from './signatures.ts'
import { kneeOf } from './sweep.ts'

const RUNS_MAX = 8
/** Where a sweep begins, as a part of what the signatures alone would allow. */
const FIRST_SHARE = 0.12

async function mainRuns(options: BenchOptions, first: number): Promise<readonly Run[]> {
  const { seconds, sweep, rates, mix } = options
  if (sweep && options.knee !== undefined) return []
  return withSession(planOf(options), async (session) => {
    if (sweep)
      return search(session, { first: firstShare[mix] * first, runsMax: RUNS_MAX, seconds })
    const runs: Run[] = []
    for (const rate of rates) runs.push(await session.run({ rate, seconds }))
    return runs
  })
}

function transfersOfFour(runs: readonly Run[]): readonly Run[] {
  return runs.filter(({ mix, validators }) => mix === 'transfer' && validators === 4)
}

export async function measure(options: BenchOptions): Promise<Report> {
  const here = machine()
  const verificationsPerSecond = 1e6 / measureVerification()
  const first = (FIRST_SHARE * here.cores * verificationsPerSecond) / options.validators
  const runs = [...(await mainRuns(options, first))]
  const knee = options.knee ?? kneeOf(transfersOfFour(runs))
  let report: Report = {
    machine: here,
    limit: { verificationsPerSecond },
    runs,
    knee: { transfer: kneeOf(transfersOfFour(runs)) },
  }
  if (!options.sweep || !options.all) return report
  for (const part of options.parts) {
    say(`${part} ...`)
    try {
      const found = await measurePart(part, { options, knee: knee ?? first })
      report = { ...report, ...found, runs: [...report.runs, ...found.runs] }
    } catch (error) {
      // An hour of other figures must not be lost with it.
      const reason = describeError(error)
      say(`${part} ended early: ${reason}`)
      report = { ...report, failed: [...(report.failed ?? []), { part, reason }] }
    }
  }
  return { ...report, knee: { transfer: kneeOf(transfersOfFour(report.runs)) ?? knee } }
}
