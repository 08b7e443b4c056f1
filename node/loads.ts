// How much of the mempool each account fills. Accounts come and go with every block, and their loads stay for a while.
import type { AccountId } from '../vm/types.ts'

/** What transactions take. */
export type Size = { readonly bytes: number; readonly units: number }
export type Load = Size & { readonly count: number }

export type Loads = {
  /** Undefined for an account without a transaction, or one that had none for a while. */
  readonly of: (account: AccountId) => Load | undefined
  readonly add: (account: AccountId, size: Size) => void
  readonly remove: (account: AccountId, size: Size) => void
}

/** Loads of nothing that are left behind: from so many on, and from this part of all. */
const IDLE_MIN = 256
const IDLE_SHARE = 3 / 4

export function createLoads(): Loads {
  let loads = new Map<AccountId, { count: number; bytes: number; units: number }>()
  /** Loads of nothing. */
  let idle = 0
  /** Into a table of its own: what a Map has forgotten stays alive with the tables that it had before (see `line.ts`). */
  const forgetIdle = (): void => {
    loads = new Map([...loads].filter(([, { count }]) => count > 0))
    idle = 0
  }
  return {
    of: (account) => loads.get(account),
    add: (account, { bytes, units }) => {
      const load = loads.get(account)
      if (load === undefined) {
        loads.set(account, { count: 1, bytes, units })
        return
      }
      if (load.count === 0) idle -= 1
      load.count += 1
      load.bytes += bytes
      load.units += units
    },
    remove: (account, { bytes, units }) => {
      const load = loads.get(account)
      if (load === undefined) return
      load.count -= 1
      load.bytes -= bytes
      load.units -= units
      if (load.count > 0) return
      idle += 1
      if (idle > Math.max(IDLE_MIN, loads.size * IDLE_SHARE)) forgetIdle()
    },
  }
}
