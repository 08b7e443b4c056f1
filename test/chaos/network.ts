// A network of validator processes in one folder, whose links go through relays if faults are to be put on them.
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Genesis } from '../../genesis/build.ts'
import type { GenesisFile } from '../../genesis/schema.ts'
import { loadConfig } from '../../node/config.ts'
import { replaceFile } from '../../node/files.ts'
import { homePaths, readGenesis } from '../../node/home.ts'
import type { Payer } from '../../node/load/transfers.ts'
import { samplePayers, validatorHomes, writeNetwork } from '../../node/testnet/layout.ts'
import { asciiBytes } from '../../vm/bytes.ts'
import { hash } from '../../vm/hash.ts'
import { defaultParameters, type Parameters } from '../../vm/rules.ts'
import { createProcess, type Ending, type ValidatorProcess } from './process.ts'
import { createRelays, type Relays } from './relay.ts'

export type ChaosNetwork = {
  readonly home: string
  readonly genesis: Genesis
  readonly file: GenesisFile
  readonly validators: readonly ValidatorProcess[]
  readonly urls: readonly string[]
  readonly payers: readonly Payer[]
  /** The links of validators by their places; undefined where they connect to each other directly. */
  readonly relays: Relays | undefined
  /** Ends every process and removes the folder. */
  readonly remove: () => Promise<void>
  /** Ends every process; the folder stays for whoever wants to know. */
  readonly stop: () => Promise<void>
}

export type NetworkPlan = {
  readonly home: string
  readonly seed: number
  readonly parameters?: Partial<Parameters>
  readonly relayed?: boolean
  /** How long ago the chain began. */
  readonly ageMs?: number
  readonly onLost?: (name: string, ending: Ending) => void
}

const VALIDATORS = 4
const SAMPLE_ACCOUNTS = 10

function multiaddr(port: number): string {
  return `/ip4/127.0.0.1/tcp/${port}`
}

type Place = { readonly port: number; readonly rpcPort: number }

/** As its settings and the genesis have it. */
function placeOf(home: string): Place {
  const { settings: made } = loadConfig({ flags: { home }, environment: {} })
  return { port: Number(/\/tcp\/(\d+)$/.exec(made.listen)?.[1]), rpcPort: made.rpc.port }
}

/** Settings of one validator: where the others are reached may be another port for each. */
function settings(own: Place, peers: ReadonlyMap<string, number>): string {
  const lines = [...peers].map(([name, port]) => `${name} = ["${multiaddr(port)}"]`)
  const { port, rpcPort } = own
  return [
    `listen = "${multiaddr(port)}"`,
    `[rpc]\nport = ${rpcPort}`,
    `[peers]\n${lines.join('\n')}\n`,
  ].join('\n')
}

export async function createNetwork(plan: NetworkPlan): Promise<ChaosNetwork> {
  const { home, ageMs = 0, parameters = {}, onLost = () => undefined } = plan
  await mkdir(join(home, 'logs'), { recursive: true })
  await writeNetwork({
    home,
    validators: VALIDATORS,
    accounts: SAMPLE_ACCOUNTS,
    seed: hash('member-key', asciiBytes(`chaos ${plan.seed}`)),
    timeMs: Date.now() - ageMs,
    parameters: { ...defaultParameters, ...parameters },
  })
  const homes = await validatorHomes(home)
  const places = homes.map((one) => placeOf(one.home))
  const ports = places.map(({ port }) => port)
  const relays = plan.relayed === true ? await createRelays(ports) : undefined
  const validators = await Promise.all(
    homes.map(async ({ name, home: folder }, index) => {
      const { port, rpcPort } = places[index] ?? placeOf(folder)
      const peers = new Map(
        homes.flatMap((other, place) =>
          place === index
            ? []
            : [[other.name, relays?.portOf(index, place) ?? ports[place] ?? 0] as const],
        ),
      )
      const text = new TextEncoder().encode(settings({ port, rpcPort }, peers))
      await replaceFile(homePaths(folder).config, text)
      const rpcUrl = `http://127.0.0.1:${rpcPort}`
      const log = join(home, 'logs', `${name}.log`)
      return createProcess({ name, home: folder, rpcUrl, log, onLost })
    }),
  )
  const { genesis, file } = await readGenesis(homePaths(homes[0]?.home ?? '').genesis)
  const stop = async (): Promise<void> => {
    await Promise.all(validators.map((one) => (one.isUp() ? one.kill() : undefined)))
    relays?.stop()
  }
  return {
    home,
    genesis,
    file,
    validators,
    relays,
    urls: validators.map(({ rpcUrl }) => rpcUrl),
    payers: await samplePayers(home),
    stop,
    remove: async () => {
      await stop()
      await rm(home, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}
