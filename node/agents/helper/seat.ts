// A helper's way to its seat: bond, offered key, the share in its box, complaint or acknowledgement.
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { z } from 'zod'
import { ack } from '../../../apps/vault/ack.ts'
import { committeeStatus } from '../../../apps/vault/committee.ts'
import { complain } from '../../../apps/vault/complain.ts'
import { FIRST_EPOCH } from '../../../apps/vault/ids.ts'
import { serverOffer } from '../../../apps/vault/server-offer.ts'
import { serverRegister } from '../../../apps/vault/server-register.ts'
import { committeeTable, dealTable } from '../../../apps/vault/state.ts'
import type { CommitteeState, DealState } from '../../../apps/vault/values.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import { type Act, act } from '../../../client/transaction.ts'
import {
  buildAck,
  buildComplain,
  buildOffer,
  readShare,
  type Seat,
} from '../../../client/vault/deal.ts'
import { pause } from '../../../client/web.ts'
import { fromHex, toHex } from '../../../vm/bytes.ts'
import type { Reader } from '../../../vm/state.ts'
import type { AccountId, Digest, Hex, TimeMs } from '../../../vm/types.ts'
import type { AgentContext } from '../process.ts'
import { agentPaths, hex32, keepJson, readJson } from '../settings.ts'
import { OWN_BOX } from './own-state.ts'

export type SeatParameters = {
  readonly context: AgentContext
  readonly signer: TransactionSigner
  readonly committee: Digest
  readonly bond: bigint
  readonly state: Reader
}

/** What a helper needs in order to answer. */
export type Held = { readonly index: number; readonly share: Hex; readonly deal: DealState }

const shareSchema = z.strictObject({ share: hex32 })
const offerSchema = z.strictObject({ entropy: hex32 })

export type SeatDuties = {
  /** Registers and offers a key; may be called any number of times. */
  readonly offer: () => Promise<void>
  /** Does what the deal asks for at this time: takes the share, complains, or acknowledges. */
  readonly attend: (timeMs: TimeMs) => Promise<void>
  /** The share, once it was acknowledged to be in order. */
  readonly held: () => Held | undefined
}

/** Between two attempts to lock a bond that the account does not have yet. */
const REGISTER_PAUSE_MS = 500

function indexOf(deal: DealState, account: AccountId): number {
  return deal.servers.indexOf(account) + 1
}

/** What all steps of one seat share. */
type Own = SeatParameters & {
  readonly chainId: Digest
  readonly account: AccountId
  readonly group: AgentContext['crypto']['group']
  readonly files: { readonly offer: string; readonly share: string }
  /** Delivers in the helper's name; answers the ledger's code. */
  readonly deliver: (key: string, make: () => Act | Promise<Act>) => Promise<string>
}

function openOwn(parameters: SeatParameters): Own {
  const { context, signer } = parameters
  const { anchor, crypto, home, sender } = context
  const paths = agentPaths(home)
  return {
    ...parameters,
    chainId: anchor.chainId,
    account: signer.account,
    group: crypto.group,
    files: { offer: paths.secret('offer'), share: paths.secret('share') },
    deliver: async (key, make) => (await sender.deliver({ key, make, signers: [signer] })).code,
  }
}

function offerFrom({ group, chainId, account, committee }: Own, entropy: Uint8Array) {
  return buildOffer(group, { chainId, account, committee, entropy })
}

/** The bond may still be on its way to the account. */
async function register({ deliver, account, bond }: Own): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const make = () => act(serverRegister, { account, bond })
    const code = await deliver(`server.register/${attempt}`, make)
    if (code !== 'BALANCE_TOO_LOW') return
    await pause(REGISTER_PAUSE_MS)
  }
}

async function offerKey(own: Own): Promise<void> {
  await own.deliver('server.offer', async () => {
    const fresh = { entropy: toHex(randomBytes(32)) }
    const { entropy } = await keepJson(own.files.offer, offerSchema, fresh)
    return act(serverOffer, offerFrom(own, fromHex(entropy)).payload)
  })
}

