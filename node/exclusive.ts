// One process at a time: a lock of the operating system's that ends with its holder, also by SIGKILL.
import { closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { EpioneError, systemCodeOf } from './errors.ts'

export type Exclusive = { readonly release: () => void }

const sqliteBusy = 5

/** A database that nobody refers to is closed by the garbage collector, and its lock with it. */
const held = new Set<DatabaseSync>()

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy
}

/** For its owner only. One that is there stays closed: closing it again would end a lock of this process on it. */
function makeGuard(guard: string): void {
  try {
    closeSync(openSync(guard, 'wx', 0o600))
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error
  }
}

function openGuard(guard: string): DatabaseSync {
  makeGuard(guard)
  try {
    return new DatabaseSync(guard, { timeout: 0 })
  } catch (cause) {
    throw new EpioneError({
      code: 'HOME_INVALID',
      message: `${guard} cannot be opened`,
      hint: 'check who owns the folder and the file: both must belong to the account that runs this',
      cause,
    })
  }
}

/**
 * Holds `<path>.guard`, made if missing, which stays behind empty: it is the lock on the file that counts, not the file. Node has
 * no flock; SQLite, which it brings along, takes the same kernel locks, on every platform and also against a second opener in
 * this very process. Throws EpioneError HOME_LOCKED if it is held already.
 */
export function holdExclusively(path: string): Exclusive {
  const guard = `${path}.guard`
  const database = openGuard(guard)
  try {
    database.exec('PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (!isBusy(error)) throw error
    throw new EpioneError({
      code: 'HOME_LOCKED',
      message: `${path} is in use by another process`,
      hint: 'stop the node that runs on this folder; two nodes with the same keys would contradict each other',
      cause: error,
    })
  }
  held.add(database)
  return {
    release: () => {
      if (held.delete(database)) database.close()
    },
  }
}

/** Whether some process, or this one, holds `<path>.guard` now. */
export function isHeld(path: string): boolean {
  const guard = `${path}.guard`
  if (!existsSync(guard)) return false
  const database = new DatabaseSync(guard, { timeout: 0, readOnly: true })
  try {
    database.exec('SELECT count(*) FROM sqlite_schema')
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    database.close()
  }
}
