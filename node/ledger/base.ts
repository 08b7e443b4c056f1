// Where the ledger stands in its store: from which height on blocks are whole, and which area has the state.
import type { Height } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import type { Area } from '../store/areas.ts'
import { baseKey } from '../store/keys.ts'
import type { StorePut, StoreReads } from '../store/port.ts'
import { baseRecordCodec, decodeRecord, sealed, unseal } from './records.ts'

export type Base = {
  /** Of blocks below, but block 0, there are headers at most. */
  readonly lowest: Height
  readonly area: Area
}

/** A store without the record has every block. */
export function readBase(store: Pick<StoreReads, 'get'>): Base {
  const record = store.get(baseKey)
  if (record === undefined) return { lowest: 1, area: 'lower' }
  const { lowest, area } = decodeRecord(baseRecordCodec, baseKey, unseal(baseKey, record))
  return { lowest, area: area.kind }
}

export function baseEntry({ lowest, area }: Base): StorePut {
  return sealed(baseKey, baseRecordCodec, { lowest, area: { kind: area } })
}

export function prunedError(height: Height, lowest: Height): EpioneError {
  return new EpioneError({
    code: 'HEIGHT_PRUNED',
    message: `this node has whole blocks from height ${lowest} on, not of ${height}`,
    hint: 'ask a node that keeps every block',
    data: { lowest },
  })
}
