// The states that this node holds for others to fetch: one at every so many blocks, the newest few, and pieces of them on request.
import { assert } from '../../vm/assert.ts'
import { encodeNode } from '../../vm/state-tree-node.ts'
import type { Height } from '../../vm/types.ts'
import type { Clock } from '../clock.ts'
import { HELD_MS } from '../ledger/kept.ts'
import { damaged } from '../ledger/records.ts'
import type { KeptState, Ledger } from '../ledger/types.ts'
import {
  CHUNK_BYTES_MAX,
  type Request,
  SNAPSHOTS_MAX,
  type SnapshotOffer,
  type StateAnswer,
} from '../protocol.ts'
import { type Entry, isChunk } from './chunk.ts'
import { createKeyIndex, type KeyIndex } from './key-index.ts'

/** All nodes hold the states of the same heights, so that pieces of one can come from all. */
const EVERY_BLOCKS = 64
/** As many are held without anybody asking for them. */
const IDLE_MAX = 2
/** A state that was asked for within this time is in use. */
const USED_MS = 60_000
/** A chain that is slow has an old state only: a new one is taken when somebody asks, but not more often. */
const FRESH_MS = 30_000
/** Fewer bytes than any entry has, key and value together: of more entries not even the first are read. */
const ENTRY_BYTES_MIN = 8

type Index = { readonly keys: KeyIndex; readonly trees: Awaited<ReturnType<KeptState['trees']>> }

type Kept = {
  readonly state: KeptState
  readonly takenMs: number
  usedMs: number
  index: Promise<Index> | undefined
  /** Places that hold too much for an answer: found out once, however often a peer asks. */
  readonly large: Set<string>
}

export type KeptStatesPorts = {
  readonly ledger: Pick<Ledger, 'keep' | 'head'>
  readonly clock: Clock
}

export type KeptStates = ReturnType<typeof createKeptStates>

function offerOf({ head, roots }: KeptState): SnapshotOffer {
  return {
    header: head.headerBytes,
    certificate: head.certificateBytes,
    roots: [...roots].map(([app, root]) => ({ app, root })),
  }
}

/** The values below a prefix, or undefined if they are too many. */
function entriesOf(state: KeptState, index: KeyIndex, at: StatePlace): Entry[] | undefined {
  const { app, prefix } = at
  if (index.count(app, prefix) > CHUNK_BYTES_MAX / ENTRY_BYTES_MIN) return undefined
  const entries: Entry[] = []
  let size = 0
  for (const key of index.below(app, prefix)) {
    const value = state.value({ app, key })
    if (value === undefined) throw damaged(`the state value ${key} is missing`)
    size += key.length + value.length + ENTRY_BYTES_MIN
    if (size > CHUNK_BYTES_MAX) return undefined
    entries.push({ key, value })
  }
  return entries
}

type StatePlace = Pick<Extract<Request, { kind: 'state' }>, 'app' | 'prefix'>

async function createIndex(state: KeptState): Promise<Index> {
  return { keys: await createKeyIndex(state), trees: await state.trees() }
}

/** Checked before it leaves: a store gives wrong bytes without a word, and a wrong piece costs this node its name. */
function pieceOf(kept: Kept, { keys, trees }: Index, at: StatePlace): StateAnswer | undefined {
  const { state, large } = kept
  const { app, prefix } = at
  if (!state.roots.has(app)) return undefined
  const found = trees.subtree(app, prefix, state.head.header.height)
  if (found === undefined) return undefined
  const place = `${app}/${prefix}`
  const entries = large.has(place) ? undefined : entriesOf(state, keys, at)
  if (entries === undefined) {
    large.add(place)
    const node = found.node()
    assert(node !== undefined, 'one value fits in an answer')
    return { kind: 'node', bytes: encodeNode(node) }
  }
  if (!isChunk(entries, { prefix, hash: found.hash }))
    throw damaged(`the state values below ${app}/${prefix} are not what the state root commits to`)
  return { kind: 'values', entries }
}

export function createKeptStates({ ledger, clock }: KeptStatesPorts) {
  let kept: readonly Kept[] = []
  let stopped = false

  const newest = (): Height => kept.at(-1)?.state.head.header.height ?? -1
  const drop = (one: Kept): void => {
    kept = kept.filter((other) => other !== one)
    // An index that is being made reads until its end.
    void Promise.resolve(one.index)
      .catch(() => undefined)
      .then(one.state.close)
  }

  const clean = (): void => {
    const now = clock.monotonicMs()
    for (const one of kept) if (now - one.takenMs > HELD_MS) drop(one)
    const idle = kept.filter(({ usedMs }) => now - usedMs > USED_MS)
    for (const one of idle.slice(0, Math.max(0, idle.length - IDLE_MAX))) drop(one)
  }

  const take = (): void => {
    clean()
    if (stopped || kept.length === SNAPSHOTS_MAX) return
    const takenMs = clock.monotonicMs()
    const state = ledger.keep()
    kept = [
      ...kept,
      { state, takenMs, usedMs: Number.NEGATIVE_INFINITY, index: undefined, large: new Set() },
    ]
  }

  return {
    /** To be called after each commit. */
    onCommit: (height: Height): void => {
      if (height % EVERY_BLOCKS === 0 && ledger.head().header.height > newest()) take()
    },
    offers: (): readonly SnapshotOffer[] => {
      const { height } = ledger.head().header
      const isOld = clock.monotonicMs() - (kept.at(-1)?.takenMs ?? -FRESH_MS) >= FRESH_MS
      if (height > newest() && isOld && height > 0) take()
      return kept.map(({ state }) => offerOf(state)).reverse()
    },
    /** Undefined: there is nothing at that place of that state. */
    piece: async ({
      blockId,
      ...at
    }: Extract<Request, { kind: 'state' }>): Promise<StateAnswer | undefined> => {
      const one = kept.find(({ state }) => state.head.id === blockId)
      if (one === undefined) return { kind: 'gone' }
      one.usedMs = clock.monotonicMs()
      one.index ??= createIndex(one.state)
      const index = await one.index
      return kept.includes(one) ? pieceOf(one, index, at) : { kind: 'gone' }
    },
    stop: (): void => {
      stopped = true
      for (const one of kept) drop(one)
    },
  }
}
