// A helper's way to its seat in a committee that somebody deals: offered key, what is in its boxes, complaint or acknowledgement.
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { z } from 'zod'
import { committeeStatus } from '../../../apps/vault/committee.ts'
import { FIRST_EPOCH } from '../../../apps/vault/ids.ts'
import { serverOffer } from '../../../apps/vault/server-offer.ts'
import { committeeTable } from '../../../apps/vault/state.ts'
import type { CommitteeState } from '../../../apps/vault/values.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import { type Act, act } from '../../../client/transaction.ts'
import { buildOffer } from '../../../client/vault/deal.ts'
import { fromHex, toHex } from '../../../vm/bytes.ts'
import type { Reader } from '../../../vm/state.ts'
import type { AccountId, Digest, Hex, TimeMs } from '../../../vm/types.ts'
import type { AgentContext } from '../process.ts'
import { agentPaths, hex32, keepJson, readJson } from '../settings.ts'
import { type Deliver, deliverFor, register } from './register.ts'

export type SeatParameters = {
  readonly context: AgentContext
  readonly signer: TransactionSigner
  readonly committee: Digest
  readonly epoch: number
  readonly bond: bigint
  readonly state: Reader
}

/** Names of what is kept for the seat of one epoch, in files and in the outbox. */
export function nameAt(name: string, epoch: number, joint: '-' | '/'): string {
  return epoch === FIRST_EPOCH ? name : `${name}${joint}${epoch}`
}

/** What the two kinds of deals do differently; `H` is what a seat holds. */
export type Dealing<H> = {
  /** Accounts of the seats in order, once the deal is on the ledger. */
  readonly seats: () => readonly AccountId[] | undefined
  /** What was kept when the boxes were in order. */
  readonly kept: () => Promise<H | undefined>
  /** Opens the boxes and keeps what is in them; a complaint, made when it is asked for, if they do not hold what they must. */
  readonly take: (
    seat: SeatPlace,
  ) => Promise<
    | { readonly ok: true; readonly held: H }
    | { readonly ok: false; readonly key: string; readonly complain: () => Act }
    | undefined
  >
  readonly acknowledge: (index: number) => Act
  /** Names an acknowledgement in the outbox. */
  readonly ackName: string
}

export type SeatPlace = { readonly index: number; readonly boxSecret: Hex }

const offerSchema = z.strictObject({ entropy: hex32 })

export type SeatDuties<H> = {
  /** Registers and offers a key; may be called any number of times. */
  readonly begin: () => Promise<void>
  /** Offers a key, once; answers the ledger's code. */
  readonly offer: () => Promise<string>
  /** Does what the deal asks for at this time: takes what is in the boxes, complains, or acknowledges. */
  readonly attend: (timeMs: TimeMs) => Promise<void>
  /** Looks into the home and the boxes alone, and sends nothing. */
  readonly prepare: () => Promise<void>
  /** What the seat holds, and its number, once it was found to be in order. */
  readonly held: () => (H & { readonly index: number }) | undefined
}

type Own<H> = SeatParameters & {
  readonly dealing: Dealing<H>
  readonly chainId: Digest
  readonly account: AccountId
  readonly group: AgentContext['crypto']['group']
  readonly offerFile: string
  readonly deliver: Deliver
}

function offerFrom<H>(own: Own<H>, entropy: Uint8Array) {
  const { group, chainId, account, committee, epoch } = own
  return buildOffer(group, { chainId, account, committee, epoch, entropy })
}

function offerKey<H>(own: Own<H>): Promise<string> {
  return own.deliver(nameAt('server.offer', own.epoch, '/'), async () => {
    const fresh = { entropy: toHex(randomBytes(32)) }
    const { entropy } = await keepJson(own.offerFile, offerSchema, fresh)
    return act(serverOffer, offerFrom(own, fromHex(entropy)).payload)
  })
}

