// `npm run sim`: many seeds, and what came of them.
import { installNativeSha256 } from '../../node/crypto/sha256.ts'
import { faults } from '../../vm/quorum.ts'
import { type Campaign, type Report, runCampaign, runSeeds, type SeedReport } from './campaign.ts'
import { chainOf } from './chain.ts'
import { findFork } from './fork.ts'
import { type Options, parseOptions, usage } from './options.ts'
import { simulate } from './simulation.ts'

const EXIT_FOUND = 1
const EXIT_USAGE = 2

function write(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** A failure is told as soon as it is known: a campaign takes an hour, and may be cut short. */
function progress(
  { seeds, heights, seedsPerSecond, failures }: Report,
  { seed, failure }: SeedReport,
): void {
  if (failure !== null) process.stderr.write(`seed ${seed}: ${failure.checker}: ${failure.text}\n`)
  if (seeds % 20 !== 0) return
  const rate = seedsPerSecond.toFixed(1)
  process.stderr.write(
    `${seeds} seeds, ${rate} per second, ${heights} heights, ${failures.length} failures\n`,
  )
}

function print(report: Report): void {
  write(`${report.seeds} seeds, ${report.seedsPerSecond.toFixed(1)} per second`)
  write(`${report.heights} heights decided by every honest validator`)
  write('faults:')
  for (const [kind, times] of Object.entries(report.faults).sort(([, one], [, two]) => two - one))
    write(`  ${kind.padEnd(28)} ${times}`)
  for (const { seed, checker, text } of report.failures) write(`seed ${seed}: ${checker}: ${text}`)
  write(report.failures.length === 0 ? 'no failure' : `${report.failures.length} failures`)
}

function printJson({ seeds, heights, seedsPerSecond, faults, failures }: Report): void {
  const named = failures.map(({ seed, checker }) => ({ seed, checker }))
  write(JSON.stringify({ seeds, heights, seedsPerSecond, faults, failures: named }))
}

async function trace({ seeds, validators, heights, engine }: Campaign): Promise<number> {
  const network = { validators, heights, engine }
  const outcome = await simulate({ ...network, seed: seeds.first, print: write })
  write(`trace hash ${outcome.traceHash}, ${outcome.events} events, ${outcome.heights} heights`)
  if (outcome.failure !== null) write(`${outcome.failure.checker}: ${outcome.failure.text}`)
  return outcome.failure === null ? 0 : EXIT_FOUND
}

type Found = Awaited<ReturnType<typeof findFork>>

/** The keys of every report, and the fork; `failures` are those of the simulator, which has none here. */
function printFork(fork: (Found & { readonly names: readonly string[] }) | null, tried: Tried) {
  const { seeds, byzantine, seconds } = tried
  const heights = fork?.height ?? 0
  const faults = { equivocator: byzantine * seeds }
  const seedsPerSecond = seeds / seconds
  write(JSON.stringify({ seeds, heights, seedsPerSecond, faults, failures: [], fork }))
}

type Tried = { readonly seeds: number; readonly byzantine: number; readonly seconds: number }

/** Looks for a fork until there is one. */
async function lookForFork(
  { seeds, validators, json }: Options,
  byzantine: number,
): Promise<number> {
  const least = faults(validators, 'pbft') + 1
  const begunMs = performance.now()
  const tried = (seed: number): Tried => ({
    seeds: seed - seeds.first + 1,
    byzantine,
    seconds: (performance.now() - begunMs) / 1_000,
  })
  for (let seed = seeds.first; seed <= seeds.last; seed++) {
    const fork = await findFork({ seed, validators, byzantine })
    if (fork === undefined) continue
    const { height, twins, culprits } = fork
    const innocent = culprits.filter((place) => !twins.includes(place))
    const named = chainOf(validators).seats.filter((_, place) => culprits.includes(place))
    const names = named.map(({ keys }) => keys.name)
    if (json) printFork({ ...fork, names }, tried(seed))
    else {
      write(`seed ${seed}: a fork at height ${height}, the ${tried(seed).seeds}. that was tried`)
      write(
        `convicted by their votes: ${names.map((name, turn) => `${culprits[turn]} (${name})`).join(', ')}`,
      )
      write(`at least ${least} were to be named; honest ones among them: ${innocent.length}`)
    }
    return culprits.length >= least && innocent.length === 0 ? 0 : EXIT_FOUND
  }
  if (json) printFork(null, tried(seeds.last))
  else write('no fork')
  return EXIT_FOUND
}

async function run(options: Options): Promise<number> {
  if (options.trace) return trace(options)
  if (options.byzantine !== undefined) return lookForFork(options, options.byzantine)
  const report = await runCampaign(options, progress)
  if (options.json) printJson(report)
  else print(report)
  return report.failures.length === 0 ? 0 : EXIT_FOUND
}

async function main(): Promise<number> {
  installNativeSha256()
  const args = process.argv.slice(2)
  if (args[0] === '--worker') {
    await runSeeds(parseOptions(args.slice(1)), (one) => write(JSON.stringify(one)))
    return 0
  }
  if (args.includes('--help')) {
    write(usage)
    return 0
  }
  try {
    return await run(parseOptions(args))
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof TypeError)) throw error
    process.stderr.write(`${error.message}\n${usage}\n`)
    return EXIT_USAGE
  }
}

process.exitCode = await main()
