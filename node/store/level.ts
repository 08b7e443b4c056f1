// The store on disk: LevelDB through `level`, synchronous reads, one synced batch for each write.
import { randomInt } from 'node:crypto'
import { Level } from 'level'
import { EpioneError, systemCodeOf } from '../errors.ts'
import { findDamage } from './level-check.ts'
import type { Store, StoreChange, StoreReads } from './port.ts'

const MIB = 1024 * 1024

type Database = Level<string, Uint8Array>
type AbstractSnapshot = ReturnType<Database['snapshot']>

function codesOf(error: unknown): readonly (string | undefined)[] {
  const cause = error instanceof Error ? error.cause : undefined
  return [systemCodeOf(error), systemCodeOf(cause)]
}

/** Opening fails for three reasons that its owner can do something about. */
function openingError(folder: string, cause: unknown): EpioneError {
  const codes = codesOf(cause)
  if (codes.includes('LEVEL_LOCKED')) {
    return new EpioneError({
      code: 'HOME_LOCKED',
      message: `another process has the data folder ${folder} open`,
      hint: 'stop the other node, or give this one a folder of its own',
      cause,
    })
  }
  if (codes.includes('LEVEL_CORRUPTION')) return damaged(folder, cause)
  return new EpioneError({
    code: 'STORE_FAILED',
    message: `cannot open the data folder ${folder}: ${reasonOf(cause)}`,
    hint: 'look at the permissions of the folder and the space on its disk',
    cause,
  })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

function damaged(folder: string, cause: unknown): EpioneError {
  return new EpioneError({
    code: 'STORE_DAMAGED',
    message: `the data folder ${folder} is damaged: ${reasonOf(cause)}`,
    hint: 'epione repair --home HOME sets it aside, and the next start fetches the chain from the others',
    cause,
  })
}

async function refuseDamaged(folder: string): Promise<void> {
  const find = (): Promise<string | undefined> =>
    findDamage(folder).catch((error: unknown): undefined => {
      if (systemCodeOf(error) !== 'ENOENT') throw openingError(folder, error)
    })
  // A second look, because another process that has the folder open may just have exchanged files; opening says so.
  const damage = (await find()) && (await find())
  if (damage !== undefined) throw damaged(folder, new Error(damage))
}

async function writeSynced(database: Database, change: StoreChange): Promise<void> {
  try {
    // A list of operations would be copied three times on the way.
    const batch = database.batch()
    for (const key of change.remove) batch.del(key)
    for (const { key, value } of change.put) batch.put(key, value)
    await batch.write({ sync: true })
  } catch (cause) {
    throw new EpioneError({
      code: 'STORE_FAILED',
      message: `a write to the data folder failed: ${reasonOf(cause)}`,
      hint: 'it may be on disk or not: make room or replace the disk, then start the node again',
      cause,
    })
  }
}

/** LevelDB gives Buffers, whose `slice` and JSON differ from those of the plain arrays that the pure floors expect. */
function plain<T extends Uint8Array | undefined>(value: T): T | Uint8Array {
  return value && new Uint8Array(value.buffer, value.byteOffset, value.length)
}

/**
 * The files are checked before they are opened. Later LevelDB checks nothing on the way: whoever reads compares what comes back
 * with hashes or checksums of its own.
 */
export async function openLevelStore(folder: string): Promise<Store> {
  await refuseDamaged(folder)
  const database: Database = new Level(folder, {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    // So that a scan of the files for what must not be there sees every byte.
    compression: false,
    // Larger than by default, so that less of what is written is soon merged and written again. Nodes of one network write the same:
    // with buffers of one size all of them would merge at the same time, and no quorum would be quick then.
    writeBufferSize: randomInt(12 * MIB, 20 * MIB),
    maxFileSize: 8 * MIB,
    blockSize: 16 * 1024,
  })
  try {
    await database.open()
  } catch (error) {
    throw openingError(folder, error)
  }
  return {
    ...createReads(folder, database, undefined),
    view: () => {
      const snapshot = database.snapshot()
      return { ...createReads(folder, database, snapshot), close: () => snapshot.close() }
    },
    write: (change) => writeSynced(database, change),
    close: () => database.close(),
  }
}

/** Reads of the newest state, or of what a snapshot holds. */
function createReads(
  folder: string,
  database: Database,
  snapshot: AbstractSnapshot | undefined,
): StoreReads {
  const orDamaged = (error: unknown): never => {
    throw damaged(folder, error)
  }
  const from = snapshot === undefined ? {} : { snapshot }
  return {
    get: (key) => {
      try {
        return plain(database.getSync(key, from))
      } catch (error) {
        return orDamaged(error)
      }
    },
    range: async ({ from: gte, below: lt, limit, reverse = false }) => {
      const found = await database
        .iterator({ gte, lt, limit, reverse, ...from })
        .all()
        .catch(orDamaged)
      return found.map(([key, value]) => ({ key, value: plain(value) }))
    },
  }
}
