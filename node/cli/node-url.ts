// Which node a command asks: --url, EPIONE_URL, the node that runs in --home, or the usual port of this machine.
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { type Client, createClient } from '../../client/client.ts'
import { homePaths } from '../home.ts'

const usualUrl = 'http://127.0.0.1:8645'

export type NodeChoice = { readonly url?: string; readonly home?: string }

export function withNode(command: Command): Command {
  return command
    .option('--url <url>', `RPC address of a node (EPIONE_URL, or ${usualUrl})`)
    .option('--home <folder>', 'ask the node that runs in this home')
}

async function runningUrl(home: string): Promise<string | undefined> {
  try {
    const { rpcUrl } = JSON.parse(await readFile(homePaths(home).running, 'utf8'))
    return typeof rpcUrl === 'string' ? rpcUrl : undefined
  } catch {
    // Nothing runs there; the usual address is tried and says so.
    return undefined
  }
}

async function urlOf({ url, home }: NodeChoice): Promise<string> {
  if (url !== undefined) return url
  const fromHome = home === undefined ? undefined : await runningUrl(home)
  return fromHome ?? process.env['EPIONE_URL'] ?? usualUrl
}

export async function clientOf(choice: NodeChoice): Promise<Client> {
  return createClient({ url: await urlOf(choice) })
}