/** What is held, from the home or from the boxes; a complaint if they do not hold it, undefined if the key to them is gone. */
async function look<H>(own: Own<H>, index: number) {
  const { dealing, offerFile } = own
  const kept = await dealing.kept()
  if (kept !== undefined) return { ok: true, held: kept } as const
  const offer = await readJson(offerFile, offerSchema)
  if (offer === undefined) return undefined
  const { boxSecret } = offerFrom(own, fromHex(offer.entropy))
  return dealing.take({ index, boxSecret })
}

/** The window may look closed to this clock and not yet to the block's: then it is tried again. */
async function acknowledge<H>({ deliver, dealing }: Own<H>, index: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const make = () => dealing.acknowledge(index)
    if ((await deliver(`${dealing.ackName}/${attempt}`, make)) !== 'COMPLAINTS_OPEN') return
  }
}

type Dealt = { readonly index: number; readonly seats: number; readonly now: CommitteeState }
type After<H> = { readonly held: H | undefined; readonly settled: boolean }

/** One look at the deal; answers what is held after it, and whether nothing is left to do. */
async function attendDeal<H>(own: Own<H>, dealt: Dealt, timeMs: TimeMs): Promise<After<H>> {
  const { index, seats, now } = dealt
  const status = committeeStatus(now, seats, timeMs)
  if (status === 'aborted') return { held: undefined, settled: true }
  const found = await look(own, index)
  if (found === undefined) return { held: undefined, settled: false }
  if (!found.ok) {
    const { committee, context } = own
    if (timeMs < now.complaintsEndMs) {
      context.log.warn({ committee }, 'the boxes do not hold what was dealt: complaining')
      await own.deliver(found.key, found.complain)
    }
    return { held: undefined, settled: false }
  }
  const { held } = found
  if (timeMs < now.complaintsEndMs) return { held, settled: false }
  if (!now.acks.includes(index) && timeMs < now.acksEndMs) await acknowledge(own, index)
  if (status !== 'active') return { held, settled: false }
  // The one-time key has served: what it opened must not be opened again by a thief.
  await rm(own.offerFile, { force: true })
  return { held, settled: true }
}

/** 0 without a seat. */
function indexOf<H>({ account, dealing }: Own<H>): number {
  return (dealing.seats()?.indexOf(account) ?? -1) + 1
}

/** The seat of this helper in the deal, if that is the newest of the ledger and it has a seat. */
function findDealt<H>(own: Own<H>): Dealt | undefined {
  const { committee, dealing, epoch, state } = own
  const newest = committeeTable.get(state, committee)
  const now = newest?.epoch === epoch ? newest : undefined
  const seats = dealing.seats()?.length ?? 0
  const index = indexOf(own)
  return now === undefined || index === 0 ? undefined : { now, index, seats }
}

export function createSeat<H>(parameters: SeatParameters, dealing: Dealing<H>): SeatDuties<H> {
  const { context, signer, bond, epoch } = parameters
  const { account } = signer
  const own: Own<H> = {
    ...parameters,
    dealing,
    chainId: context.anchor.chainId,
    account,
    group: context.crypto.group,
    offerFile: agentPaths(context.home).secret(nameAt('offer', epoch, '-')),
    deliver: deliverFor(context, signer),
  }
  let held: (H & { readonly index: number }) | undefined
  let busy = false
  let settled = false
  return {
    offer: () => offerKey(own),
    begin: async () => {
      await register(context, signer, bond)
      await offerKey(own)
    },
    held: () => held,
    prepare: async () => {
      const index = held === undefined ? indexOf(own) : 0
      const found = index === 0 ? undefined : await look(own, index)
      if (found?.ok) held = { ...found.held, index }
    },
    attend: async (timeMs) => {
      const dealt = busy || settled ? undefined : findDealt(own)
      if (dealt === undefined) return
      busy = true
      try {
        const after = await attendDeal(own, dealt, timeMs)
        held = after.held === undefined ? undefined : { ...after.held, index: dealt.index }
        settled = after.settled
      } finally {
        busy = false
      }
    },
  }
}
