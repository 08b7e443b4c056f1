// What a decided block writes: one change of the store with everything that belongs to the block.

import { keptVotesCodec } from '../../client/signed-vote.ts'
import type { BlockEvent } from '../../vm/block.ts'
import { fromHex } from '../../vm/bytes.ts'
import type { Encoded } from '../../vm/execute-transaction.ts'
import type { Digest, Height, Hex } from '../../vm/types.ts'
import { validatorsCodec } from '../../vm/validator.ts'
import {
  certificateKey,
  envelopesKey,
  eventsKey,
  headerKey,
  headKey,
  idsKey,
  inboxKey,
  nodeKey,
  placeKey,
  receiptsKey,
  setKey,
  staleKey,
  stateKey,
  votesKey,
} from '../store/keys.ts'
import type { Store, StorePut, StoreReads } from '../store/port.ts'
import {
  decodeRecord,
  envelopesCodec,
  headRecordCodec,
  idsCodec,
  leavesCodec,
  placeCodec,
  rootToRecord,
  seal,
  sealed,
  staleCodec,
  unseal,
} from './records.ts'
import { HEIGHTS_KEPT } from './state.ts'
import { encodeChange, type Roots } from './tree.ts'
import type { Executed, KeptVotes } from './types.ts'

export function headRecord(height: Height, id: Digest, roots: Roots): StorePut {
  const trees = [...roots].map(([app, root]) => ({ app, root: rootToRecord(root) }))
  return sealed(headKey, headRecordCodec, { format: 1, height, id, trees })
}

function inboxes(height: Height, events: readonly Encoded<BlockEvent>[]): StorePut[] {
  const byRecipient = new Map<Hex, Uint8Array[]>()
  for (const { value, bytes } of events) {
    const own = byRecipient.get(value.recipient)
    if (own === undefined) byRecipient.set(value.recipient, [bytes])
    else own.push(bytes)
  }
  return [...byRecipient].map(([recipient, own]) =>
    sealed(inboxKey(recipient, height), leavesCodec, own),
  )
}

function blockRecords(executed: Executed, certificateBytes: Uint8Array): StorePut[] {
  const { header, headerBytes, transactions, receipts, events } = executed
  const { height } = header
  const ids = transactions.map(({ transaction }) => transaction.id)
  const envelopes = transactions.map(({ transaction }) => transaction.bytes)
  const bytesOf = (leaves: readonly Encoded<unknown>[]) => leaves.map(({ bytes }) => bytes)
  const at = [headerKey(height), certificateKey(height)] as const
  return [
    { key: at[0], value: seal(at[0], headerBytes) },
    { key: at[1], value: seal(at[1], certificateBytes) },
    sealed(envelopesKey(height), envelopesCodec, envelopes),
    sealed(idsKey(height), idsCodec, ids.map(fromHex)),
    sealed(receiptsKey(height), leavesCodec, bytesOf(receipts)),
    sealed(eventsKey(height), leavesCodec, bytesOf(events)),
    ...ids.map((id, index) => sealed(placeKey(id), placeCodec, { height, index })),
    ...inboxes(height, events),
  ]
}

/** Keys of tree nodes that nobody can ask for any more once the block of `height` is there. */
function prune(store: StoreReads, height: Height): string[] {
  const key = staleKey(height - HEIGHTS_KEPT)
  const record = height > HEIGHTS_KEPT ? store.get(key) : undefined
  if (record === undefined) return []
  const stale = decodeRecord(staleCodec, key, unseal(key, record))
  return [key, ...stale.map(({ app, ...name }) => nodeKey(app, name))]
}

/** The whole change; `isNewSet` if the header names another validator set than its parent. */
export function changeOf(
  store: StoreReads,
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
  const remove = prune(store, height)
  for (const kept of proof.votes)
    put.push(sealed(votesKey(kept.height), keptVotesCodec, kept.votes))
  if (height > proof.votesMax) remove.push(votesKey(height - proof.votesMax))
  for (const { app, key, value } of writes) {
    const name = stateKey({ app, key })
    if (value === undefined) remove.push(name)
    else put.push({ key: name, value })
  }
  put.push(...encodeChange(tree))
  if (tree.stale.length > 0) put.push(sealed(staleKey(height), staleCodec, tree.stale))
  // Last, so that it reads as what it is: the block is decided when this is there.
  put.push(headRecord(height, id, tree.roots))
  return { put, remove }
}
