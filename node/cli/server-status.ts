// epione server status: what the ledger says about a server: bond, seats, open questions, and whether it may leave.
import { Command } from 'commander'
import { bondOf } from '../../apps/bank/state.ts'
import { activeEpoch, keysetTable, planTable } from '../../apps/committee/state.ts'
import { epochInForce, findSeating } from '../../apps/vault/committee.ts'
import { committeeTable, serverTable, waitingTable } from '../../apps/vault/state.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId, Digest, TimeMs } from '../../vm/types.ts'
import { firstView, readAnchor } from '../agents/anchor.ts'
import type { HelperSettings, Serves } from '../agents/helper/settings.ts'
import { createNodes } from '../agents/nodes.ts'
import { lookAt } from '../agents/remote.ts'
import { agentPaths } from '../agents/settings.ts'
import { silentLogger } from '../logger.ts'
import { type NodeChoice, urlOf, withNode } from './node-url.ts'
import { facts, print, withJson } from './output.ts'
import { readServer } from './server-home.ts'

type Options = NodeChoice & { readonly json?: boolean }

/** A seat in one vault, in the epoch in force. */
export type SeatStanding = {
  readonly committee: Digest
  readonly epoch: number | null
  /** Null if it has none. */
  readonly seat: number | null
  readonly acknowledged: boolean
  readonly openQueries: number
}

export type Standing = {
  readonly registered: boolean
  /** Its duties end then; null unless it has taken leave. */
  readonly leavesMs: TimeMs | null
  readonly currency: string
  readonly bond: bigint
  readonly lockedUntilMs: TimeMs
  readonly seats: readonly SeatStanding[]
  /** Of the keyset that it serves: the epoch in force, and whether it is a member of it. */
  readonly keyset: { readonly epoch: number | null; readonly member: boolean } | null
}

function committeesOf(serves: Serves): readonly Digest[] {
  return serves.kind === 'keyset' ? serves.committees : [serves.committee]
}

function seatIn(
  state: Reader,
  { account, committee }: { readonly account: AccountId; readonly committee: Digest },
  timeMs: TimeMs,
): SeatStanding {
  const known = committeeTable.get(state, committee)
  const epoch = epochInForce(state, committee, timeMs) ?? known?.epoch
  const seating = epoch === undefined ? undefined : findSeating(state, { committee, epoch })
  const index = (seating?.servers.indexOf(account) ?? -1) + 1
  const waiting = waitingTable.get(state, committee) ?? []
  return {
    committee,
    epoch: epoch ?? null,
    seat: index === 0 ? null : index,
    acknowledged: seating?.acks.includes(index) ?? false,
    openQueries: waiting.filter(({ deadlineMs }) => timeMs < deadlineMs).length,
  }
}

function keysetOf(
  state: Reader,
  { account, serves }: Pick<HelperSettings, 'account' | 'serves'>,
  timeMs: TimeMs,
): Standing['keyset'] {
  if (serves.kind !== 'keyset') return null
  if (keysetTable.get(state, serves.keyset) === undefined) return { epoch: null, member: false }
  const epoch = activeEpoch(state, serves.keyset, timeMs)
  const plan = epoch === undefined ? undefined : planTable.get(state, serves.keyset, epoch)
  return { epoch: epoch ?? null, member: plan?.members.includes(account) ?? false }
}

function standingOf(
  state: Reader,
  of: Pick<HelperSettings, 'account' | 'serves'> & { readonly currency: string },
  timeMs: TimeMs,
): Standing {
  const { account, serves, currency } = of
  const { amount, lockedUntilMs } = bondOf(state, account, currency)
  const server = serverTable.get(state, account)
  return {
    registered: server !== undefined,
    leavesMs: server?.leavesMs ?? null,
    currency,
    bond: amount,
    lockedUntilMs,
    seats: committeesOf(serves).map((committee) => seatIn(state, { account, committee }, timeMs)),
    keyset: keysetOf(state, of, timeMs),
  }
}

/** What proven values say, without the lock of the home: an agent may run in it. */
export async function provenStanding(
  home: string,
  settings: HelperSettings,
  url: string,
): Promise<Standing> {
  const anchor = await readAnchor(agentPaths(home).genesis, settings.chainId as Digest)
  const view = firstView(anchor)
  const nodes = createNodes({ urls: [url], log: silentLogger(), view, timeoutMs: 15_000 })
  const { currency } = anchor.vault
  return lookAt(nodes, (state, timeMs) => standingOf(state, { ...settings, currency }, timeMs))
}

function seatLine({ epoch, seat, acknowledged, openQueries }: SeatStanding): string {
  if (epoch === null) return 'nothing was dealt yet'
  if (seat === null) return `no seat in epoch ${epoch}`
  const duty = acknowledged ? `${openQueries} open questions` : 'not acknowledged'
  return `seat ${seat} of epoch ${epoch}, ${duty}`
}

type Line = readonly [string, string]

function leavingLines({ leavesMs }: Standing): readonly Line[] {
  return leavesMs === null ? [] : [['leaves', `its duties end ${isoTime(leavesMs)}`]]
}

function keysetLines({ keyset }: Standing): readonly Line[] {
  if (keyset === null) return []
  const { epoch, member } = keyset
  return [['keyset', `epoch ${epoch ?? 'none'}, ${member ? 'member' : 'no member'}`]]
}

export function isoTime(timeMs: TimeMs): string {
  return new Date(timeMs).toISOString()
}

async function status(home: string, options: Options): Promise<void> {
  const settings = await readServer(home)
  const standing = await provenStanding(home, settings, await urlOf(options))
  const { registered, bond, lockedUntilMs, seats, keyset } = standing
  const { account, serves } = settings
  const json = { account, serves: serves.kind, ...standing, bond: bond.toString() }
  print(
    options,
    { ...json, seats: seats.map((one) => ({ ...one })), keyset: keyset && { ...keyset } },
    () =>
      facts([
        ['account', account],
        ['registered', registered ? 'yes' : 'no'],
        ...leavingLines(standing),
        ['bond', bond.toString()],
        ['locked until', bond === 0n ? '-' : isoTime(lockedUntilMs)],
        ...seats.map((one): Line => [one.committee, seatLine(one)]),
        ...keysetLines(standing),
      ]),
  )
}

export function serverStatusCommand(): Command {
  const command = withNode(new Command('status'))
    .description('bond, seats and open questions of a server, by proven values')
    .argument('<folder>', 'home of the server')
  return withJson(command, ['epione server status helper']).action(status)
}
