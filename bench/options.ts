// The command line of the benchmark, checked before anything is started.
import { Command, InvalidArgumentError, Option } from 'commander'
import { programIn } from './against.ts'
import { type Entry, entries, type Mix, mixes } from './report.ts'

export const parts = [
  ...['idle', 'load', 'overload', 'soak'],
  ...['batch', 'record', 'query', 'sizes', 'entry', 'alone'],
] as const
export type Part = (typeof parts)[number]

export type BenchOptions = {
  readonly sweep: boolean
  readonly all: boolean
  readonly rates: readonly number[]
  readonly mix: Mix
  readonly validators: number
  readonly entry: Entry
  readonly seconds: number
  readonly warmup: number
  readonly accounts: number
  readonly items?: number | undefined
  /** What --all does; all of it if not given. */
  readonly parts: readonly Part[]
  /** In the state tree that is measured alone. */
  readonly keys: number
  /** Of an earlier sweep; undefined looks for it. */
  readonly knee?: number
  readonly profile: boolean
  readonly json: boolean
  readonly compare?: string
  /** The program of another checkout, which every second validator runs. */
  readonly against?: string
}

const examples = [
  'npm run bench -- --sweep',
  'npm run bench -- --sweep --json > before.json',
  'npm run bench -- --rates 1000,1500 --seconds 20 --compare before.json',
  'npm run bench -- --mix batch --rates 5 --validators 7',
  'npm run bench -- --rates 2000 --seconds 20 --against ../before',
  'npm run bench -- --all --knee 1500 --parts overload,soak',
  'npm run bench -- --all --knee 1500 --parts alone --keys 10000000',
]

function number(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < 1e8)) throw new InvalidArgumentError('It is not a number above 0.')
  return value
}

function whole(text: string): number {
  const value = number(text)
  if (!Number.isInteger(value)) throw new InvalidArgumentError('It is not a whole number.')
  return value
}

function list(text: string): readonly number[] {
  return text.split(',').map(number)
}

function checkout(folder: string): string {
  const program = programIn(folder)
  if (program === undefined)
    throw new InvalidArgumentError(
      'It is no checkout of this project: node/cli/main.ts is missing.',
    )
  return program
}

function partList(text: string): readonly Part[] {
  return text.split(',').map((word) => {
    const part = parts.find((known) => known === word)
    if (part === undefined) throw new InvalidArgumentError(`${word} is none of them.`)
    return part
  })
}

function createOptions(): Command {
  return new Command('npm run bench --')
    .description('Measures a network of validator processes on this machine under load.')
    .option('--sweep', 'look for the highest rate that holds, in at most eight runs', false)
    .option(
      '--all',
      '--sweep, and also idle, loaded, overloaded, long; other mixes, sizes and entries',
      false,
    )
    .option('--rates <list>', 'transactions per second of each run', list, [1_000])
    .addOption(new Option('--mix <mix>', 'what is offered').choices(mixes).default('transfer'))
    .option('--validators <n>', 'validator processes', whole, 4)
    .addOption(
      new Option('--entry <entry>', 'nodes that take transactions').choices(entries).default('all'),
    )
    .option('--seconds <n>', 'length of the window', number, 60)
    .option('--warmup <n>', 'seconds of the same load before the window', whole, 15)
    .option('--accounts <n>', 'accounts that pay each other', whole, 1_000)
    .option('--items <n>', 'items of one transaction: of a batch 1000, of a record 1', whole)
    .addOption(
      new Option('--parts <list>', `of --all: ${parts.join(', ')}`)
        .argParser(partList)
        .default(parts, 'all of them'),
    )
    .option('--keys <n>', 'of the state tree, alone', whole, 1_000_000)
    .option('--knee <n>', 'transfers per second that hold, instead of looking for them', number)
    .option('--no-profile', 'without the CPU by stage')
    .option('--json', 'one JSON object on stdout', false)
    .option('--compare <file>', 'ratios to the JSON of an earlier run')
    .option(
      '--against <folder>',
      'a checkout that every second validator runs: the CPU of both, in one network',
      checkout,
    )
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`)
}

/** Throws CommanderError for wrong use, and for --help. */
export function readOptions(words: readonly string[]): BenchOptions {
  const command = createOptions().exitOverride().showHelpAfterError()
  command.parse([...words], { from: 'user' })
  const options = command.opts<BenchOptions>()
  return { ...options, sweep: options.sweep || options.all }
}
