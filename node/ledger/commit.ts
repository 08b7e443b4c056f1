// What a decided block writes: one change of the store with everything that belongs to the block.

import { keptVotesCodec } from '../../client/signed-vote.ts'
import { envelopeOf } from '../../vm/execute.ts'
import { bytesOf } from '../../vm/execute-transaction.ts'
import type { Digest, Height } from '../../vm/types.ts'
import { validatorsCodec } from '../../vm/validator.ts'
import {
  certificateKey,
  envelopesKey,
  eventsKey,
  headerKey,
  headKey,
  idsKey,
  placeKey,
  receiptsKey,
  setKey,
  stateKey,
  votesKey,
} from '../store/keys.ts'
import type { Store, StorePut } from '../store/port.ts'
import { marks } from './inbox.ts'
import {
  envelopesCodec,
  headRecordCodec,
  idsCodec,
  leavesCodec,
  placeCodec,
  STORE_FORMAT,
  seal,
  sealed,
} from './records.ts'
import type { Roots } from './tree.ts'
import type { Executed, KeptVotes } from './types.ts'
import { sealValue } from './values.ts'

export function headRecord(height: Height, id: Digest, roots: Roots): StorePut {
  const trees = [...roots].map(([app, root]) => ({ app, root }))
  return sealed(headKey, headRecordCodec, { format: STORE_FORMAT, height, id, trees })
}

/** Where each transaction of a block is found. */
export function places(height: Height, ids: readonly Digest[]): StorePut[] {
  return ids.map((id, index) => sealed(placeKey(id), placeCodec, { height, index }))
}

function blockRecords(executed: Executed, certificateBytes: Uint8Array): StorePut[] {
  const { header, headerBytes, transactions, ids, receipts, events } = executed
  const { height } = header
  const at = [headerKey(height), certificateKey(height)] as const
  return [
    { key: at[0], value: seal(at[0], headerBytes) },
    { key: at[1], value: seal(at[1], certificateBytes) },
    sealed(envelopesKey(height), envelopesCodec, transactions.map(envelopeOf)),
    sealed(idsKey(height), idsCodec, ids),
    sealed(receiptsKey(height), leavesCodec, receipts.map(bytesOf)),
    sealed(eventsKey(height), leavesCodec, events.map(bytesOf)),
    ...places(height, ids),
    ...marks(height, events),
  ]
}

/** The whole change; `isNewSet` if the header names another validator set than its parent. */
export function changeOf(
  executed: Executed,
  proof: {
    readonly certificateBytes: Uint8Array
    readonly isNewSet: boolean
    readonly votes: readonly KeptVotes[]
    /** So many heights keep their votes. */
    readonly votesMax: number
  },
): Parameters<Store['write']>[0] {
  const { header, id, writes, tree, validators } = executed
  const { height } = header
  const put = blockRecords(executed, proof.certificateBytes)
  if (proof.isNewSet) put.push(sealed(setKey(height), validatorsCodec, validators))
  const remove: string[] = []
  for (const kept of proof.votes)
    put.push(sealed(votesKey(kept.height), keptVotesCodec, kept.votes))
  if (height > proof.votesMax) remove.push(votesKey(height - proof.votesMax))
  for (const { app, key, value } of writes) {
    const name = stateKey({ app, key })
    if (value === undefined) remove.push(name)
    else put.push({ key: name, value: sealValue(name, value, height) })
  }
  // Last, so that it reads as what it is: the block is decided when this is there.
  put.push(headRecord(height, id, tree.roots))
  return { put, remove }
}
