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

/** Bytes with room behind them, changed in place: a journal grows by hundreds of writes. */
type Content = { room: Uint8Array; size: number }

function contentOf(bytes: Uint8Array): Content {
  return { room: Uint8Array.from(bytes), size: bytes.length }
}

function bytesOf({ room, size }: Content): Uint8Array {
  return room.slice(0, size)
}

function resize(content: Content, size: number): void {
  if (size > content.room.length) {
    const room = new Uint8Array(2 * size)
    room.set(content.room.subarray(0, content.size))
    content.room = room
  }
  // What is cut off reads as zeros when the file grows again.
  if (size < content.size) content.room.fill(0, size, content.size)
  content.size = size
}

function apply(content: Content, change: FileChange): void {
  switch (change.kind) {
    case 'truncate':
      resize(content, change.size)
      return
    case 'write':
      if (change.bytes.length === 0) return
      resize(content, Math.max(content.size, change.at + change.bytes.length))
      content.room.set(change.bytes, change.at)
      return
    default:
      assertNever(change)
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
function tear(content: Content, pending: readonly FileChange[], random: Random): void {
  for (const part of pending.flatMap(sectorsOf)) {
    const chance = random.fraction()
    if (chance < 0.5) apply(content, part)
    else if (chance < 0.6 && part.kind === 'write') {
      apply(content, { ...part, bytes: part.bytes.map(() => random.below(256)) })
    }
  }
}

export function createMemoryFile(initial: Uint8Array = new Uint8Array()): MemoryFile {
  const durable = contentOf(initial)
  const current = contentOf(initial)
  let pending: FileChange[] = []
  return {
    read: () => bytesOf(current),
    change: (change) => {
      apply(current, change)
      pending.push(change)
    },
    sync: (kept, random) => {
      if (kept === 'all') for (const change of pending) apply(durable, change)
      if (kept === 'some') tear(durable, pending, random)
      pending = []
    },
    durable: () => bytesOf(durable),
    crash: (random) => {
      const left = contentOf(bytesOf(durable))
      tear(left, pending, random)
      return bytesOf(left)
    },
  }
}
