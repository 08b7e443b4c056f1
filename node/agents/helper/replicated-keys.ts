// The seat of a helper under replicated keys that an owner deals: the keys of its classes.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { repAck } from '../../../apps/vault/replicated/ack.ts'
import { repComplainKey } from '../../../apps/vault/replicated/complain-key.ts'
import { repDealTable } from '../../../apps/vault/state.ts'
import { act } from '../../../client/transaction.ts'
import {
  buildRepAck,
  buildRepComplainKey,
  type ClassSecrets,
  readClassKeys,
} from '../../../client/vault/replicated/deal.ts'
import { assert } from '../../../vm/assert.ts'
import { agentPaths, hex32, keepJson, readJson } from '../settings.ts'
import { ONE_DEALER } from './boxes.ts'
import { boxesTable } from './own-tables.ts'
import type { Dealing, SeatParameters } from './seat.ts'

export type ClassKeys = { readonly secrets: ClassSecrets }

const keysSchema = z.strictObject({
  keys: z.array(z.strictObject({ class: z.int(), secret: hex32 })),
})

function secretsOf({ keys }: z.infer<typeof keysSchema>): ClassKeys {
  return { secrets: new Map(keys.map((one) => [one.class, one.secret])) }
}

export function replicatedKeys(parameters: SeatParameters): Dealing<ClassKeys> {
  const { context, signer, committee, epoch, state } = parameters
  const { anchor, crypto, home } = context
  const { group } = crypto
  const { account } = signer
  const file = agentPaths(home).secret('classes')
  const dealOf = () => repDealTable.get(state, committee, epoch)
  return {
    seats: () => dealOf()?.servers,
    kept: async () => {
      const kept = await readJson(file, keysSchema)
      return kept === undefined ? undefined : secretsOf(kept)
    },
    take: async ({ index, boxSecret }) => {
      const deal = dealOf()
      const boxes = boxesTable.get(state, committee, epoch, ONE_DEALER)
      if (deal === undefined || boxes === undefined) return undefined
      const seat = { committee, epoch, index, deal, boxes, boxSecret }
      const { secrets, bad } = readClassKeys(group, seat)
      const [first] = bad
      if (first === undefined) {
        const keys = [...secrets].map(([held, secret]) => ({ class: held, secret }))
        return { ok: true, held: secretsOf(await keepJson(file, keysSchema, { keys })) }
      }
      const { chainId } = anchor
      const sender = { chainId, account, entropy: randomBytes(32), class: first }
      const make = () => act(repComplainKey, buildRepComplainKey(group, seat, sender))
      return { ok: false, key: 'rep.complainKey', complain: make }
    },
    acknowledge: (index) => {
      const deal = dealOf()
      assert(deal !== undefined, 'a deal on the ledger is acknowledged')
      return act(repAck, buildRepAck({ committee, epoch, index, deal }, account))
    },
    ackName: 'rep.ack',
  }
}
