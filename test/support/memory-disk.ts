// A disk in memory that knows what was synced: it loses, tears and reorders the rest in a crash, and fails when it is told to.
import { dirname, join } from 'node:path'
import type { Disk, DiskFile } from '../../node/disk.ts'
import { EpioneError } from '../../node/errors.ts'
import { createRandom, type Random } from '../sim/random.ts'
import { createMemoryFile, type Kept, type MemoryFile } from './memory-file.ts'

/** `name` is creating, linking, renaming or removing; `path` is the folder of a `folder-sync`. */
export type DiskOperation = {
  readonly kind: 'write' | 'truncate' | 'sync' | 'name' | 'folder' | 'folder-sync'
  readonly path: string
}

/**
 * How an operation ends that does not go well, and what of it is done all the same. After POWER the disk does nothing more; `some`
 * of a sync is then what `crash` leaves. After EIO what was not kept never becomes durable, though it can still be read (Linux).
 */
export type DiskFault = { readonly code: 'EIO' | 'ENOSPC' | 'POWER'; readonly kept: Kept }

/** What is on the medium: all that a new process finds. */
export type DiskImage = {
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly folders: ReadonlySet<string>
}

export type MemoryDiskOptions = {
  readonly image?: DiskImage
  readonly random?: Random
  readonly fault?: (operation: DiskOperation) => DiskFault | undefined
  /** Awaited before every operation that is a promise: slow disks, virtual time. */
  readonly delay?: (operation: DiskOperation) => Promise<void>
}

export type MemoryDisk = Disk & {
  /** What a crash leaves of the files for certain, by path. */
  readonly durable: () => Iterable<readonly [string, Uint8Array]>
  /** The power goes: from now on every operation fails. What was synced is left, and any part of what was not. */
  readonly crash: () => DiskImage
}

/** Names change in their folder all at once or not at all. */
type NameChange = { readonly added?: readonly [string, MemoryFile]; readonly removed?: string }

function apply(names: Map<string, MemoryFile>, { added, removed }: NameChange): void {
  if (removed !== undefined) names.delete(removed)
  if (added !== undefined) names.set(...added)
}

function failure(code: string, { kind, path }: DiskOperation): Error {
  return Object.assign(new Error(`${code}: ${kind} of ${path}`), { code })
}

/** The names of files, with those changes that no folder's sync has made durable. */
function createNames(files: DiskImage['files']) {
  const initial = [...files].map(([path, bytes]) => [path, createMemoryFile(bytes)] as const)
  const current = new Map(initial)
  const durable = new Map(initial)
  const pending = new Map<string, NameChange[]>()
  const take = (folder: string): readonly NameChange[] => {
    const changes = pending.get(folder) ?? []
    pending.delete(folder)
    return changes
  }
  return {
    current,
    change: (path: string, change: NameChange): void => {
      apply(current, change)
      pending.set(dirname(path), [...(pending.get(dirname(path)) ?? []), change])
    },
    sync: (folder: string): void => {
      for (const change of take(folder)) apply(durable, change)
    },
    forget: (folder: string): void => void take(folder),
    durable: (): ReadonlyMap<string, MemoryFile> => durable,
    /** Any of the changes that were not synced, in their order. */
    crash: (random: Random): ReadonlyMap<string, MemoryFile> => {
      const all = [...pending.keys()].flatMap(take)
      for (const change of all) if (random.chance(0.5)) apply(durable, change)
      return durable
    },
  }
}

export function createMemoryDisk(options: MemoryDiskOptions = {}): MemoryDisk {
  const { random = createRandom(1), image, fault = () => undefined, delay } = options
  const names = createNames(image?.files ?? new Map())
  const folders = new Set(image?.folders)
  const held = new Set<string>()
  let isOff = false

  /** Does all of an operation, or what its fault leaves of it, and then fails. */
  const perform = (operation: DiskOperation, run: (kept: Kept) => void): void => {
    if (isOff) throw failure('POWER', operation)
    const trouble = fault(operation)
    run(trouble?.kept ?? 'all')
    if (trouble === undefined) return
    isOff = trouble.code === 'POWER'
    throw failure(trouble.code, operation)
  }
  const later = async (operation: DiskOperation, run: (kept: Kept) => void): Promise<void> => {
    await delay?.(operation)
    perform(operation, run)
  }
  const rename = (path: string, change: NameChange): Promise<void> =>
    later({ kind: 'name', path }, (kept) => {
      if (kept !== 'nothing') names.change(path, change)
    })
  const fileAt = (path: string): MemoryFile => {
    const file = names.current.get(path)
    if (file === undefined) throw failure('ENOENT', { kind: 'name', path })
    return file
  }
  const opened = (path: string, file: MemoryFile): DiskFile => ({
    write: (parts, at) => {
      const bytes = Uint8Array.from(Buffer.concat(parts))
      perform({ kind: 'write', path }, (kept) => {
        const size = { all: bytes.length, some: bytes.length >> 1, nothing: 0 }[kept]
        file.change({ kind: 'write', at, bytes: bytes.subarray(0, size) })
      })
    },
    truncate: (size) =>
      later({ kind: 'truncate', path }, (kept) => {
        if (kept !== 'nothing') file.change({ kind: 'truncate', size })
      }),
    sync: () =>
      later({ kind: 'sync', path }, (kept) => {
        file.sync(kept, random)
      }),
    close: async () => undefined,
  })

  return {
    makeFolder: async (path) => {
      if (folders.has(path)) return
      await later({ kind: 'folder', path }, (kept) => {
        if (kept !== 'nothing') folders.add(path)
      })
    },
    list: async (folder) =>
      [...names.current.keys()].flatMap((path) =>
        dirname(path) === folder ? [path.slice(join(folder, '/').length)] : [],
      ),
    read: async (path) => names.current.get(path)?.read(),
    open: async (path) => {
      const file = names.current.get(path)
      return file && opened(path, file)
    },
    create: async (path) => {
      const file = createMemoryFile()
      await rename(path, { added: [path, file] })
      return opened(path, file)
    },
    link: async (path, name) => {
      if (names.current.has(name)) return false
      const file = fileAt(path)
      let isFirst = true
      await later({ kind: 'name', path: name }, (kept) => {
        // Another may have taken the name while this operation waited for its turn.
        isFirst = !names.current.has(name)
        if (isFirst && kept !== 'nothing') names.change(name, { added: [name, file] })
      })
      return isFirst
    },
    rename: async (path, name) => rename(name, { added: [name, fileAt(path)], removed: path }),
    unlink: async (path) => {
      fileAt(path)
      await rename(path, { removed: path })
    },
    syncFolder: (folder) =>
      later({ kind: 'folder-sync', path: folder }, (kept) => {
        if (kept === 'all') names.sync(folder)
        if (kept === 'nothing') names.forget(folder)
      }),
    hold: (path) => {
      if (held.has(path)) {
        const message = `${path} is in use by another process`
        throw new EpioneError({ code: 'HOME_LOCKED', message, hint: 'close it first' })
      }
      held.add(path)
      return { release: () => void held.delete(path) }
    },
    durable: function* () {
      for (const [path, file] of names.durable()) yield [path, file.durable()] as const
    },
    crash: () => {
      isOff = true
      const left = [...names.crash(random)].map(([path, file]) => {
        return [path, file.crash(random)] as const
      })
      return { files: new Map(left), folders: new Set(folders) }
    },
  }
}
