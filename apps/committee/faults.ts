// The one place where somebody is found at fault.
import type { Writer } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import { type Fault, faultId } from './ids.ts'
import { barTable, faultTable } from './state.ts'

/**
 * Writes down who is at fault, under the one id of that fault, and bars the account from later committees of the keyset. Everything that a
 * proven fault costs belongs here, so that no way to be found guilty is cheaper than another.
 */
export function recordFault(state: Writer, fault: Fault, txId: Digest): Digest {
  const id = faultId(fault)
  faultTable.put(state, { ...fault, txId }, id)
  barTable.put(state, id, fault.object, fault.culprit)
  return id
}
