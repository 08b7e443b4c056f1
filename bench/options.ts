// The command line of the benchmark, checked before anything is started.
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Entry, entries, type Mix, mixes } from './report.ts'

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
  readonly repeat: number
  readonly profile: boolean
  readonly json: boolean
  readonly compare?: string
}

const examples = [
  'npm run bench -- --sweep',
  'npm run bench -- --sweep --json > before.json',
  'npm run bench -- --rates 1000,1500 --seconds 20 --compare before.json',
  'npm run bench -- --mix batch --rates 5 --validators 7',
]

function number(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < 1e6)) throw new InvalidArgumentError('It is not a number above 0.')
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

function createOptions(): Command {
  return new Command('npm run bench --')
    .description('Measures a network of validator processes on this machine under load.')
    .option('--sweep', 'look for the highest rate that holds, in at most eight runs', false)
    .option('--all', 'with --sweep: other mixes, 7 and 10 validators, overload and the rest', false)
    .option('--rates <list>', 'transactions per second of each run', list, [1_000])
    .addOption(new Option('--mix <mix>', 'what is offered').choices(mixes).default('transfer'))
    .option('--validators <n>', 'validator processes', whole, 4)
    .addOption(
      new Option('--entry <entry>', 'nodes that take transactions').choices(entries).default('all'),
    )
    .option('--seconds <n>', 'length of the window', number, 60)
    .option('--warmup <n>', 'seconds of the same load before the window', whole, 8)
    .option('--accounts <n>', 'accounts that pay each other', whole, 1_000)
    .option('--repeat <n>', 'how often each rate is run', whole, 1)
    .option('--no-profile', 'without the CPU by stage')
    .option('--json', 'one JSON object on stdout', false)
    .option('--compare <file>', 'ratios to the JSON of an earlier run')
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`)
}

/** Throws CommanderError for wrong use, and for --help. */
export function readOptions(words: readonly string[]): BenchOptions {
  const command = createOptions().exitOverride().showHelpAfterError()
  command.parse([...words], { from: 'user' })
  return command.opts<BenchOptions>()
}
