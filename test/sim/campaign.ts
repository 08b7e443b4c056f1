// Many seeds: in this process, or shared among others of the same program.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Options } from './options.ts'
import { simulateSeed } from './simulation.ts'

export type Failure = { readonly seed: number; readonly checker: string; readonly text: string }

export type Report = {
  seeds: number
  heights: number
  seedsPerSecond: number
  readonly faults: Record<string, number>
  readonly failures: Failure[]
}

/** What one seed adds to the report; a line of a worker. */
export type SeedReport = {
  readonly seed: number
  readonly heights: number
  readonly faults: Readonly<Record<string, number>>
  readonly failure: { readonly checker: string; readonly text: string } | null
}

export type Campaign = Pick<Options, 'seeds' | 'validators' | 'heights' | 'engine'>

/** Runs the seeds one after the other. */
export async function runSeeds(
  { seeds, ...network }: Campaign,
  tell: (one: SeedReport) => void,
): Promise<void> {
  for (let seed = seeds.first; seed <= seeds.last; seed++) {
    const { faults, failure, heights } = await simulateSeed({ ...network, seed })
    tell({ seed, heights, faults, failure })
  }
}

const main = new URL('./main.ts', import.meta.url).pathname

/** Seeds that a worker takes at once, at least: it takes as long as ten of them until it has warmed up. */
const PORTION = 25

async function runPortion(campaign: Campaign, tell: (one: SeedReport) => void): Promise<void> {
  const { seeds, validators, heights, engine } = campaign
  const child = spawn(
    process.execPath,
    [
      ...[main, '--worker', '--seeds', `${seeds.first}..${seeds.last}`],
      ...['--validators', `${validators}`, '--heights', `${heights}`],
      ...(engine === undefined ? [] : ['--engine', engine]),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const over = new Promise<number | null>((resolve) => child.once('close', resolve))
  for await (const line of createInterface({ input: child.stdout })) tell(JSON.parse(line))
  const code = await over
  if (code !== 0) throw new Error(`the worker for ${seeds.first}..${seeds.last} ended with ${code}`)
}

async function runShared(
  campaign: Campaign,
  jobs: number,
  tell: (one: SeedReport) => void,
): Promise<void> {
  let next = campaign.seeds.first
  const portion = Math.max(PORTION, Math.ceil((campaign.seeds.last - next + 1) / (jobs * 4)))
  const work = async (): Promise<void> => {
    while (next <= campaign.seeds.last) {
      const first = next
      next += portion
      const last = Math.min(campaign.seeds.last, next - 1)
      await runPortion({ ...campaign, seeds: { first, last } }, tell)
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
}

export async function runCampaign(
  campaign: Campaign & Pick<Options, 'jobs'>,
  progress: (report: Report, newest: SeedReport) => void,
): Promise<Report> {
  const startMs = performance.now()
  const report: Report = { seeds: 0, heights: 0, seedsPerSecond: 0, faults: {}, failures: [] }
  const add = (newest: SeedReport): void => {
    const { seed, heights, faults, failure } = newest
    report.seeds += 1
    report.heights += heights
    for (const [kind, times] of Object.entries(faults))
      report.faults[kind] = (report.faults[kind] ?? 0) + times
    if (failure !== null) report.failures.push({ seed, ...failure })
    report.seedsPerSecond = report.seeds / ((performance.now() - startMs) / 1_000)
    progress(report, newest)
  }
  if (campaign.jobs === 1) await runSeeds(campaign, add)
  else await runShared(campaign, campaign.jobs, add)
  report.failures.sort((left, right) => left.seed - right.seed)
  return report
}
