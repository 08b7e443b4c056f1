// The boxes that deals bring: the ledger keeps their hashes only, so whoever has a seat keeps them from the block.
import { deal as dkgDeal } from '../../../apps/committee/deal.ts'
import type { Deal } from '../../../apps/committee/payloads.ts'
import { committeeId, FIRST_EPOCH } from '../../../apps/vault/ids.ts'
import { init } from '../../../apps/vault/init.ts'
import type { Init, Reshare } from '../../../apps/vault/payloads.ts'
import { repInit } from '../../../apps/vault/replicated/init.ts'
import type { RepInit } from '../../../apps/vault/replicated/payloads.ts'
import { reshare } from '../../../apps/vault/reshare.ts'
import type { Writer } from '../../../vm/state.ts'
import type { AccountId } from '../../../vm/types.ts'
import type { Accepted } from '../block.ts'
import { boxesTable } from './own-tables.ts'

/** The place of the one dealer of a vault's committee. */
export const ONE_DEALER = 0

export function keepBoxes(state: Writer, acts: readonly Accepted[], account: AccountId): void {
  for (const { type, payload } of acts) {
    if (type === init || type === repInit) {
      const dealt = payload as unknown as Init | RepInit
      const { boxes, servers } = dealt
      if (servers.includes(account))
        boxesTable.put(state, [...boxes], committeeId(dealt), FIRST_EPOCH, ONE_DEALER)
    } else if (type === reshare) {
      const { boxes, committee, epoch, servers } = payload as unknown as Reshare
      if (servers.includes(account)) boxesTable.put(state, [...boxes], committee, epoch, ONE_DEALER)
    } else if (type === dkgDeal) {
      const { boxes, keyset, epoch, index, recipients } = payload as unknown as Deal
      if (recipients.includes(account)) boxesTable.put(state, [...boxes], keyset, epoch, index)
    }
  }
}
