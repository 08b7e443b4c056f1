// The newest state, read from the store and checked against the trees, and the few states before it.
import type { QueryReader } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { equal } from '../../vm/bytes.ts'
import type { StateKey, Write } from '../../vm/state.ts'
import { hashValue } from '../../vm/state-tree-hash.ts'
import type { Height } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { afterPrefix, stateKey } from '../store/keys.ts'
import type { StoreReads } from '../store/port.ts'
import { createCache } from './cache.ts'
import { damaged } from './records.ts'
import type { Trees } from './tree.ts'
import { contentOf } from './values.ts'

/** Readers of this many heights below the head still work. */
const HEIGHTS_KEPT = 8

const VALUES_KEPT_BYTES = 64 * 1024 * 1024
/** What an entry costs beside its value. */
const ENTRY_BYTES = 200

type Value = Uint8Array | undefined
/** What the values were before a block, by application and key. */
type Before = ReadonlyMap<number, ReadonlyMap<string, Value>>
type Undo = { readonly height: Height; readonly before: Before }

type Span = Parameters<QueryReader['list']>[0]
/** Reads of all heights that are kept. */
type Reads = {
  readonly read: (height: Height, at: StateKey) => Value
  readonly list: (height: Height, span: Span) => ReturnType<QueryReader['list']>
}

/** The state after one height. A class, since there is one for every block: its methods keep their compiled code. */
class StateAt implements QueryReader {
  readonly #height: Height
  readonly #reads: Reads

  constructor(height: Height, reads: Reads) {
    this.#height = height
    this.#reads = reads
  }

  get(at: StateKey): Value {
    return this.#reads.read(this.#height, at)
  }

  list(span: Span): ReturnType<QueryReader['list']> {
    return this.#reads.list(this.#height, span)
  }
}

export type State = {
  /** The state after the block of this height, at most HEIGHTS_KEPT below the head. */
  readonly at: (height: Height) => QueryReader
  /** Remembers what the writes will replace; from now on readers of older heights do not look below it. */
  readonly begin: (height: Height, writes: readonly Write[]) => void
  /** The writes are in the store and in the trees. */
  readonly finish: (height: Height, writes: readonly Write[]) => void
}

function tooOld(height: Height): EpioneError {
  return new EpioneError({
    code: 'HEAD_MOVING',
    message: `the state of height ${height} is no longer kept`,
    hint: 'ask again: the answer will be about a newer height',
  })
}

export function createState(parts: {
  readonly store: StoreReads
  readonly trees: Pick<Trees, 'find'>
  readonly height: Height
}): State {
  const { store, trees } = parts
  let { height: newest } = parts
  let undos: readonly Undo[] = []
  let oldest = newest
  /** The newest height whose values may be in the store: one more than the newest while a block is written. */
  let begun = newest
  // Absence is a value worth keeping too. By key alone, whose hash is known by now; few applications share one.
  const values = createCache<{ readonly app: number; readonly value: Value }>(
    VALUES_KEPT_BYTES,
    ({ value }) => ENTRY_BYTES + (value?.length ?? 0),
  )

  const load = (name: string, at: StateKey): Value => {
    const record = store.get(name)
    const value = record && contentOf(record)
    const known = trees.find(at)
    const isRight =
      value === undefined
        ? known === undefined
        : known !== undefined && equal(known, hashValue(value))
    if (!isRight) throw damaged(`the state value ${name} is not what the state root commits to`)
    return value
  }

  const read = (height: Height, at: StateKey): Value => {
    if (height < oldest) throw tooOld(height)
    const { app, key } = at
    if (height < begun) {
      for (const undo of undos) {
        const before = undo.before.get(app)
        if (undo.height > height && before?.has(key)) return before.get(key)
      }
    }
    let known = values.get(key)
    if (known?.app !== app) {
      known = { app, value: load(stateKey(at), at) }
      values.set(key, known)
    }
    return known.value
  }

  const list = async (height: Height, span: Span): ReturnType<QueryReader['list']> => {
    const { app, prefix, after, limit } = span
    const base = stateKey({ app, key: '' })
    // A space sorts before every character of a key: the first key after `after`.
    const isInside = after?.startsWith(prefix) ?? false
    const from = isInside ? `${base}${after} ` : base + prefix
    const below = afterPrefix(base + prefix)
    const undone = (): string[] =>
      undos
        .filter((undo) => undo.height > height)
        .flatMap((undo) => [...(undo.before.get(app)?.keys() ?? [])])
        .map((key) => base + key)
        .filter((name) => from <= name && name < below)
    // Keys that came or went since are looked at one by one, so the range must reach beyond as many of them.
    const found = await store.range({ from, below, limit: limit + undone().length })
    const names = new Set([...found.map(({ key }) => key), ...undone()])
    const entries: { key: string; value: Uint8Array }[] = []
    for (const name of [...names].sort()) {
      if (entries.length === limit) break
      const key = name.slice(base.length)
      const value = read(height, { app, key })
      if (value !== undefined) entries.push({ key, value })
    }
    return entries
  }

  /** What the writes are about to replace. */
  const valuesOf = (writes: readonly Write[]): Before => {
    const before = new Map<number, Map<string, Value>>()
    for (const at of writes) {
      const own = before.get(at.app) ?? new Map<string, Value>()
      before.set(at.app, own.set(at.key, read(newest, at)))
    }
    return before
  }

  const reads: Reads = { read, list }
  return {
    at: (height) => new StateAt(height, reads),
    begin: (height, writes) => {
      assert(height === newest + 1, 'blocks come one after another')
      undos = [...undos, { height, before: valuesOf(writes) }].slice(-HEIGHTS_KEPT)
      oldest = Math.max(oldest, height - HEIGHTS_KEPT)
      begun = height
    },
    finish: (height, writes) => {
      newest = height
      for (const { app, key, value } of writes) values.set(key, { app, value })
    },
  }
}
