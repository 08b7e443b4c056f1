// One file of the memory disk: its bytes as they are read, and as they are on the medium.
import { assertNever } from '../../vm/assert.ts'
import type { Random } from '../sim/random.ts'

export type Kept = 'nothing' | 'some' | 'all'

export type FileChange =
  | { readonly kind: 'write'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number }

export type MemoryFile = {
  readonly read: () => Uint8Array
  readonly change: (change: FileChange) => void
  readonly sync: (kept: Kept, random: Random) => void
  /** What was synced. */
  readonly durable: () => Uint8Array
  /** What was synced, and any part of what was not. */
  readonly crash: (random: Random) => Uint8Array
}

/** Disks write a sector whole or not at all, and leave the bytes beside those written as they were (powersafe overwrite). */
const sectorBytes = 512

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const sized = new Uint8Array(size)
  sized.set(bytes.subarray(0, size))
  return sized
}

function changed(bytes: Uint8Array, change: FileChange): Uint8Array {
  switch (change.kind) {
    case 'truncate':
      return resized(bytes, change.size)
    case 'write': {
      if (change.bytes.length === 0) return bytes
      const next = resized(bytes, Math.max(bytes.length, change.at + change.bytes.length))
      next.set(change.bytes, change.at)
      return next
    }
    default:
      return assertNever(change)
  }
}

/** The parts of a change that can be on the medium without the others. */
function sectorsOf(change: FileChange): readonly FileChange[] {
  if (change.kind === 'truncate') return [change]
  const { at, bytes } = change
  const parts: FileChange[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = start + sectorBytes - ((at + start) % sectorBytes)
    parts.push({ kind: 'write', at: at + start, bytes: bytes.subarray(start, end) })
    start = end
  }
  return parts
}

/** A sector is there, is not, or is noise: space that was given to the file and never written. */
function torn(durable: Uint8Array, pending: readonly FileChange[], random: Random): Uint8Array {
  let bytes = durable
  for (const part of pending.flatMap(sectorsOf)) {
    const chance = random.fraction()
    if (chance < 0.5) bytes = changed(bytes, part)
    else if (chance < 0.6 && part.kind === 'write') {
      const noise = part.bytes.map(() => random.below(256))
      bytes = changed(bytes, { ...part, bytes: noise })
    }
  }
  return bytes
}

export function createMemoryFile(initial: Uint8Array = new Uint8Array()): MemoryFile {
  let durable = Uint8Array.from(initial)
  let current = durable
  let pending: FileChange[] = []
  return {
    read: () => Uint8Array.from(current),
    change: (change) => {
      current = Uint8Array.from(changed(current, change))
      pending.push(change)
    },
    sync: (kept, random) => {
      let bytes: Uint8Array = durable
      if (kept === 'all') for (const change of pending) bytes = changed(bytes, change)
      if (kept === 'some') bytes = torn(durable, pending, random)
      durable = Uint8Array.from(bytes)
      pending = []
    },
    durable: () => durable,
    crash: (random) => torn(durable, pending, random),
  }
}
