// The newest block and its state, and the three ways in which they move on: a commit, staged blocks, an adopted state.

import type { QueryReader } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Receipt } from '../../vm/block.ts'
import type { Digest, Height } from '../../vm/types.ts'
import { type Area, changeInArea, readsInArea } from '../store/areas.ts'
import type { Store, StoreChange, StoreReads } from '../store/port.ts'
import { createStagedStore } from '../store/staged.ts'
import type { Base } from './base.ts'
import { changeOf } from './commit.ts'
import type { Turn } from './planter.ts'
import { createRecentIds } from './recent-ids.ts'
import { requireRoots } from './start-check.ts'
import { createState } from './state.ts'
import type { Trees } from './tree.ts'
import { loadTrees } from './tree-load.ts'
import type { Adoption, Executed, Head, Ledger } from './types.ts'

export type Newest = Pick<Ledger, 'commit' | 'stage' | 'flush'> & {
  readonly head: () => Head
  readonly base: () => Base
  readonly trees: () => Trees
  readonly stateAt: (height: Height) => QueryReader
  /** False: the transaction is in no block of the validity window. */
  readonly mayHoldId: (id: Digest) => boolean
  /** Receipts of the newest block, if it was made or executed here: every subscriber asks for them. */
  readonly receiptsOf: (height: Height) => readonly Receipt[] | undefined
  /** The store with what is staged above it. */
  readonly reads: StoreReads
  /** `write` makes the state of the other area the newest one; not beside a commit. */
  readonly adopt: (adoption: Adoption, write: () => Promise<Base>) => Promise<void>
  /** A change of old records. */
  readonly change: (change: StoreChange, base: Base) => Promise<void>
}

/** The trees are made from the values that are there. */
export async function openArea(
  { store, turn }: { readonly store: Store; readonly turn?: Turn | undefined },
  area: Area,
  tags: readonly number[],
) {
  const staged = createStagedStore({
    ...readsInArea(store, area),
    write: (change) => store.write(changeInArea(area, change)),
  })
  return { store: staged, trees: await loadTrees(staged, tags, turn) }
}

export type NewestParts = {
  readonly store: Store
  readonly turn?: Turn | undefined
  readonly area: Awaited<ReturnType<typeof openArea>>
  readonly base: Base
  readonly head: Head
  /** So many heights keep the votes that were seen. */
  readonly votesMax: number
  readonly windowMs: number
}

export function createNewest(parts: NewestParts): Newest {
  let { area, base, head } = parts
  const { votesMax, windowMs } = parts
  const stateOf = () => createState({ ...area, height: head.header.height })
  let state = stateOf()
  const { height: first, timeMs: firstMs } = head.header
  let recent = createRecentIds(windowMs, first === 0 ? -Infinity : firstMs)
  let isWriting = false
  let newest: { readonly height: Height; readonly receipts: Executed['receipts'] } | undefined

  /** What the block changes on disk, and how it becomes the head. */
  const take = (...[executed, certificateBytes, votes = []]: Parameters<Ledger['commit']>) => {
    assert(!isWriting, 'blocks are taken one after another')
    const { header, headerBytes, id, ids, writes, tree } = executed
    assert(header.parent === head.id, 'a block is taken on the head it was executed on')
    state.begin(header.height, writes)
    const isNewSet = header.validatorsRoot !== head.header.validatorsRoot
    return {
      change: changeOf(executed, { certificateBytes, isNewSet, votes, votesMax }),
      finish: () => {
        area.trees.keep(tree)
        state.finish(header.height, writes)
        recent.add(ids, header.timeMs)
        newest = { height: header.height, receipts: executed.receipts }
        head = { header, headerBytes, id, certificateBytes }
      },
    }
  }

  const written = async <T>(write: () => Promise<T>): Promise<T> => {
    assert(!isWriting, 'one write after another')
    isWriting = true
    // After a rejection the flag stays: what is on disk is unknown, and this process writes nothing more.
    const result = await write()
    isWriting = false
    return result
  }

  return {
    head: () => head,
    base: () => base,
    trees: () => area.trees,
    mayHoldId: (id) => recent.mayHold(id),
    receiptsOf: (height) =>
      newest?.height === height ? newest.receipts.map(({ value }) => value) : undefined,
    stateAt: (height) => state.at(height),
    reads: { get: (key) => area.store.get(key), range: (span) => area.store.range(span) },
    commit: async (...decided) => {
      const { change, finish } = take(...decided)
      await written(() => area.store.write(change))
      finish()
    },
    stage: (...decided) => {
      const { change, finish } = take(...decided)
      area.store.stage(change)
      finish()
    },
    flush: () => written(() => area.store.flush()),
    adopt: async (adoption, write) => {
      assert(adoption.head.header.height > head.header.height, 'a chain does not go back')
      const next = await written(async () => {
        const after = await write()
        const opened = await openArea(parts, after.area, [...adoption.roots.keys()])
        requireRoots(opened.trees.roots(), adoption.roots)
        return { base: after, area: opened }
      })
      base = next.base
      // Readers of older heights keep the state that they began with.
      area = next.area
      head = adoption.head
      recent = createRecentIds(windowMs, head.header.timeMs)
      state = stateOf()
    },
    change: async (change, next) => {
      await written(() => area.store.write(change))
      base = next
    },
  }
}
