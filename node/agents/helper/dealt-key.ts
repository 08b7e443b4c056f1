// The seat of a helper under a threshold key that a hospital deals: one share.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { ack } from '../../../apps/vault/ack.ts'
import { complain } from '../../../apps/vault/complain.ts'
import { dealTable } from '../../../apps/vault/state.ts'
import { act } from '../../../client/transaction.ts'
import { buildAck, buildComplain, readShare } from '../../../client/vault/deal.ts'
import { assert } from '../../../vm/assert.ts'
import type { Hex } from '../../../vm/types.ts'
import { agentPaths, hex32, keepJson, readJson } from '../settings.ts'
import { ONE_DEALER } from './boxes.ts'
import { boxesTable } from './own-tables.ts'
import { type Dealing, nameAt, type SeatParameters } from './seat.ts'

/** What a helper needs in order to answer. */
export type Share = { readonly share: Hex }

const shareSchema = z.strictObject({ share: hex32 })

export function dealtKey(parameters: SeatParameters): Dealing<Share> {
  const { context, signer, committee, epoch, state } = parameters
  const { anchor, crypto, home } = context
  const { group } = crypto
  const { account } = signer
  const file = agentPaths(home).secret(nameAt('share', epoch, '-'))
  const dealOf = () => dealTable.get(state, committee, epoch)
  return {
    seats: () => dealOf()?.servers,
    kept: () => readJson(file, shareSchema),
    take: async ({ index, boxSecret }) => {
      const deal = dealOf()
      const box = boxesTable.get(state, committee, epoch, ONE_DEALER)?.[index - 1]
      if (deal === undefined || box === undefined) return undefined
      const seat = { committee, epoch, index, deal, box, boxSecret }
      const share = readShare(group, seat)
      if (share !== undefined)
        return { ok: true, held: await keepJson(file, shareSchema, { share }) }
      const sender = { chainId: anchor.chainId, account, entropy: randomBytes(32) }
      const make = () => act(complain, buildComplain(group, seat, sender))
      return { ok: false, key: nameAt('vault.complain', epoch, '/'), complain: make }
    },
    acknowledge: (index) => {
      const deal = dealOf()
      assert(deal !== undefined, 'a deal on the ledger is acknowledged')
      return act(ack, buildAck(group, { committee, epoch, index, deal }, account))
    },
    ackName: nameAt('vault.ack', epoch, '/'),
  }
}
