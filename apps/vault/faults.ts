// The one place where somebody is found at fault: once for each fault, and pays for it.
import type { Reader, Writer } from '../../vm/state.ts'
import type { AccountId, Digest } from '../../vm/types.ts'
import { type Fault, faultId } from './ids.ts'
import { takePenalty } from './penalties.ts'
import { faultTable } from './state.ts'

/** Whether the same fault was held against the same account before. */
export function isKnownFault(state: Reader, fault: Fault): boolean {
  return faultTable.get(state, faultId(fault)) !== undefined
}

export type Finding = {
  readonly txId: Digest
  /** Who showed it, if that is rewarded. */
  readonly rewarded: AccountId | null
}

/** Writes down a fault that is not known yet, and takes its penalty; its id. */
export function recordFault(state: Writer, fault: Fault, { txId, rewarded }: Finding): Digest {
  const id = faultId(fault)
  faultTable.put(state, { ...fault, txId }, id)
  takePenalty(state, fault, rewarded)
  return id
}
