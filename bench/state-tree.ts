// Updates of the state tree with hashing and storage: random keys in a tree that holds many already.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BANK } from '../apps/bank/state.ts'
import { appList } from '../apps/index.ts'
import { createTrees, emptyRoots, encodeChange, type Roots } from '../node/ledger/tree.ts'
import { openLevelStore } from '../node/store/level.ts'
import { u64 } from '../vm/bytes.ts'

export type TreeFigures = {
  readonly keys: number
  readonly updatesPerSecond: number
  /** Of all threads, the store's compaction and the collection of garbage among them. */
  readonly cpuMicrosPerUpdate: number
}

/** Keys changed by one block. */
const BLOCK = 2_000
const BLOCKS = 10

function key(index: number): string {
  return `bal/0x${index.toString(16).padStart(64, '0')}/USD`
}

/** `keys` are written first; then blocks of random updates are timed, each with its synced batch. */
export async function measureStateTree(keys: number): Promise<TreeFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'epione-bench-'))
  const store = await openLevelStore(folder)
  const trees = createTrees(store)
  let roots: Roots = emptyRoots(appList)
  let height = 0
  const block = async (indices: readonly number[]): Promise<void> => {
    height += 1
    const writes = indices.map((index) => ({
      app: BANK,
      key: key(index),
      value: u64(BigInt(height)),
    }))
    const change = trees.update(roots, height, writes)
    await store.write({ put: encodeChange(change), remove: [] })
    trees.keep(change)
    roots = change.roots
  }
  for (let from = 0; from < keys; from += 10_000) {
    await block(Array.from({ length: Math.min(10_000, keys - from) }, (_, index) => from + index))
  }
  const draw = () => {
    const drawn = new Set<number>()
    while (drawn.size < BLOCK) drawn.add(Math.floor(Math.random() * keys))
    return [...drawn]
  }
  const blocks = Array.from({ length: BLOCKS }, draw)
  const startMs = performance.now()
  const before = process.cpuUsage()
  for (const indices of blocks) await block(indices)
  const seconds = (performance.now() - startMs) / 1_000
  const { user, system } = process.cpuUsage(before)
  await store.close()
  await rm(folder, { recursive: true })
  const updates = BLOCK * BLOCKS
  return {
    keys,
    updatesPerSecond: updates / seconds,
    cpuMicrosPerUpdate: (user + system) / updates,
  }
}
