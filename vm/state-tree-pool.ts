// The nodes of state trees in flat memory: large arrays of words, in which a node is a number; objects would cost four times as much.
import { assert } from './assert.ts'
import { createPairHash, purposeTag } from './hash.ts'
import { putPath, putValueHash } from './state-tree-hash.ts'

/** What stands at a place of a tree: 0 nothing, an odd number a leaf, an even one a fork. */
export type Ref = number
export const NOTHING: Ref = 0

const HASH_WORDS = 8
/** A leaf is its path and the hash of its value; a fork what is on its left, on its right, and its hash. */
const LEAF_WORDS = 2 * HASH_WORDS
const FORK_WORDS = 2 + HASH_WORDS

/** Cells of the first array, and the name of the first cell; each array has twice as many as the one before. */
const FIRST_BITS = 11
const FIRST = 1 << FIRST_BITS

type Chunk = { readonly words: Uint32Array; readonly bytes: Uint8Array }

/** Cells of the same size that are given out and taken back. No cell is named 0. */
function createCells(size: number) {
  const chunks: Chunk[] = []
  const free: number[] = []
  let next = FIRST
  const place = (cell: number): number => 31 - FIRST_BITS - Math.clz32(cell)
  return {
    take: (): number => {
      const known = free.pop()
      if (known !== undefined) return known
      if (place(next) === chunks.length) {
        const words = new Uint32Array(size * next)
        chunks.push({ words, bytes: new Uint8Array(words.buffer) })
      }
      return next++
    },
    give: (cell: number): void => {
      free.push(cell)
    },
    chunk: (cell: number): Chunk => chunks[place(cell)] as Chunk,
    /** Where the cell's words begin. */
    at: (cell: number): number => (cell - (FIRST << place(cell))) * size,
    live: (): number => next - FIRST - free.length,
  }
}

export type Leaf = { readonly path: Uint8Array; readonly valueHash: Uint8Array }

export type Pool = ReturnType<typeof createPool>

export function isLeaf(ref: Ref): boolean {
  return (ref & 1) === 1
}

/** Whether at least two leaves are below. */
export function isFork(ref: Ref): boolean {
  return ref !== NOTHING && (ref & 1) === 0
}

