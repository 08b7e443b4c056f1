// What transactions see of the state: a Reader, a Writer, an overlay, and typed tables over them.
import { assert } from './assert.ts'
import { type Codec, decode, encode } from './codec.ts'
import { STATE_KEY_LENGTH_MAX, STATE_VALUE_BYTES_MAX } from './limits.ts'

/** The name of one value: the application that owns it and a key of printable ASCII such as "bal/0x…/USD". */
export type StateKey = { readonly app: number; readonly key: string }

/** Synchronous, deterministic view of one state. */
export type Reader = {
  readonly get: (at: StateKey) => Uint8Array | undefined
}

/** A Reader whose values can be replaced; `undefined` removes. */
export type Writer = Reader & {
  readonly set: (at: StateKey, value: Uint8Array | undefined) => void
}

/** One changed value; `undefined` is a removal. */
export type Write = StateKey & { readonly value: Uint8Array | undefined }

/** Changes that lie over another Reader until they are taken or dropped. */
export type Overlay = Writer & {
  /** Whether there is a change of any value of the application. */
  readonly hasChanged: (app: number) => boolean
  /** The changes so far, in no particular order. */
  readonly writes: () => readonly Write[]
  /** Takes over the changes of an overlay above this one. */
  readonly take: (writes: readonly Write[]) => void
}

const keyForm = /^[\x21-\x7e]+$/

/** So few changes are looked through one by one: most transactions make no more. */
const FEW = 8

type ByKey = Map<number, Map<string, Write>>

function putInto(all: ByKey, write: Write): void {
  let own = all.get(write.app)
  if (own === undefined) {
    own = new Map()
    all.set(write.app, own)
  }
  own.set(write.key, write)
}

class Changes implements Overlay {
  readonly #below: Reader
  /** The changes as long as they are few. */
  #few: Write[] = []
  /** All of them, by application and key, from then on. */
  #many: ByKey | undefined

  constructor(below: Reader) {
    this.#below = below
  }

  get(at: StateKey): Uint8Array | undefined {
    const write = this.#find(at)
    return write === undefined ? this.#below.get(at) : write.value
  }

  set({ app, key }: StateKey, value: Uint8Array | undefined): void {
    if (!keyForm.test(key) || key.length > STATE_KEY_LENGTH_MAX)
      assert(false, `bad state key ${key}`)
    if (value !== undefined && value.length > STATE_VALUE_BYTES_MAX)
      assert(false, `state value of ${key} is too large`)
    this.#put({ app, key, value })
  }

  hasChanged(app: number): boolean {
    return this.#many?.has(app) ?? this.#few.some((write) => write.app === app)
  }

  writes(): readonly Write[] {
    if (this.#many === undefined) return this.#few.slice()
    return [...this.#many.values()].flatMap((own) => [...own.values()])
  }

  take(writes: readonly Write[]): void {
    for (const write of writes) this.#put(write)
  }

  #find({ app, key }: StateKey): Write | undefined {
    if (this.#many !== undefined) return this.#many.get(app)?.get(key)
    return this.#few[this.#placeOf(app, key)]
  }

  /** Among the few; behind them for a value that has no change. */
  #placeOf(app: number, key: string): number {
    let place = 0
    for (const write of this.#few) {
      if (write.key === key && write.app === app) break
      place += 1
    }
    return place
  }

  #put(write: Write): void {
    if (this.#many !== undefined) {
      putInto(this.#many, write)
      return
    }
    this.#few[this.#placeOf(write.app, write.key)] = write
    if (this.#few.length <= FEW) return
    this.#many = new Map()
    for (const one of this.#few) putInto(this.#many, one)
    this.#few = []
  }
}

/** An overlay over `below`, which must not change as long as the overlay is used. */
export function createOverlay(below: Reader): Overlay {
  return new Changes(below)
}

/** The empty state. */
export const emptyState: Reader = { get: () => undefined }

/** A part of a key. */
type Part = string | number

/** Typed access to all values of one kind; an application declares its tables in its state.ts and nowhere else. */
export type Table<V> = {
  readonly prefix: string
  readonly value: Codec<V>
  readonly key: (...parts: readonly Part[]) => StateKey
  readonly get: (state: Reader, ...parts: readonly Part[]) => V | undefined
  readonly put: (state: Writer, value: V, ...parts: readonly Part[]) => void
  readonly remove: (state: Writer, ...parts: readonly Part[]) => void
  /** For what is read and written again: its key is made once. */
  readonly getAt: (state: Reader, at: StateKey) => V | undefined
  readonly setAt: (state: Writer, at: StateKey, value: V | undefined) => void
}

function areSame(some: readonly Part[], others: readonly Part[]): boolean {
  if (some.length !== others.length) return false
  for (let place = 0; place < some.length; place++) if (some[place] !== others[place]) return false
  return true
}

/** Keys are `prefix/part/part`; the parts are identifiers, numbers or words without a slash. */
export function defineTable<V>(app: number, prefix: string, value: Codec<V>): Table<V> {
  // What is read is often written next, or read by a check and again by what it allows: under the same key.
  let last: { readonly parts: readonly Part[]; readonly at: StateKey } | undefined
  const key = (...parts: readonly Part[]): StateKey => {
    if (last !== undefined && areSame(last.parts, parts)) return last.at
    let name = prefix
    for (const part of parts) name = `${name}/${part}`
    const at = { app, key: name }
    last = { parts, at }
    return at
  }
  const getAt = (state: Reader, at: StateKey): V | undefined => {
    const bytes = state.get(at)
    return bytes === undefined ? undefined : decode(value, bytes)
  }
  const setAt = (state: Writer, at: StateKey, content: V | undefined): void =>
    state.set(at, content === undefined ? undefined : encode(value, content))
  return {
    prefix,
    value,
    key,
    get: (state, ...parts) => getAt(state, key(...parts)),
    put: (state, content, ...parts) => setAt(state, key(...parts), content),
    remove: (state, ...parts) => setAt(state, key(...parts), undefined),
    getAt,
    setAt,
  }
}

/**
 * The same table for a few values that are read again and again between two changes: what was decoded from the very same bytes is
 * handed out again, so nobody may change it.
 */
export function rememberDecoded<V extends object>(table: Table<V>): Table<V> {
  const known = new WeakMap<Uint8Array, V>()
  const getAt = (state: Reader, at: StateKey): V | undefined => {
    const bytes = state.get(at)
    if (bytes === undefined) return undefined
    let value = known.get(bytes)
    if (value === undefined) {
      value = decode(table.value, bytes)
      known.set(bytes, value)
    }
    return value
  }
  return { ...table, get: (state, ...parts) => getAt(state, table.key(...parts)), getAt }
}
