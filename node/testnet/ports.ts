// Ports for the processes of a network on this machine, and another one in place of a port that somebody took since.
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { loadConfig } from '../config.ts'
import { EpioneError } from '../errors.ts'

/** Below the range from which systems take the ports of outgoing connections: a port stays free while its node is down. */
const LOWEST = 10_000
const HIGHEST = 30_000
const ATTEMPTS_MAX = 1_000

/** Whether nobody listens there now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.close(() => resolve(true))
    })
  })
}

/** Ports that nobody listens on now, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>()
  for (let attempt = 0; ports.size < count; attempt++) {
    if (attempt > count + ATTEMPTS_MAX) {
      throw new EpioneError({
        code: 'LISTEN_FAILED',
        message: `no ${count} free ports between ${LOWEST} and ${HIGHEST} on 127.0.0.1`,
        hint: 'stop other programs, or look at the limits of this user',
      })
    }
    const port = randomInt(LOWEST, HIGHEST)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

/** The RPC address that the settings of a home give. */
export function usualUrl(home: string): string {
  return `http://127.0.0.1:${loadConfig({ flags: { home }, environment: {} }).settings.rpc.port}`
}

/** Where a validator listens: as its settings say, or elsewhere for this once. */
export type Place = {
  readonly listen: string
  readonly rpcPort: number
  /** What somebody else has taken of its settings. */
  readonly taken: readonly number[]
}

/** The places of homes whose nodes are down. */
export async function placesOf(homes: readonly string[]): Promise<readonly Place[]> {
  const places: Place[] = []
  for (const home of homes) {
    const { settings } = loadConfig({ flags: { home }, environment: {} })
    const port = Number(/\/tcp\/(\d+)$/.exec(settings.listen)?.[1] ?? 0)
    const { port: rpcPort } = settings.rpc
    const taken: number[] = []
    for (const wish of [port, rpcPort]) if (!(await isFree(wish))) taken.push(wish)
    const [other = 0, otherRpc = 0] = await freePorts(taken.length === 0 ? 0 : 2)
    places.push({
      listen: taken.includes(port) ? `/ip4/127.0.0.1/tcp/${other}` : settings.listen,
      rpcPort: taken.includes(rpcPort) ? otherRpc : rpcPort,
      taken,
    })
  }
  return places
}
