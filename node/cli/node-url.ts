// Which node a command asks: --url, else the one that runs in --home, else EPIONE_URL, else the usual port of this machine.
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { type Client, createClient } from '../../client/client.ts'
import { EpioneError } from '../errors.ts'
import { homePaths } from '../home.ts'
import { assumeNode } from './assumed-node.ts'

const usualUrl = 'http://127.0.0.1:8645'

export type NodeChoice = { readonly url?: string; readonly home?: string }

export function withNode(command: Command): Command {
  return command
    .option('--url <url>', `RPC address of a node (EPIONE_URL, or ${usualUrl})`)
    .option('--home <folder>', 'ask the node that runs in this home')
}

/** Asking whoever has the usual port instead would answer for another chain. */
async function runningUrl(home: string): Promise<string> {
  try {
    const { rpcUrl } = JSON.parse(await readFile(homePaths(home).running, 'utf8'))
    return String(rpcUrl)
  } catch (error) {
    throw new EpioneError({
      code: 'HOME_INVALID',
      message: `no node runs in ${home}`,
      hint: 'start it, name the home of a node that runs, or ask one by --url',
      cause: error,
    })
  }
}

export async function urlOf({ url, home }: NodeChoice): Promise<string> {
  if (url !== undefined) return url
  if (home !== undefined) return runningUrl(home)
  return process.env['EPIONE_URL'] ?? usualUrl
}

/** An address that no node can have is wrong use, not a node that is away. */
function checkUrl(url: string): void {
  const { protocol, hostname } = URL.parse(url) ?? {}
  if ((protocol === 'http:' || protocol === 'https:') && hostname !== '') return
  throw new EpioneError({
    code: 'INPUT_INVALID',
    message: `"${url}" is no address of a node`,
    hint: `give one such as ${usualUrl} by --url or EPIONE_URL, or --home FOLDER`,
  })
}

export async function clientOf(choice: NodeChoice): Promise<Client> {
  const url = await urlOf(choice)
  checkUrl(url)
  assumeNode(choice.url === undefined && choice.home === undefined ? url : undefined)
  return createClient({ url })
}

/** Throws INPUT_INVALID if the node is of another chain than what it shall be given. */
export async function requireChain(
  client: Client,
  { chainId, what }: { readonly chainId: string; readonly what: string },
): Promise<void> {
  const found = (await client.chain()).chainId
  if (found === chainId) return
  throw new EpioneError({
    code: 'INPUT_INVALID',
    message: `${what} is of chain ${chainId}, the node of ${found}`,
    hint: 'ask a node of that chain: --home FOLDER or --url URL',
  })
}
