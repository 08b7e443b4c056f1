// Batches of records in shares for the vault's tests: right ones, and ones of which a single record is wrong.
import type { RepItem, RepRecordBatch } from '../../../../apps/vault/replicated/payloads.ts'
import type { Invoice } from '../../../../client/vault/record.ts'
import { buildRepRecordBatch, proveRepItem } from '../../../../client/vault/replicated/record.ts'
import { assert } from '../../../../vm/assert.ts'
import { basesOf } from '../../../../vm/crypto/bases.ts'
import { entropyOf, suite, type World } from '../world.ts'
import { type RepReady, repWritingOf } from './scene.ts'

const { group } = suite

export function repBatchOf(
  world: World,
  ready: RepReady,
  invoices: readonly Invoice[],
): RepRecordBatch {
  return buildRepRecordBatch({ group, range: suite }, repWritingOf(world, ready), invoices)
}

/** The batch with changes of one record, proven anew as its writer could. */
export function reproven(
  world: World,
  batch: RepRecordBatch,
  { place, changes }: { readonly place: number; readonly changes: Partial<RepItem> },
): RepRecordBatch {
  const { chainId } = world
  const secret = { chainId, a: BigInt(77 + place), random: entropyOf(`reproven ${place}`) }
  const ephemeral = group.encode(group.multiplyBase(secret.a))
  const proved = (item: RepItem) => {
    const bare = { ...item, ephemeral, ...changes, boxProof: new Uint8Array(64) }
    return proveRepItem(group, { head: batch, bare }, secret)
  }
  const records = batch.records.map((item, at) => (at === place ? proved(item) : item))
  return { ...batch, records }
}

/** The first two shares of one record are wrong, each by as much as the other: their sum is right, and so is every proof. */
export function withWrongShares(
  world: World,
  batch: RepRecordBatch,
  place: number,
): RepRecordBatch {
  const { H } = basesOf(group)
  const [first, second, ...rest] = batch.records[place]?.shares ?? []
  assert(first && second, 'a record has two shares or more')
  const moved = (share: Uint8Array, by: typeof H) => {
    const point = group.decode(share)
    assert(point, 'an honest share decodes')
    return group.encode(group.add(point, by))
  }
  const shares = [moved(first, H), moved(second, group.negate(H)), ...rest]
  return reproven(world, batch, { place, changes: { shares } })
}
