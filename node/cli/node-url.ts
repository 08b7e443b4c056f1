// Which node a command asks: --url, else the one that runs in --home, else EPIONE_URL, else the usual port of this machine.
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { type Client, createClient } from '../../client/client.ts'
import { EpioneError } from '../errors.ts'
import { homePaths } from '../home.ts'

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

async function urlOf({ url, home }: NodeChoice): Promise<string> {
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
  return createClient({ url })
}
