// The files below journal and vote lock, as a port: what one process may write, and what is promised to outlive it.
import { constants, writevSync } from 'node:fs'
import { link, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCodeOf } from './errors.ts'
import { type Exclusive, holdExclusively } from './exclusive.ts'

/** An open file. Bytes outlive a crash once `sync` has resolved; a `sync` that rejects promises neither the one nor the other. */
export type DiskFile = {
  /** All bytes, in one call and into the page cache only; throws if not all of them could be written. */
  readonly write: (parts: readonly Uint8Array[], at: number) => void
  readonly truncate: (size: number) => Promise<void>
  /** Contents and size; the file's name needs `syncFolder`. */
  readonly sync: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Every failure is an error of the system's with its `code`. Names outlive a crash once their folder is synced. */
export type Disk = {
  /** Makes a folder of mode 0700 whose name is durable; nothing happens if it is there. */
  readonly makeFolder: (path: string) => Promise<void>
  /** The names in a folder. */
  readonly list: (folder: string) => Promise<readonly string[]>
  /** Undefined if there is no such file. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>
  /** For writing; undefined if there is no such file. */
  readonly open: (path: string) => Promise<DiskFile | undefined>
  /** An empty file of mode 0600 in the place of what was there. */
  readonly create: (path: string) => Promise<DiskFile>
  /** A second name; false if it is taken. */
  readonly link: (path: string, name: string) => Promise<boolean>
  readonly rename: (path: string, name: string) => Promise<void>
  readonly unlink: (path: string) => Promise<void>
  readonly syncFolder: (folder: string) => Promise<void>
  /** Throws EpioneError HOME_LOCKED if another process, or this one, holds the path already. */
  readonly hold: (path: string) => Exclusive
}

async function openHandle(path: string, flags: string): Promise<DiskFile> {
  const handle = await open(path, flags, 0o600)
  return {
    // A detour over the thread pool costs more than the copy into the page cache.
    write: (parts, at) => {
      const size = parts.reduce((sum, { length }) => sum + length, 0)
      const written = writevSync(handle.fd, parts, at)
      if (written !== size) throw new Error(`${written} of ${size} bytes written to ${path}`)
    },
    truncate: (size) => handle.truncate(size),
    sync: () => handle.datasync(),
    close: () => handle.close(),
  }
}

/** What `run` answers; undefined if the system says `code`. */
async function unless<T>(code: string, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run()
  } catch (error) {
    if (systemCodeOf(error) === code) return undefined
    throw error
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The files of this machine. */
export const nodeDisk: Disk = {
  makeFolder: async (path) => {
    const made = await mkdir(path, { recursive: true, mode: 0o700 })
    if (made !== undefined) await syncFolder(dirname(path))
  },
  list: (folder) => readdir(folder),
  read: (path) => unless('ENOENT', async () => new Uint8Array(await readFile(path))),
  open: (path) => unless('ENOENT', () => openHandle(path, 'r+')),
  create: (path) => openHandle(path, 'w+'),
  link: async (path, name) => {
    const done = await unless('EEXIST', async () => {
      await link(path, name)
      return true
    })
    return done === true
  },
  rename,
  unlink,
  syncFolder,
  hold: holdExclusively,
}
