// epione testnet: a whole network on one machine, started, asked, loaded and stopped.
import { randomBytes } from 'node:crypto'
import { Command } from 'commander'
import type { JsonValue } from '../../vm/codec.ts'
import { VALIDATORS_MAX } from '../../vm/limits.ts'
import { validatorHomes, writeNetwork } from '../testnet/layout.ts'
import { placesOf } from '../testnet/ports.ts'
import {
  runningIn,
  type Started,
  startDetached,
  stateOf,
  stopIn,
  untilReady,
} from '../testnet/processes.ts'
import { engineFlag, engineFrom } from './engine-flag.ts'
import { wholeNumber } from './files.ts'
import { facts, print, say, table, withJson } from './output.ts'
import { benchCommand } from './testnet-bench.ts'

const SAMPLE_ACCOUNTS = 10
/** Forty validators on two cores load for half a minute; one that ends is heard of at once. */
const READY_MS = 120_000

type Options = { readonly home: string; readonly json?: boolean }
type Home = { readonly name: string; readonly home: string }

type InitOptions = Options & { readonly validators: string; readonly engine: string }

async function initialize(options: InitOptions): Promise<void> {
  const validators = wholeNumber('--validators', options.validators, [1, VALIDATORS_MAX])
  const engine = engineFrom(options.engine)
  const seed = randomBytes(32)
  const timeMs = Date.now()
  const { home } = options
  await writeNetwork({ home, validators, engine, seed, timeMs, accounts: SAMPLE_ACCOUNTS })
  const names = (await validatorHomes(home)).map(({ name }) => name)
  print(options, { home, validators: names }, () =>
    facts([
      ['home', home],
      ['validators', names.join(', ')],
      ['next', `epione testnet start --home ${home}`],
    ]),
  )
}

/** Starts those that are down; a port that somebody took since is another one for this once, and everybody is told. */
async function startMissing(homes: readonly Home[]): Promise<ReadonlyMap<string, Started>> {
  const running = await Promise.all(homes.map(({ home }) => runningIn(home)))
  const missing = homes.filter((_, index) => running[index] === undefined)
  const places = await placesOf(missing.map(({ home }) => home))
  const moved = missing.flatMap(({ name }, index) => {
    const place = places[index]
    if (place === undefined || place.taken.length === 0) return []
    say(`${name}: port ${place.taken.join(' and ')} is taken; other ones are used this time`)
    return ['--peers', `${name}=${place.listen}`]
  })
  const started = new Map<string, Started>()
  for (const [index, { home }] of missing.entries()) {
    const { listen, rpcPort, taken } = places[index] ?? { listen: '', rpcPort: 0, taken: [] }
    const own = taken.length === 0 ? [] : ['--listen', listen, '--rpc-port', `${rpcPort}`]
    started.set(home, await startDetached(home, [...own, ...moved]))
  }
  return started
}

async function start(options: Options): Promise<void> {
  const homes = await validatorHomes(options.home)
  const started = await startMissing(homes)
  const outcomes = await Promise.allSettled(
    homes.map(({ home }) => untilReady(home, { started: started.get(home), timeoutMs: READY_MS })),
  )
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  await show(options)
}

async function show(options: Options): Promise<void> {
  const homes = await validatorHomes(options.home)
  const nodes = await Promise.all(homes.map((one) => stateOf(one)))
  print(options, { nodes } as unknown as JsonValue, () => [
    table(
      ['validator', 'pid', 'rpc', 'height', 'state root'],
      nodes.map(({ name, pid, rpcUrl, height, stateRoot }) => [
        name,
        `${pid ?? 'stopped'}`,
        rpcUrl ?? '-',
        `${height ?? '-'}`,
        stateRoot?.slice(0, 18) ?? '-',
      ]),
    ),
  ])
}

async function stop(options: Options): Promise<void> {
  const homes = await validatorHomes(options.home)
  const stopped = await Promise.all(
    homes.map(async ({ name, home }) => ((await stopIn(home)) ? [name] : [])),
  )
  print(options, { stopped: stopped.flat() }, () => [
    `stopped: ${stopped.flat().join(', ') || 'nothing ran'}`,
  ])
}

function verb(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--home <folder>', 'folder of the network', 'testnet')
}

export function testnetCommand(): Command {
  const init = verb('init', 'make the folders of a network with new keys and free ports')
    .option('--validators <n>', 'how many', '4')
    .option(...engineFlag)
    .action(initialize)
  const parts = [
    withJson(init, [
      'epione testnet init --home net --validators 4',
      'epione testnet init --home seals --engine poa --validators 3',
    ]),
    withJson(verb('start', 'start the validators that are down').action(start), [
      'epione testnet start --home net',
    ]),
    withJson(verb('status', 'every validator with process, height and state root').action(show), [
      'epione testnet status --home net --json',
    ]),
    benchCommand(),
    withJson(verb('stop', 'stop all validators').action(stop), ['epione testnet stop --home net']),
  ]
  const command = new Command('testnet').description('a whole network on this machine')
  for (const part of parts) command.addCommand(part)
  return command
}
