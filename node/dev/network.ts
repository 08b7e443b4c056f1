// The validators of a development network: their homes, their processes, and when they are ready.
import { mkdir } from 'node:fs/promises'
import { z } from 'zod'
import { type Client, createClient } from '../../client/client.ts'
import { ClientError } from '../../client/errors.ts'
import { pause } from '../../client/web.ts'
import type { Member } from '../../genesis/member.ts'
import { readJson } from '../agents/settings.ts'
import { EpioneError, exitCodes } from '../errors.ts'
import { replaceFile } from '../files.ts'
import { homePaths, writeGenesis, writeHome } from '../home.ts'
import { networkPaths } from '../testnet/layout.ts'
import { freePorts, isFree } from '../testnet/ports.ts'
import type { Child, Children } from './child.ts'
import type { NetworkPlan } from './plan.ts'

export type RunningValidator = {
  readonly name: string
  readonly home: string
  readonly rpcUrl: string
  readonly client: Client
  readonly child: Child
}

/** A client of whichever of them answers. */
export function anyOf(validators: readonly RunningValidator[]): Client {
  return createClient({ urls: validators.map(({ rpcUrl }) => rpcUrl) })
}

const FIRST_RPC_PORT = 8645
const ATTEMPTS_MAX = 4
const READY_MS = 120_000
const POLL_MS = 50

type Seat = {
  readonly member: Member
  readonly name: string
  readonly home: string
  readonly rpcPort: number
  readonly peerPort: number
}

function configText(seat: Seat, seats: readonly Seat[]): string {
  const multiaddr = (port: number) => `/ip4/127.0.0.1/tcp/${port}`
  const peers = seats
    .filter((other) => other !== seat)
    .map(({ name, peerPort }) => `${name} = ["${multiaddr(peerPort)}"]`)
  return [
    '# Written anew at every start of epione dev.',
    `listen = "${multiaddr(seat.peerPort)}"`,
    '[rpc]',
    `port = ${seat.rpcPort}`,
    '[peers]',
    ...peers,
    '',
  ].join('\n')
}

/** The hospital's writing key belongs to its client, not to its validator. */
function withoutClients(member: Member): Member {
  const accounts = member.accounts.filter(({ roles }) => !roles.includes('hospital'))
  return { ...member, accounts }
}

const anyCard = z.unknown()

async function prepare(seats: readonly Seat[], { file }: NetworkPlan): Promise<void> {
  await Promise.all(
    seats.map(async (seat) => {
      const paths = homePaths(seat.home)
      const config = configText(seat, seats)
      await mkdir(seat.home, { recursive: true, mode: 0o700 })
      // The card is written last but the settings, which are new each time.
      if ((await readJson(paths.card, anyCard)) === undefined) {
        await writeGenesis(seat.home, file)
        await writeHome({ home: seat.home, member: withoutClients(seat.member), config })
      } else await replaceFile(paths.config, new TextEncoder().encode(config))
    }),
  )
}

const startedSchema = z.looseObject({ kind: z.literal('ready'), rpcUrl: z.string() })

async function start(children: Children, { name, home }: Seat): Promise<RunningValidator> {
  const child = children.start({ name, home, logName: 'node.log', args: ['start', '--home', home] })
  const started = new Promise<string>((resolve) => {
    child.onMessage((message) => {
      const parsed = startedSchema.safeParse(message)
      if (parsed.success) resolve(parsed.data.rpcUrl)
    })
  })
  const rpcUrl = await Promise.race([started, child.lost])
  return { name, home, rpcUrl, client: createClient({ url: rpcUrl }), child }
}

async function seesQuorum({ client }: RunningValidator): Promise<boolean> {
  try {
    return (await client.node()).quorum
  } catch (error) {
    if (error instanceof ClientError) return false
    throw error
  }
}

/** Resolves when every validator is connected to a quorum; throws EpioneError START_FAILED after a while. */
async function awaitQuorum(validators: readonly RunningValidator[]): Promise<void> {
  const untilMs = Date.now() + READY_MS
  for (const validator of validators) {
    while (!(await Promise.race([seesQuorum(validator), validator.child.lost]))) {
      if (Date.now() > untilMs)
        throw new EpioneError({
          code: 'START_FAILED',
          message: `${validator.name} sees no quorum after ${READY_MS / 1_000} s`,
          hint: `see ${homePaths(validator.home).log}`,
        })
      await pause(POLL_MS)
    }
  }
}

/** The usual ports if nobody has one of them, so that one knows where to look; else any. */
async function rpcPortsFor(count: number, mayBeUsual: boolean): Promise<readonly number[]> {
  const usual = Array.from({ length: count }, (_, index) => FIRST_RPC_PORT + index)
  const free = mayBeUsual ? await Promise.all(usual.map(isFree)) : [false]
  return free.every(Boolean) ? usual : freePorts(count)
}

function isPortTrouble(error: unknown): boolean {
  return error instanceof EpioneError && error.data['exitCode'] === exitCodes.network
}

async function attempt(
  plan: NetworkPlan,
  children: Children,
  mayBeUsual: boolean,
): Promise<readonly RunningValidator[]> {
  const members = plan.members.flatMap((member) =>
    member.validator === undefined ? [] : [{ member, name: member.validator.name }],
  )
  const rpcPorts = await rpcPortsFor(members.length, mayBeUsual)
  const peerPorts = await freePorts(members.length)
  const seats = members.map(({ member, name }, index) => ({
    member,
    name,
    home: networkPaths(plan.home).validator(name),
    rpcPort: rpcPorts[index] ?? 0,
    peerPort: peerPorts[index] ?? 0,
  }))
  await prepare(seats, plan)
  return Promise.all(seats.map((seat) => start(children, seat)))
}

/** Starts every validator; throws EpioneError if one ends or no quorum comes about. */
export async function startNetwork(
  plan: NetworkPlan,
  children: Children,
): Promise<readonly RunningValidator[]> {
  for (let tried = 0; ; tried++) {
    try {
      const validators = await attempt(plan, children, tried === 0)
      await awaitQuorum(validators)
      return validators
    } catch (error) {
      // Another program may take a port between the look and the start: then the ports are chosen again.
      if (!isPortTrouble(error) || tried === ATTEMPTS_MAX) throw error
      await children.stopStarted()
    }
  }
}
