// Every record of a replicated committee is held against the keys of the helper's classes as it is read; a wrong one is complained about.
import { randomBytes } from 'node:crypto'
import { repComplainRecord } from '../../../apps/vault/replicated/complain-record.ts'
import { badRecordTable, recordTable, sharesTable } from '../../../apps/vault/state.ts'
import { act } from '../../../client/transaction.ts'
import { buildComplainRecord, findBadShares } from '../../../client/vault/replicated/record.ts'
import { assert } from '../../../vm/assert.ts'
import type { Reader, Writer } from '../../../vm/state.ts'
import type { AccountId, Digest } from '../../../vm/types.ts'
import type { Accepted } from '../block.ts'
import type { AgentContext } from '../process.ts'
import { sharedRecordsIn } from '../shared-records.ts'
import { newestTable, wrongTable } from './own-tables.ts'
import type { Deliver } from './register.ts'
import type { ClassKeys } from './replicated-keys.ts'

/** A share that is said to be wrong, by its name in the outbox. */
type Claim = { readonly key: string; readonly record: Digest; readonly class: number }
type Held = ClassKeys & { readonly index: number }

export type RecordChecksParameters = {
  readonly context: Pick<AgentContext, 'anchor' | 'crypto' | 'log'>
  readonly account: AccountId
  readonly committee: Digest
  readonly state: Reader
  readonly deliver: Deliver
  /** Complains once about a record, whatever is in it. */
  readonly isFalse: boolean
}

export type RecordChecks = {
  /** Remembers what is wrong about the records of a block, in the same write as the block. */
  readonly look: (state: Writer, acts: readonly Accepted[], held: Held) => void
  /** Complains; the first of the holders is enough, so a record that is known to be bad is left alone. */
  readonly attend: (held: Held) => readonly Promise<void>[]
}

export function createRecordChecks(parameters: RecordChecksParameters): RecordChecks {
  const { context, account, committee, state, deliver, isFalse } = parameters
  const { anchor, crypto, log } = context
  const { group } = crypto
  const underway = new Set<string>()

  const complain = async (held: Held, claim: Claim): Promise<void> => {
    const { key, record: id, class: about } = claim
    const record = recordTable.get(state, id)
    const shares = sharesTable.get(state, id)
    const secret = held.secrets.get(about)
    assert(record && shares && secret, 'a record was found wrong by a key that is held')
    const place = { committee, epoch: record.epoch, nonce: shares.nonce, id }
    const { chainId } = anchor
    const make = () => {
      const sender = { chainId, account, entropy: randomBytes(32) }
      const said = { ...sender, index: held.index, class: about, secret }
      return act(repComplainRecord, buildComplainRecord(group, place, said))
    }
    const code = await deliver(key, make)
    log.warn({ record: id, class: about, code }, 'complained about a record')
  }

  const claimsOf = (held: Held): readonly Claim[] => {
    const found = (wrongTable.get(state) ?? []).map((wrong) => ({
      ...wrong,
      key: `rep.complainRecord/${wrong.record}/${wrong.class}`,
    }))
    const newest = isFalse ? newestTable.get(state, committee) : undefined
    const [about] = held.secrets.keys()
    if (newest === undefined || about === undefined) return found
    return [...found, { key: 'rep.complainRecord/invented', record: newest, class: about }]
  }

  return {
    look: (after, acts, held) => {
      for (const record of acts.flatMap(sharedRecordsIn)) {
        if (record.committee !== committee) continue
        const { id } = record
        newestTable.put(after, id, committee)
        const bad = findBadShares(group, record, held.secrets).map((each) => ({
          record: id,
          class: each,
        }))
        if (bad.length > 0) wrongTable.put(after, [...(wrongTable.get(after) ?? []), ...bad])
      }
    },
    attend: (held) =>
      claimsOf(held).flatMap((claim) => {
        const { key, record } = claim
        if (underway.has(key) || badRecordTable.get(state, record) !== undefined) return []
        underway.add(key)
        const complaint = complain(held, claim).catch((error: unknown) => {
          underway.delete(key)
          throw error
        })
        return [complaint]
      }),
  }
}
