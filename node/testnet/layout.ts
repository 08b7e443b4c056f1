// The folder of a whole network on one machine: validators, agents, clients, each with everything of one process.
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { appList } from '../../apps/index.ts'
import { createSample, type SampleOptions } from '../../genesis/sample.ts'
import type { Testnet } from '../../genesis/testnet.ts'
import { fromHex } from '../../vm/bytes.ts'
import type { AccountId } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { replaceFile } from '../files.ts'
import { homePaths, readGenesis, writeGenesis, writeHome } from '../home.ts'
import { createKeyFile, readKey } from '../keys/key-file.ts'
import type { Payer } from '../load/transfers.ts'
import { freePorts } from './ports.ts'

export function networkPaths(home: string) {
  return {
    validators: join(home, 'validators'),
    validator: (name: string) => join(home, 'validators', name),
    agents: join(home, 'agents'),
    agent: (name: string) => join(home, 'agents', name),
    clients: join(home, 'clients'),
    client: (name: string) => join(home, 'clients', name),
  }
}

export type NetworkPlan = Omit<SampleOptions, 'addressesOf'> & {
  readonly home: string
  readonly validators: number
}

function settingsText(listen: string, rpcPort: number): string {
  return `listen = "${listen}"\n\n[rpc]\nport = ${rpcPort}\n`
}

/** Writes the homes of the validators and the key files of the sample accounts; agents and clients come later. */
export async function writeNetwork(plan: NetworkPlan): Promise<Testnet> {
  const { home, validators, ...sample } = plan
  const paths = networkPaths(home)
  const ports = await freePorts(2 * validators)
  const places = new Map<string, number>()
  const listenOf = (name: string): string => {
    const place = places.get(name) ?? places.size
    places.set(name, place)
    return `/ip4/127.0.0.1/tcp/${ports[place]}`
  }
  const names = new Set<string>()
  const network = createSample(
    {
      ...sample,
      validators,
      addressesOf: (name) => {
        // Members without a validator have no address, and are asked for one all the same.
        if (names.size >= validators && !names.has(name)) return []
        names.add(name)
        return [listenOf(name)]
      },
    },
    appList,
  )
  for (const member of network.members) {
    if (member.validator === undefined) continue
    const { name } = member.validator
    const rpcPort = ports[validators + (places.get(name) ?? 0)] ?? 0
    const folder = paths.validator(name)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeHome({ home: folder, member, config: settingsText(listenOf(name), rpcPort) })
    await writeGenesis(folder, network.file)
  }
  for (const { name, account, seed } of network.accounts.filter(isSample)) {
    const folder = paths.client(name)
    await createKeyFile({ path: join(folder, 'key.json'), kind: 'account', secret: fromHex(seed) })
    await replaceFile(join(folder, 'account'), new TextEncoder().encode(`${account}\n`))
  }
  return network
}

function isSample({ name }: { readonly name: string }): boolean {
  return /^account-[0-9]+$/.test(name)
}

/** The validators of a network in the order of its genesis, with their homes. */
export async function validatorHomes(
  home: string,
): Promise<readonly { readonly name: string; readonly home: string }[]> {
  const { validators, validator } = networkPaths(home)
  const [first] = await readdir(validators).catch(() => [])
  if (first === undefined) {
    throw new EpioneError({
      code: 'HOME_INVALID',
      message: `there is no network in ${home}`,
      hint: 'make one with epione testnet init --home FOLDER, or name its folder',
    })
  }
  const { file } = await readGenesis(homePaths(validator(first)).genesis)
  return file.validators.map(({ name }) => ({ name, home: validator(name) }))
}

/** The funded sample accounts of a network. */
export async function samplePayers(home: string): Promise<readonly Payer[]> {
  const { clients, client } = networkPaths(home)
  const names = (await readdir(clients).catch(() => [])).filter((name) => isSample({ name }))
  return Promise.all(
    names.map(async (name) => {
      const account = (await readFile(join(client(name), 'account'), 'utf8')).trim() as AccountId
      const { secret } = await readKey({ path: join(client(name), 'key.json'), kind: 'account' })
      return { account, seed: secret }
    }),
  )
}