/** Nodes are never changed after they were made; who made one gives it back when no tree has it any more. */
export function createPool() {
  const leaves = createCells(LEAF_WORDS)
  const forks = createCells(FORK_WORDS)
  const leafHash = createPairHash(purposeTag('state-leaf'))
  const forkHash = createPairHash(purposeTag('state-node'))

  const addLeaf = ({ path, valueHash }: Leaf): Ref => {
    assert(path.length === 32 && valueHash.length === 32, 'paths and hashes have 32 bytes')
    const cell = leaves.take()
    const { bytes } = leaves.chunk(cell)
    const at = 4 * leaves.at(cell)
    bytes.set(path, at)
    bytes.set(valueHash, at + 32)
    return 2 * cell + 1
  }

  /** The leaf of a key; without a value it only says which key it is. */
  const addEntry = (key: string, value: Uint8Array | undefined): Ref => {
    const cell = leaves.take()
    const { bytes } = leaves.chunk(cell)
    const at = 4 * leaves.at(cell)
    putPath(key, bytes, at)
    if (value === undefined) bytes.fill(0, at + 32, at + 64)
    else putValueHash(value, bytes, at + 32)
    return 2 * cell + 1
  }

  /** Puts the hash of what stands there into the input of a fork's hash, or elsewhere. */
  const putHash = (ref: Ref, target: Chunk, at: number): void => {
    const { words, bytes } = target
    if (ref === NOTHING) {
      words.fill(0, at, at + HASH_WORDS)
    } else if (isLeaf(ref)) {
      const cell = ref >>> 1
      const from = leaves.chunk(cell).words
      const first = leaves.at(cell)
      const { input } = leafHash
      for (let i = 0; i < LEAF_WORDS; i++) input.words[i] = from[first + i] as number
      leafHash.run(bytes, 4 * at)
    } else {
      const cell = ref >>> 1
      const from = forks.chunk(cell).words
      const first = forks.at(cell) + 2
      for (let i = 0; i < HASH_WORDS; i++) words[at + i] = from[first + i] as number
    }
  }

  const addFork = (left: Ref, right: Ref): Ref => {
    const cell = forks.take()
    const { words, bytes } = forks.chunk(cell)
    const at = forks.at(cell)
    words[at] = left
    words[at + 1] = right
    putHash(left, forkHash.input, 0)
    putHash(right, forkHash.input, HASH_WORDS)
    forkHash.run(bytes, 4 * (at + 2))
    return 2 * cell
  }

  const side = (ref: Ref, bit: 0 | 1): Ref => {
    const cell = ref >>> 1
    return forks.chunk(cell).words[forks.at(cell) + bit] as Ref
  }

  const hashWords = new Uint32Array(HASH_WORDS)
  const hash = { words: hashWords, bytes: new Uint8Array(hashWords.buffer) }

  /** Byte `index` of a leaf's path. */
  const pathByte = (ref: Ref, index: number): number => {
    const cell = ref >>> 1
    return leaves.chunk(cell).bytes[4 * leaves.at(cell) + index] as number
  }

  /** Whether two leaves have the same words from `first` on. */
  const areAlike = (left: Ref, right: Ref, first: number): boolean => {
    const [one, other] = [left >>> 1, right >>> 1]
    const [ones, others] = [leaves.chunk(one).words, leaves.chunk(other).words]
    const [at, otherAt] = [leaves.at(one) + first, leaves.at(other) + first]
    for (let i = 0; i < HASH_WORDS; i++) if (ones[at + i] !== others[otherAt + i]) return false
    return true
  }

  /** Whether the path of one leaf is less than (negative), the same as (0) or greater than another's. */
  const comparePaths = (left: Ref, right: Ref): number => {
    if (areAlike(left, right, 0)) return 0
    let index = 0
    while (pathByte(left, index) === pathByte(right, index)) index += 1
    return pathByte(left, index) - pathByte(right, index)
  }

  const hasValue = (ref: Ref): boolean => {
    const cell = ref >>> 1
    const { words } = leaves.chunk(cell)
    const at = leaves.at(cell) + HASH_WORDS
    for (let i = 0; i < HASH_WORDS; i++) if (words[at + i] !== 0) return true
    return false
  }

  return {
    addLeaf,
    addEntry,
    addFork,
    side,
    pathByte,
    leaf: (ref: Ref): Leaf => {
      const cell = ref >>> 1
      const at = 4 * leaves.at(cell)
      const { bytes } = leaves.chunk(cell)
      return { path: bytes.slice(at, at + 32), valueHash: bytes.slice(at + 32, at + 64) }
    },
    comparePaths,
    /** Step `depth` of a leaf's path. */
    bit: (ref: Ref, depth: number): 0 | 1 =>
      ((pathByte(ref, depth >> 3) >> (7 - (depth & 7))) & 1) === 1 ? 1 : 0,
    hasValue,
    haveSameValue: (left: Ref, right: Ref): boolean => areAlike(left, right, HASH_WORDS),
    isPath: (ref: Ref, path: Uint8Array): boolean => {
      for (let index = 0; index < 32; index++)
        if (pathByte(ref, index) !== path[index]) return false
      return true
    },
    hash: (ref: Ref): Uint8Array => {
      putHash(ref, hash, 0)
      return hash.bytes.slice()
    },
    giveBack: (refs: readonly Ref[]): void => {
      for (const ref of refs) (isLeaf(ref) ? leaves : forks).give(ref >>> 1)
    },
    /** Nodes that were made and not given back. */
    live: (): number => leaves.live() + forks.live(),
  }
}
