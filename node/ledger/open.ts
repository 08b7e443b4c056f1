// Opens the ledger in a store: block 0 in a new one, checks in an old one.
import type { AppList } from '../../vm/app.ts'
import type { Store } from '../store/port.ts'
import type { Genesis, Ledger } from './types.ts'

/** Throws an error with the code DATA_OF_ANOTHER_GENESIS or CORRUPT. */
export async function openLedger(_parts: {
  readonly store: Store
  readonly genesis: Genesis
  readonly list: AppList
}): Promise<Ledger> {
  throw new Error('under construction')
}
