// epione testnet bench: offers signed transfers at a fixed rate to all nodes of a network in turn.
import { Command } from 'commander'
import type { JsonValue } from '../../vm/codec.ts'
import { uint } from '../../vm/codec-scalar.ts'
import { EpioneError } from '../errors.ts'
import { homePaths, readGenesis } from '../home.ts'
import { runLoad } from '../load/load.ts'
import { samplePayers, validatorHomes } from '../testnet/layout.ts'
import { usualUrl } from '../testnet/ports.ts'
import { runningIn } from '../testnet/processes.ts'
import { checked } from './files.ts'
import { facts, print, say, withJson } from './output.ts'

/** Until all that was accepted is in blocks, also on a machine with other work; what is lost is waited for so long. */
const DRAIN_MS = 60_000

type Options = {
  readonly home: string
  readonly rate: string
  readonly seconds: string
  readonly json?: boolean
}

function number(flag: string, text: string): number {
  return checked(flag, () => uint(1_000_000, 1).fromJson(Number(text)))
}

async function bench(options: Options): Promise<void> {
  const rate = number('--rate', options.rate)
  const seconds = number('--seconds', options.seconds)
  const homes = await validatorHomes(options.home)
  const running = await Promise.all(homes.map(({ home }) => runningIn(home)))
  const alive = running.filter((one) => one !== undefined).length
  // Also those that are down: they may come back while it runs.
  const urls = homes.map(({ home }, index) => running[index]?.rpcUrl ?? usualUrl(home))
  const payers = await samplePayers(options.home)
  if (alive === 0 || payers.length === 0) {
    throw new EpioneError({
      code: 'NODE_UNREACHABLE',
      message: `no validator of ${options.home} runs, or it has no sample accounts`,
      hint: `epione testnet start --home ${options.home}`,
    })
  }
  const { genesis } = await readGenesis(homePaths(homes[0]?.home ?? '').genesis)
  const ending = new AbortController()
  process.once('SIGTERM', () => ending.abort())
  process.once('SIGINT', () => ending.abort())
  say(`offering ${rate} transfers a second for ${seconds} s to ${alive} of ${urls.length} nodes`)
  const { signal } = ending
  const { chainId } = genesis
  const load = { urls, chainId, payers, rate, seconds, drainMs: DRAIN_MS, signal }
  const report = await runLoad(load)
  const { latencyMs } = report
  print(options, report as unknown as JsonValue, () =>
    facts([
      ['offered', report.offered],
      ['accepted', report.accepted],
      ['delivered', `${report.delivered} (${report.deliveredPerSecond.toFixed(0)}/s)`],
      ['refused', JSON.stringify(report.refused)],
      ['blocks', report.blocks],
      [
        'p50 / p95 / p99',
        Object.values(latencyMs)
          .map((ms) => (ms === null ? '-' : `${ms.toFixed(0)} ms`))
          .join(' / '),
      ],
    ]),
  )
  process.exit(0)
}

export function benchCommand(): Command {
  const command = new Command('bench')
    .description('offer signed transfers at a fixed rate to all nodes in turn')
    .option('--home <folder>', 'folder of the network', 'testnet')
    .option('--rate <n>', 'transfers per second', '200')
    .option('--seconds <n>', 'how long', '10')
  return withJson(command, ['epione testnet bench --home net --rate 500 --seconds 30']).action(
    bench,
  )
}
