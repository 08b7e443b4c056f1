// Updates of the state tree with hashing and storage: random keys in a state that holds many already.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BANK } from '../apps/bank/state.ts'
import { tuneCollector } from '../node/collector.ts'
import { createTrees, type Trees } from '../node/ledger/tree.ts'
import { loadTrees } from '../node/ledger/tree-load.ts'
import { sealValue } from '../node/ledger/values.ts'
import { stateKey } from '../node/store/keys.ts'
import { openLevelStore } from '../node/store/level.ts'
import { u64 } from '../vm/bytes.ts'
import { encode } from '../vm/codec.ts'
import type { Write } from '../vm/state.ts'
import { treeProofCodec } from '../vm/state-tree-proof.ts'

export type TreeFigures = {
  readonly keys: number
  readonly updatesPerSecond: number
  /** Of all threads, the store's compaction and the collection of garbage among them. */
  readonly cpuMicrosPerUpdate: number
  readonly proofMicros: number
  readonly proofBytes: number
  /** To make the trees from the stored values, as a start does. */
  readonly startMicrosPerKey: number
}

/** Keys changed by one block. */
const BLOCK = 2_000
const BLOCKS = 50
/** Blocks before these: code that is not compiled yet is not what a node runs. */
const WARMUP = 10

function key(index: number): string {
  return `bal/0x${index.toString(16).padStart(64, '0')}/USD`
}

function writesOf(indices: readonly number[], height: number): Write[] {
  return indices.map((index) => ({ app: BANK, key: key(index), value: u64(BigInt(height)) }))
}

/** What a block with these writes puts into the store for them. */
function entriesOf(writes: readonly Write[], height: number) {
  return writes.map(({ value = new Uint8Array(), ...at }) => {
    const name = stateKey(at)
    return { key: name, value: sealValue(name, value, height) }
  })
}

async function cpuMicrosOf(run: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function measureProofs(trees: Trees, keys: readonly Write[]) {
  const before = process.threadCpuUsage()
  const proofs = keys.map((at) => trees.prove(at, at.value).tree)
  const { user, system } = process.threadCpuUsage(before)
  return {
    proofMicros: (user + system) / keys.length,
    proofBytes: Math.max(...proofs.map((proof) => encode(treeProofCodec, proof).length)),
  }
}

/** `keys` are written first; then blocks of random updates are timed, each with its synced batch. */
export async function measureStateTree(keys: number): Promise<TreeFigures> {
  tuneCollector()
  const folder = await mkdtemp(join(tmpdir(), 'epione-bench-'))
  const store = await openLevelStore(folder)
  for (let from = 0; from < keys; from += 10_000) {
    const count = Math.min(10_000, keys - from)
    const writes = writesOf(
      Array.from({ length: count }, (_, index) => from + index),
      0,
    )
    await store.write({ put: entriesOf(writes, 0), remove: [] })
  }
  let trees = createTrees([BANK])
  const startMicros = await cpuMicrosOf(async () => {
    trees = await loadTrees(store, [BANK])
  })
  const draw = (height: number): Write[] => {
    const drawn = new Set<number>()
    while (drawn.size < BLOCK) drawn.add(Math.floor(Math.random() * keys))
    return writesOf([...drawn], height)
  }
  const blocks = Array.from({ length: WARMUP + BLOCKS }, (_, place) => draw(place + 1))
  const run = async (from: number, to: number): Promise<void> => {
    for (const [place, writes] of blocks.slice(from, to).entries()) {
      const change = trees.update(writes)
      await store.write({ put: entriesOf(writes, from + place + 1), remove: [] })
      trees.keep(change)
    }
  }
  await run(0, WARMUP)
  const startMs = performance.now()
  const micros = await cpuMicrosOf(() => run(WARMUP, blocks.length))
  const seconds = (performance.now() - startMs) / 1_000
  const proofs = measureProofs(trees, blocks.at(-1) ?? [])
  await store.close()
  await rm(folder, { recursive: true })
  const updates = BLOCK * BLOCKS
  return {
    keys,
    updatesPerSecond: updates / seconds,
    cpuMicrosPerUpdate: micros / updates,
    startMicrosPerKey: startMicros / keys,
    ...proofs,
  }
}
