// Merkle trees of RFC 6962: heads, inclusion paths, consistency, and roots that also bind the number of leaves.
import { assert } from './assert.ts'
import { equal, putHex, u64 } from './bytes.ts'
import { createHashInto, createPairHash, createTaggedHash, digest, sha256Plain } from './hash.ts'
import type { Digest } from './types.ts'

const leafTag = new Uint8Array([0])
const nodeTag = new Uint8Array([1])

/** RFC 6962 section 2.1: MTH({d}) = SHA-256(0x00 || d). */
export const leafHash: (leaf: Uint8Array) => Uint8Array = createTaggedHash(leafTag)
const putLeafHash = createHashInto(leafTag)

const nodeHash = createTaggedHash(nodeTag, 64)
const pairHash = createPairHash(nodeTag)

const HASH_BYTES = 32
const PAIR_WORDS = 16

/** One level of a tree in one piece of memory, in which the levels above take its place. */
type Level = { readonly words: Uint32Array; readonly bytes: Uint8Array; count: number }

function emptyLevel(count: number): Level {
  const bytes = new Uint8Array(HASH_BYTES * count)
  return { words: new Uint32Array(bytes.buffer), bytes, count }
}

function lowestLevel(leaves: readonly Uint8Array[]): Level {
  const level = emptyLevel(leaves.length)
  let at = 0
  for (const leaf of leaves) {
    putLeafHash(leaf, level.bytes, at)
    at += HASH_BYTES
  }
  return level
}

const leafRoom = new Uint8Array(HASH_BYTES)

function lowestLevelOfIds(ids: readonly Digest[]): Level {
  const level = emptyLevel(ids.length)
  let at = 0
  for (const id of ids) {
    assert(id.length === 2 + 2 * HASH_BYTES && putHex(id, leafRoom, 0), 'an id is a digest')
    putLeafHash(leafRoom, level.bytes, at)
    at += HASH_BYTES
  }
  return level
}

/** One level up; a last node without a sibling rises unchanged, which is the tree of section 2.1. */
function rise(level: Level): void {
  const { words, bytes, count } = level
  const { input } = pairHash
  const pairs = count >>> 1
  for (let pair = 0; pair < pairs; pair++) {
    for (let word = 0; word < PAIR_WORDS; word++)
      input.words[word] = words[PAIR_WORDS * pair + word] as number
    pairHash.run(bytes, HASH_BYTES * pair)
  }
  if (count % 2 === 1) bytes.copyWithin(HASH_BYTES * pairs, HASH_BYTES * (count - 1))
  level.count = count - pairs
}

function hashAt({ bytes }: Level, index: number): Uint8Array {
  return bytes.slice(HASH_BYTES * index, HASH_BYTES * (index + 1))
}

function headAbove(level: Level): Uint8Array {
  if (level.count === 0) return sha256Plain(new Uint8Array())
  while (level.count > 1) rise(level)
  return hashAt(level, 0)
}

/** The head of a tree: MTH of section 2.1; of no leaves the hash of nothing. */
export function treeHead(leaves: readonly Uint8Array[]): Uint8Array {
  return headAbove(lowestLevel(leaves))
}

/** PATH(index, leaves) of section 2.1.1, from the leaf's sibling upwards. */
export function inclusionPath(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  assert(index >= 0 && index < leaves.length, 'no such leaf')
  const path: Uint8Array[] = []
  const level = lowestLevel(leaves)
  for (let at = index; level.count > 1; at = Math.floor(at / 2)) {
    const sibling = at ^ 1
    if (sibling < level.count) path.push(hashAt(level, sibling))
    rise(level)
  }
  return path
}

/**
 * The head that a leaf's hash and its path lead to, RFC 9162 section 2.1.3.2; undefined if the path has the wrong length for
 * this index and count.
 */
export function headFromPath(
  leaf: Uint8Array,
  at: { readonly index: number; readonly count: number },
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  let { index } = at
  let last = at.count - 1
  if (index < 0 || index > last || leaf.length !== 32) return undefined
  let head = leaf
  for (const sibling of path) {
    if (sibling.length !== 32 || last === 0) return undefined
    if (index % 2 === 1 || index === last) {
      head = nodeHash(sibling, head)
      while (index % 2 === 0 && index !== 0) {
        index = index / 2
        last = Math.floor(last / 2)
      }
    } else {
      head = nodeHash(head, sibling)
    }
    index = Math.floor(index / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? head : undefined
}

/** One tree's size and head. */
export type SizedHead = { readonly count: number; readonly head: Uint8Array }

/** Whether the first leaves of `newer` are those of `older`, RFC 9162 section 2.1.4.2. */
export function isConsistent(
  older: SizedHead,
  newer: SizedHead,
  path: readonly Uint8Array[],
): boolean {
  // That the empty tree is the beginning of every other says nothing: nobody may ask for it.
  if (older.count < 1 || older.count > newer.count) return false
  if (path.some((hash) => hash.length !== 32)) return false
  if (older.count === newer.count) return path.length === 0 && equal(older.head, newer.head)
  return isGrowth(older, newer, path)
}

function isGrowth(older: SizedHead, newer: SizedHead, path: readonly Uint8Array[]): boolean {
  let first = older.count - 1
  let last = newer.count - 1
  while (first % 2 === 1) {
    first = Math.floor(first / 2)
    last = Math.floor(last / 2)
  }
  // If the older tree is complete, its own head is where both computations begin.
  const [start, ...rest] = first === 0 ? [older.head, ...path] : path
  if (start === undefined) return false
  let oldHead = start
  let newHead = start
  for (const hash of rest) {
    if (last === 0) return false
    if (first % 2 === 1 || first === last) {
      oldHead = nodeHash(hash, oldHead)
      newHead = nodeHash(hash, newHead)
      while (first % 2 === 0 && first !== 0) {
        first = first / 2
        last = Math.floor(last / 2)
      }
    } else {
      newHead = nodeHash(newHead, hash)
    }
    first = Math.floor(first / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equal(oldHead, older.head) && equal(newHead, newer.head)
}

/** The trees of a block. */
export type BoundTree = 'tx-root' | 'receipt-root' | 'event-root' | 'state-root'

/** SHA-256(domain tag, leaf count, head): a bare head fixes neither index nor size of what it commits to. */
export function boundRoot(tree: BoundTree, { count, head }: SizedHead): Digest {
  return digest(tree, u64(BigInt(count)), head)
}

/** The bound root of a list of leaves. */
export function boundRootOf(tree: BoundTree, leaves: readonly Uint8Array[]): Digest {
  return boundRoot(tree, { count: leaves.length, head: treeHead(leaves) })
}

/** The bound root of a block's transactions, whose leaves are their ids. */
export function txRootOf(ids: readonly Digest[]): Digest {
  return boundRoot('tx-root', { count: ids.length, head: headAbove(lowestLevelOfIds(ids)) })
}