async function seatOf(own: Own, deal: DealState): Promise<Seat | undefined> {
  const { account, committee, files, state } = own
  const index = indexOf(deal, account)
  const kept = await readJson(files.offer, offerSchema)
  const box = state.get(OWN_BOX)
  if (index === 0 || kept === undefined || box === undefined) return undefined
  const { boxSecret } = offerFrom(own, fromHex(kept.entropy))
  return { committee, epoch: FIRST_EPOCH, index, deal, box, boxSecret }
}

/** The share from the home, or from the box; undefined if the box does not hold it. */
async function takeShare(own: Own, deal: DealState): Promise<Hex | undefined> {
  const kept = await readJson(own.files.share, shareSchema)
  if (kept !== undefined) return kept.share
  const seat = await seatOf(own, deal)
  const share = seat && readShare(own.group, seat)
  if (share === undefined) return undefined
  return (await keepJson(own.files.share, shareSchema, { share })).share
}

async function accuse(own: Own, deal: DealState): Promise<void> {
  const { account, chainId, committee, context, group } = own
  const seat = await seatOf(own, deal)
  if (seat === undefined) return
  context.log.warn({ committee }, 'the box does not hold the share: complaining')
  const sender = { chainId, account, entropy: randomBytes(32) }
  await own.deliver('vault.complain', () => act(complain, buildComplain(group, seat, sender)))
}

/** The window may look closed to this clock and not yet to the block's: then it is tried again. */
async function acknowledge(own: Own, deal: DealState, index: number): Promise<void> {
  const { account, committee, group } = own
  const seat = { committee, epoch: FIRST_EPOCH, index, deal }
  for (let attempt = 0; ; attempt++) {
    const make = () => act(ack, buildAck(group, seat, account))
    if ((await own.deliver(`vault.ack/${attempt}`, make)) !== 'COMPLAINTS_OPEN') return
  }
}

type Dealt = { readonly deal: DealState; readonly now: CommitteeState }

/** One look at the deal; answers what is held after it, and whether nothing is left to do. */
async function attendDeal(
  own: Own,
  { deal, now }: Dealt,
  timeMs: TimeMs,
): Promise<{ readonly held: Held | undefined; readonly settled: boolean }> {
  const index = indexOf(deal, own.account)
  const status = committeeStatus(now, deal.servers.length, timeMs)
  if (status === 'aborted') return { held: undefined, settled: true }
  const share = await takeShare(own, deal)
  if (share === undefined) {
    if (timeMs < now.complaintsEndMs) await accuse(own, deal)
    return { held: undefined, settled: false }
  }
  const held = { index, share, deal }
  if (timeMs < now.complaintsEndMs) return { held, settled: false }
  if (!now.acks.includes(index) && timeMs < now.acksEndMs) await acknowledge(own, deal, index)
  if (status !== 'active') return { held, settled: false }
  // The one-time key has served: what it opened must not be opened again by a thief.
  await rm(own.files.offer, { force: true })
  return { held, settled: true }
}

export function createSeat(parameters: SeatParameters): SeatDuties {
  const own = openOwn(parameters)
  const { account, committee, state } = own
  let held: Held | undefined
  let busy = false
  let settled = false
  return {
    offer: async () => {
      await register(own)
      await offerKey(own)
    },
    held: () => held,
    attend: async (timeMs) => {
      if (busy || settled) return
      const now = committeeTable.get(state, committee)
      const deal = dealTable.get(state, committee, FIRST_EPOCH)
      if (now === undefined || deal === undefined || indexOf(deal, account) === 0) return
      busy = true
      try {
        const after = await attendDeal(own, { deal, now }, timeMs)
        held = after.held
        settled = after.settled
      } finally {
        busy = false
      }
    },
  }
}
