// epione testnet: a whole network on one machine, started, asked, loaded and stopped.
import { randomBytes } from 'node:crypto'
import { Command } from 'commander'
import type { JsonValue } from '../../vm/codec.ts'
import { uint } from '../../vm/codec-scalar.ts'
import { VALIDATORS_MAX } from '../../vm/limits.ts'
import { validatorHomes, writeNetwork } from '../testnet/layout.ts'
import { runningIn, startDetached, stateOf, stopIn, untilReady } from '../testnet/processes.ts'
import { checked } from './files.ts'
import { facts, print, table, withJson } from './output.ts'
import { benchCommand } from './testnet-bench.ts'

const SAMPLE_ACCOUNTS = 10
const READY_MS = 30_000

type Options = { readonly home: string; readonly json?: boolean }

async function initialize(options: Options & { readonly validators: string }): Promise<void> {
  const validators = checked('--validators', () =>
    uint(VALIDATORS_MAX, 1).fromJson(Number(options.validators)),
  )
  const seed = randomBytes(32)
  const timeMs = Date.now()
  const { home } = options
  await writeNetwork({ home, validators, seed, timeMs, accounts: SAMPLE_ACCOUNTS })
  const names = (await validatorHomes(home)).map(({ name }) => name)
  print(options, { home, validators: names }, () =>
    facts([
      ['home', home],
      ['validators', names.join(', ')],
      ['next', `epione testnet start --home ${home}`],
    ]),
  )
}

async function start(options: Options): Promise<void> {
  const homes = await validatorHomes(options.home)
  const pids = new Map<string, number>()
  for (const { home } of homes) {
    const running = await runningIn(home)
    pids.set(home, running?.pid ?? startDetached(home))
  }
  const ready = homes.map(({ home }) =>
    untilReady(home, { pid: pids.get(home) ?? 0, timeoutMs: READY_MS }),
  )
  await Promise.all(ready)
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
    .action(initialize)
  const parts = [
    withJson(init, ['epione testnet init --home net --validators 4']),
    withJson(verb('start', 'start the validators that are down').action(start), [
      'epione testnet start --home net',
    ]),
    withJson(verb('status', 'every validator with process, height and state root').action(show), [
      'epione testnet status --home net --json',
    ]),
    withJson(verb('stop', 'stop all validators').action(stop), ['epione testnet stop --home net']),
    benchCommand(),
  ]
  const command = new Command('testnet').description('a whole network on this machine')
  for (const part of parts) command.addCommand(part)
  return command
}
