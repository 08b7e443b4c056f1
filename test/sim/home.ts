// What outlives a process of a simulation: its store, journal and vote lock, with what a crash leaves of them.
import type { Disk } from '../../node/disk.ts'
import { EpioneError } from '../../node/errors.ts'
import { homePaths } from '../../node/home.ts'
import type { Store, StoreChange, StorePut } from '../../node/store/port.ts'
import { asciiBytes } from '../../vm/bytes.ts'
import type { PublicKey } from '../../vm/types.ts'
import { createMemoryDisk, type DiskImage, type MemoryDisk } from '../support/memory-disk.ts'
import type { Random } from './random.ts'
import type { Scope } from './scope.ts'
import type { Trace } from './trace.ts'

/** Where a simulated node has its files. */
export const HOME = '/home'
export const paths = homePaths(HOME)

/** A disk that is full, or that fails at some of what is done with it. */
export type Trouble = { readonly code: 'EIO' | 'ENOSPC'; readonly share: number }

export type Home = {
  /** Everything durable in the store. */
  entries: Map<string, Uint8Array>
  /** Journal and vote lock, while no process has them open. */
  image: DiskImage
  /** While a process runs on them. */
  disk: MemoryDisk | undefined
  writing: StoreChange | undefined
  trouble: Trouble | undefined
  /** What has a bit that flipped, until it is thrown away. */
  readonly damaged: Set<Part>
}

/** What can be lost by itself. */
export type Part = 'store' | 'journal'

export function createHome(consensusKey: PublicKey): Home {
  const files = new Map([[paths.unusedKey, asciiBytes(consensusKey)]])
  return {
    entries: new Map(),
    image: { files, folders: new Set() },
    disk: undefined,
    writing: undefined,
    trouble: undefined,
    damaged: new Set(),
  }
}

/** Journal and vote lock as a crash would leave them for certain. */
export function durableFiles({ disk, image }: Home): Iterable<readonly [string, Uint8Array]> {
  return disk?.durable() ?? image.files
}

function applyTo(entries: Map<string, Uint8Array>, { put, remove }: StoreChange): void {
  for (const key of remove) entries.delete(key)
  for (const { key, value } of put) entries.set(key, value)
}

function listRange(
  entries: Map<string, Uint8Array>,
  { from, below, limit, reverse = false }: Parameters<Store['range']>[0],
): readonly StorePut[] {
  const keys = [...entries.keys()].filter((key) => from <= key && key < below).sort()
  if (reverse) keys.reverse()
  return keys.slice(0, limit).map((key) => ({ key, value: entries.get(key) as Uint8Array }))
}

export type Speed = { readonly syncMs: () => number }

export type HomeParts = {
  readonly home: Home
  readonly scope: Scope
  readonly speed: Speed
  readonly random: Random
  readonly trace: Trace
}

/** What needs room on the disk. */
const growing: readonly string[] = ['write', 'name', 'folder']

/** The error of an operation that fails, if it does. */
function createStrike({ home, random, trace }: Pick<HomeParts, 'home' | 'random' | 'trace'>) {
  return (kind: string): Error | undefined => {
    const { trouble } = home
    if (trouble === undefined || !random.chance(trouble.share)) return undefined
    const { code } = trouble
    if (code === 'ENOSPC' && !growing.includes(kind)) return undefined
    trace.fault(`${code} at a ${kind}`)
    return Object.assign(new Error(`${code}: ${kind}`), { code })
  }
}

/** As the real store says it. */
function storeError(code: 'STORE_FAILED' | 'STORE_DAMAGED', cause: Error): EpioneError {
  return new EpioneError({
    code,
    message: `the data folder: ${cause.message}`,
    hint: 'wait',
    cause,
  })
}

/** A store whose batches are durable, and seen, some time after they were written. */
export function openStore({ home, scope, speed, random, trace }: HomeParts): Store {
  const strike = createStrike({ home, random, trace })
  const read = (): void => {
    const cause = home.trouble === undefined ? undefined : strike('read')
    if (cause !== undefined) throw storeError('STORE_DAMAGED', cause)
  }
  return {
    get: (key) => {
      read()
      return home.entries.get(key)
    },
    range: async (span) => {
      read()
      return listRange(home.entries, span)
    },
    write: (change) => {
      home.writing = change
      return new Promise((resolve, reject) => {
        scope.after(speed.syncMs(), () => {
          home.writing = undefined
          const cause = home.trouble === undefined ? undefined : strike('write')
          if (cause === undefined || random.chance(0.5)) applyTo(home.entries, change)
          if (cause === undefined) resolve()
          else reject(storeError('STORE_FAILED', cause))
        })
      })
    },
    view: () => {
      const seen = new Map(home.entries)
      return {
        get: (key) => seen.get(key),
        range: async (span) => listRange(seen, span),
        close: async () => undefined,
      }
    },
    close: async () => undefined,
  }
}

const kept = ['nothing', 'some', 'all'] as const

export function openDisk({ home, scope, speed, random, trace }: HomeParts): Disk {
  const strike = createStrike({ home, random, trace })
  const disk = createMemoryDisk({
    image: home.image,
    random,
    fault: ({ kind }) => {
      if (home.trouble === undefined) return undefined
      const { code } = home.trouble
      return strike(kind) === undefined ? undefined : { code, kept: random.pick(kept) }
    },
    delay: ({ kind }) => {
      if (kind !== 'sync') return Promise.resolve()
      return new Promise((resolve) => scope.after(speed.syncMs(), resolve))
    },
  })
  home.disk = disk
  return {
    ...disk,
    read: async (path) => {
      const error = home.trouble === undefined ? undefined : strike('read')
      if (error !== undefined) throw error
      return disk.read(path)
    },
  }
}

/** The process is gone: what was being written is there or not, the batch of the store as a whole, files sector by sector. */
export function crashHome(home: Home, random: Random, trace: Trace): void {
  if (home.writing !== undefined) {
    const isKept = random.chance(0.5)
    trace.fault(isKept ? 'batch durable, unanswered' : 'batch lost')
    if (isKept) applyTo(home.entries, home.writing)
    home.writing = undefined
  }
  if (home.disk !== undefined) home.image = home.disk.crash()
  home.disk = undefined
}
