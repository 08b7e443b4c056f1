// The plan of a whole measurement: the limit first, then every run, then the knee, then the rest if asked for.
import { say } from '../node/cli/output.ts'
import { assertNever } from '../vm/assert.ts'
import { machine } from './machine.ts'
import type { BenchOptions, Part } from './options.ts'
import { measureRecords } from './records.ts'
import type { Mix, Report, Run } from './report.ts'
import { measureOverload, measureSoak } from './scenes.ts'
import { createSession, type Session, type SessionPlan } from './session.ts'
import { measureVerification } from './signatures.ts'
import { measureStateTree } from './state-tree.ts'
import { kneeOf, nextRate } from './sweep.ts'

const RUNS_MAX = 8
/** A sweep begins no run that may end after this. */
const SWEEP_MS = 14 * 60_000
const PROFILE_EVERY_MICROS = 5_000
/** Where a sweep begins, as a part of what the signatures alone would allow. */
const FIRST_SHARE = 0.12
/** A validator is at ease at this part of the knee. */
const EASE = 0.7
/** Transactions so rare that each finds the network idle. */
const IDLE = { rate: 2, seconds: 30 }
const SOAK_SECONDS = 600
const STATE_KEYS = 100_000
/** Fewest accounts of batches: a payer and as many payees as a batch has items. */
const BATCH_ACCOUNTS = 1_001
/** Items per second, to begin with, as parts of the knee. */
const FIRST_ITEMS = { batch: 2, query: 4 }
/** Records are so much dearer than transfers. */
const FIRST_RECORDS = 1 / 150
/** Runs of a search beside the main one. */
const SIDE_RUNS = 5
const SIDE_SECONDS = 20

type Search = { readonly first: number; readonly runsMax: number; readonly seconds: number }

async function search(session: Session, { first, runsMax, seconds }: Search): Promise<Run[]> {
  const startMs = performance.now()
  const runs: Run[] = []
  let longestMs = 0
  while (runs.length < runsMax && performance.now() - startMs + longestMs < SWEEP_MS) {
    const rate = nextRate(runs, first)
    if (rate === undefined) break
    const beganMs = performance.now()
    runs.push(await session.run({ rate, seconds }))
    longestMs = Math.max(longestMs, performance.now() - beganMs)
  }
  return runs
}

/** A session that is closed however the work ends. */
async function within<T>(plan: SessionPlan, work: (session: Session) => Promise<T>): Promise<T> {
  const session = createSession(plan)
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

function planOf(options: BenchOptions): SessionPlan {
  const { mix, items, validators, entry } = options
  const accounts = mix === 'batch' ? Math.max(BATCH_ACCOUNTS, options.accounts) : options.accounts
  const profileEveryMicros = options.profile ? PROFILE_EVERY_MICROS : undefined
  const warmupSeconds = options.warmup
  return { mix, items, validators, entry, accounts, profileEveryMicros, warmupSeconds }
}

/** The highest rate that a mix holds, in a few short runs. */
function sideSearch(
  options: BenchOptions,
  { first, ...change }: Partial<BenchOptions> & { readonly first: number },
): Promise<Run[]> {
  const runsMax = SIDE_RUNS
  return within(planOf({ ...options, ...change }), (session) =>
    search(session, { first, runsMax, seconds: SIDE_SECONDS }),
  )
}

const as = (mix: Mix) => ({ mix, items: undefined })

async function measurePart(
  part: Part,
  { options, knee }: { readonly options: BenchOptions; readonly knee: number },
): Promise<Partial<Report> & { readonly runs: Run[] }> {
  const { seconds } = options
  const usual = EASE * knee
  const transfers = planOf({ ...options, ...as('transfer') })
  switch (part) {
    case 'idle':
      return { runs: await within(transfers, async (session) => [await session.run(IDLE)]) }
    case 'load':
      return within(transfers, async (session) => ({
        runs: [await session.run({ rate: usual, seconds })],
      }))
    case 'overload':
      return within(transfers, async (session) => {
        const run = await session.run({ rate: usual, seconds })
        const at = { rate: usual, p50Ms: run.latencyMs.p50 ?? 0 }
        const overload = await measureOverload(await session.parts(), { knee, seconds, usual: at })
        return { runs: [run], overload }
      })
    case 'soak':
      return within(transfers, async (session) => {
        const soak = { rate: usual, seconds: SOAK_SECONDS }
        return { runs: [], soak: await measureSoak(await session.parts(), soak) }
      })
    case 'batch': {
      const first = (FIRST_ITEMS.batch * knee) / 1_000
      return { runs: await sideSearch(options, { ...as('batch'), first }) }
    }
    case 'record': {
      const first = FIRST_RECORDS * knee
      const alone = await sideSearch(options, { ...as('record'), first })
      const eight = { ...as('record'), items: 8, first: first / 4 }
      return { runs: [...alone, ...(await sideSearch(options, eight))] }
    }
    case 'query':
      return {
        runs: await sideSearch(options, { ...as('query'), first: FIRST_ITEMS.query * knee }),
      }
    case 'sizes': {
      const sized = (validators: number, first: number) =>
        sideSearch(options, { ...as('transfer'), validators, first })
      return { runs: [...(await sized(7, knee / 2)), ...(await sized(10, knee / 3))] }
    }
    case 'entry': {
      const one = planOf({ ...options, ...as('transfer'), entry: 'one' })
      return {
        runs: await within(one, async (session) => [await session.run({ rate: usual, seconds })]),
      }
    }
    case 'alone':
      return {
        runs: [],
        records: await measureRecords(),
        stateTree: await measureStateTree(STATE_KEYS),
      }
    default:
      return assertNever(part)
  }
}

async function mainRuns(options: BenchOptions, first: number): Promise<readonly Run[]> {
  const { seconds, sweep, rates } = options
  if (sweep && options.knee !== undefined) return []
  return within(planOf(options), async (session) => {
    if (sweep) return search(session, { first, runsMax: RUNS_MAX, seconds })
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
    const found = await measurePart(part, { options, knee: knee ?? first })
    report = { ...report, ...found, runs: [...report.runs, ...found.runs] }
  }
  return { ...report, knee: { transfer: kneeOf(transfersOfFour(report.runs)) ?? knee } }
}
