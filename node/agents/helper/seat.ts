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
import { act } from '../../../client/transaction.ts'
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

export function createSeat(parameters: SeatParameters): SeatDuties {
  const { context, signer, committee, bond, state } = parameters
  const { anchor, crypto, home, log, sender } = context
  const { chainId } = anchor
  const { account } = signer
  const { group } = crypto
  const paths = agentPaths(home)
  const secrets = { offer: paths.secret('offer'), share: paths.secret('share') }
  const signers = [signer]
  let held: Held | undefined
  let busy = false
  let settled = false

  const entropyOf = async (): Promise<Uint8Array | undefined> => {
    const kept = await readJson(secrets.offer, offerSchema)
    return kept && fromHex(kept.entropy)
  }
  const offerFrom = (entropy: Uint8Array) =>
    buildOffer(group, { chainId, account, committee, entropy })

  /** The bond may still be on its way to the account. */
  const register = async (): Promise<void> => {
    const make = () => act(serverRegister, { account, bond })
    for (let attempt = 0; ; attempt++) {
      const { code } = await sender.deliver({ key: `server.register/${attempt}`, make, signers })
      if (code !== 'BALANCE_TOO_LOW') return
      await pause(REGISTER_PAUSE_MS)
    }
  }

  const offer = async (): Promise<void> => {
    await register()
    await sender.deliver({
      key: 'server.offer',
      make: async () => {
        const fresh = { entropy: toHex(randomBytes(32)) }
        const { entropy } = await keepJson(secrets.offer, offerSchema, fresh)
        return act(serverOffer, offerFrom(fromHex(entropy)).payload)
      },
      signers,
    })
  }

  const seatOf = async (deal: DealState): Promise<Seat | undefined> => {
    const index = indexOf(deal, account)
    const entropy = await entropyOf()
    const box = state.get(OWN_BOX)
    if (index === 0 || entropy === undefined || box === undefined) return undefined
    const { boxSecret } = offerFrom(entropy)
    return { committee, epoch: FIRST_EPOCH, index, deal, box, boxSecret }
  }

  /** The share from the home, or from the box; undefined if the box does not hold it. */
  const takeShare = async (deal: DealState): Promise<Hex | undefined> => {
    const kept = await readJson(secrets.share, shareSchema)
    if (kept !== undefined) return kept.share
    const seat = await seatOf(deal)
    const share = seat && readShare(group, seat)
    if (share === undefined) return undefined
    return (await keepJson(secrets.share, shareSchema, { share })).share
  }

  const accuse = async (deal: DealState): Promise<void> => {
    const seat = await seatOf(deal)
    if (seat === undefined) return
    log.warn({ committee }, 'the box does not hold the share: complaining')
    const entropy = randomBytes(32)
    const make = () => act(complain, buildComplain(group, seat, { chainId, account, entropy }))
    await sender.deliver({ key: 'vault.complain', make, signers })
  }

  /** The window may look closed to this clock and not yet to the block's: then it is tried again. */
  const acknowledge = async (deal: DealState, index: number): Promise<void> => {
    const make = () =>
      act(ack, buildAck(group, { committee, epoch: FIRST_EPOCH, index, deal }, account))
    for (let attempt = 0; ; attempt++) {
      const { code } = await sender.deliver({ key: `vault.ack/${attempt}`, make, signers })
      if (code !== 'COMPLAINTS_OPEN') return
    }
  }

  const attendDeal = async (
    { deal, now }: { readonly deal: DealState; readonly now: CommitteeState },
    timeMs: TimeMs,
  ): Promise<void> => {
    const index = indexOf(deal, account)
    const status = committeeStatus(now, deal.servers.length, timeMs)
    if (status === 'aborted') return
    const share = await takeShare(deal)
    if (share === undefined) {
      if (timeMs < now.complaintsEndMs) await accuse(deal)
      return
    }
    held = { index, share, deal }
    if (timeMs < now.complaintsEndMs) return
    if (!now.acks.includes(index) && timeMs < now.acksEndMs) await acknowledge(deal, index)
    if (status !== 'active') return
    // The one-time key has served: what it opened must not be opened again by a thief.
    await rm(secrets.offer, { force: true })
    settled = true
  }

  return {
    offer,
    held: () => held,
    attend: async (timeMs) => {
      if (busy || settled) return
      const now = committeeTable.get(state, committee)
      const deal = dealTable.get(state, committee, FIRST_EPOCH)
      if (now === undefined || deal === undefined || indexOf(deal, account) === 0) return
      busy = true
      try {
        await attendDeal({ deal, now }, timeMs)
      } finally {
        busy = false
      }
    },
  }
}
