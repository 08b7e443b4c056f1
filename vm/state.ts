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
  /** Whether there is a change of this value. */
  readonly hasChanged: (at: StateKey) => boolean
  /** The changes so far, in no particular order. */
  readonly writes: () => readonly Write[]
  /** Takes over the changes of an overlay above this one. */
  readonly take: (writes: readonly Write[]) => void
}

const keyForm = /^[\x21-\x7e]+$/

/** An overlay over `below`, which must not change as long as the overlay is used. */
export function createOverlay(below: Reader): Overlay {
  const changed = new Map<number, Map<string, Write>>()
  const put = (write: Write): void => {
    let own = changed.get(write.app)
    if (own === undefined) {
      own = new Map()
      changed.set(write.app, own)
    }
    own.set(write.key, write)
  }
  return {
    get: (at) => {
      const own = changed.get(at.app)?.get(at.key)
      return own === undefined ? below.get(at) : own.value
    },
    set: ({ app, key }, value) => {
      if (!keyForm.test(key) || key.length > STATE_KEY_LENGTH_MAX)
        assert(false, `bad state key ${key}`)
      if (value !== undefined && value.length > STATE_VALUE_BYTES_MAX)
        assert(false, `state value of ${key} is too large`)
      put({ app, key, value })
    },
    hasChanged: ({ app, key }) => changed.get(app)?.has(key) ?? false,
    writes: () => {
      const writes: Write[] = []
      for (const own of changed.values()) for (const write of own.values()) writes.push(write)
      return writes
    },
    take: (writes) => {
      for (const write of writes) put(write)
    },
  }
}

/** A reader that asks the one below it once for each value, as long as that does not change. */
export function rememberReads(below: Reader): Reader {
  const known = new Map<number, Map<string, Uint8Array | undefined>>()
  return {
    get: (at) => {
      let own = known.get(at.app)
      if (own === undefined) {
        own = new Map()
        known.set(at.app, own)
      }
      let value = own.get(at.key)
      if (value === undefined && !own.has(at.key)) {
        value = below.get(at)
        own.set(at.key, value)
      }
      return value
    },
  }
}

/** The empty state. */
export const emptyState: Reader = { get: () => undefined }

/** Typed access to all values of one kind; an application declares its tables in its state.ts and nowhere else. */
export type Table<V> = {
  readonly prefix: string
  readonly value: Codec<V>
  readonly key: (...parts: readonly (string | number)[]) => StateKey
  readonly get: (state: Reader, ...parts: readonly (string | number)[]) => V | undefined
  readonly put: (state: Writer, value: V, ...parts: readonly (string | number)[]) => void
  readonly remove: (state: Writer, ...parts: readonly (string | number)[]) => void
}

/** Keys are `prefix/part/part`; the parts are identifiers, numbers or words without a slash. */
export function defineTable<V>(app: number, prefix: string, value: Codec<V>): Table<V> {
  const key = (...parts: readonly (string | number)[]): StateKey => ({
    app,
    key: [prefix, ...parts].join('/'),
  })
  return {
    prefix,
    value,
    key,
    get: (state, ...parts) => {
      const bytes = state.get(key(...parts))
      return bytes === undefined ? undefined : decode(value, bytes)
    },
    put: (state, content, ...parts) => state.set(key(...parts), encode(value, content)),
    remove: (state, ...parts) => state.set(key(...parts), undefined),
  }
}

/**
 * The same table for a few values that are read again and again between two changes: what was decoded from the very same bytes is
 * handed out again, so nobody may change it.
 */
export function rememberDecoded<V extends object>(table: Table<V>): Table<V> {
  const known = new WeakMap<Uint8Array, V>()
  return {
    ...table,
    get: (state, ...parts) => {
      const bytes = state.get(table.key(...parts))
      if (bytes === undefined) return undefined
      let value = known.get(bytes)
      if (value === undefined) {
        value = decode(table.value, bytes)
        known.set(bytes, value)
      }
      return value
    },
  }
}
