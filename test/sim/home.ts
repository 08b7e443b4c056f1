// What outlives a process of a simulation: its store, journal and vote lock, with what a crash leaves of them.
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

export type Home = {
  /** Everything durable in the store. */
  entries: Map<string, Uint8Array>
  /** Journal and vote lock, while no process has them open. */
  image: DiskImage
  /** While a process runs on them. */
  disk: MemoryDisk | undefined
  writing: StoreChange | undefined
}

export function createHome(consensusKey: PublicKey): Home {
  const files = new Map([[paths.unusedKey, asciiBytes(consensusKey)]])
  return {
    entries: new Map(),
    image: { files, folders: new Set() },
    disk: undefined,
    writing: undefined,
  }
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

/** A store whose batches are durable, and seen, some time after they were written. */
export function openStore(home: Home, scope: Scope, { syncMs }: Speed): Store {
  return {
    get: (key) => home.entries.get(key),
    range: async (span) => listRange(home.entries, span),
    write: (change) => {
      home.writing = change
      return new Promise((resolve) => {
        scope.after(syncMs(), () => {
          home.writing = undefined
          applyTo(home.entries, change)
          resolve()
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

export function openDisk(home: Home, scope: Scope, speed: Speed, random: Random): MemoryDisk {
  home.disk = createMemoryDisk({
    image: home.image,
    random,
    delay: ({ kind }) => {
      if (kind !== 'sync') return Promise.resolve()
      return new Promise((resolve) => scope.after(speed.syncMs(), resolve))
    },
  })
  return home.disk
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
