// The parts of --all: what the search for the knee of transfers leaves open.
import { assertNever } from '../vm/assert.ts'
import { firstShare } from './mixes.ts'
import type { BenchOptions, Part } from './options.ts'
import { measureRecords } from './records.ts'
import type { Mix, Report, Run } from './report.ts'
import { measureOverload, measureSoak } from './scenes.ts'
import { planOf, search, withSession } from './session.ts'
import { measureVerification } from './signatures.ts'
import { measureStateTree } from './state-tree.ts'
import { measureVault } from './vault-figures.ts'

/** A validator is at ease at this part of the knee. */
const EASE = 0.7
/** Transactions so rare that each finds the network idle. */
const IDLE_RATE = 2
/** Windows. */
const SOAK = 10
/** Part of a window. */
const SIDE = 1 / 3
/** Runs of a search beside the main one. */
const SIDE_RUNS = 5

/** The highest rate that a mix holds, in a few short runs. */
function sideSearch(
  options: BenchOptions,
  { first, ...change }: Partial<BenchOptions> & { readonly first: number },
): Promise<Run[]> {
  const runsMax = SIDE_RUNS
  return withSession(planOf({ ...options, ...change }), (session) =>
    search(session, { first, runsMax, seconds: SIDE * options.seconds }),
  )
}

const as = (mix: Mix) => ({ mix, items: undefined })

export async function measurePart(
  part: Part,
  { options, knee }: { readonly options: BenchOptions; readonly knee: number },
): Promise<Partial<Report> & { readonly runs: Run[] }> {
  const { seconds } = options
  const usual = EASE * knee
  const transfers = planOf({ ...options, ...as('transfer') })
  switch (part) {
    case 'idle':
      return withSession(transfers, async (session) => {
        // Few transactions would measure code that is not compiled yet.
        await session.run({ rate: usual, seconds: SIDE * seconds })
        return { runs: [await session.run({ rate: IDLE_RATE, seconds })] }
      })
    case 'load':
      return withSession(transfers, async (session) => ({
        runs: [await session.run({ rate: usual, seconds })],
      }))
    case 'overload':
      return withSession(transfers, async (session) => {
        const run = await session.run({ rate: usual, seconds })
        const at = { rate: usual, p50Ms: run.latencyMs.p50 ?? 0 }
        const overload = await measureOverload(await session.parts(), { knee, seconds, usual: at })
        return { runs: [run], overload }
      })
    case 'soak':
      return withSession(transfers, async (session) => {
        const soak = { rate: usual, seconds, windows: SOAK }
        return { runs: [], soak: await measureSoak(await session.parts(), soak) }
      })
    case 'batch': {
      const first = firstShare.batch * knee
      return { runs: await sideSearch(options, { ...as('batch'), first }) }
    }
    case 'record': {
      const first = firstShare.record * knee
      const alone = await sideSearch(options, { ...as('record'), first })
      const eight = { ...as('record'), items: 8, first: first / 4 }
      return { runs: [...alone, ...(await sideSearch(options, eight))] }
    }
    case 'query':
      return {
        runs: await sideSearch(options, { ...as('query'), first: firstShare.query * knee }),
      }
    case 'sizes': {
      const sized = (validators: number, first: number) =>
        sideSearch(options, { ...as('transfer'), validators, first })
      return { runs: [...(await sized(7, knee / 2)), ...(await sized(10, knee / 3))] }
    }
    case 'entry': {
      const one = planOf({ ...options, ...as('transfer'), entry: 'one' })
      return {
        runs: await withSession(one, async (session) => [
          await session.run({ rate: usual, seconds }),
        ]),
      }
    }
    case 'alone': {
      const records = await measureRecords()
      const vault = await measureVault(records, measureVerification())
      return { runs: [], records, vault, stateTree: await measureStateTree(options.keys) }
    }
    default:
      return assertNever(part)
  }
}
